"""Tests of the live wire against a fake AMI server."""
