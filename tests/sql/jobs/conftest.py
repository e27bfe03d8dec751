"""One database for all tests of jobs; each test runs in a transaction that is rolled back."""

from __future__ import annotations

from tests.sql.folds.conftest import connection, database

__all__ = ["connection", "database"]
