"""Tests of the collector against a server that does exactly what it is told."""
