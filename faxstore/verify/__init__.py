"""Verification: checks that the store is as it was appended and sealed."""
