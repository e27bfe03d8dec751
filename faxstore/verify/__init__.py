"""Verification: checks that the database still contains what was appended and sealed.

Each module is one check with a function check(connection, scope), which yields findings.  To add a check, write such a
module and add it to CHECKS in checks.py.
"""
