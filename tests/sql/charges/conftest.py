"""As the tests of the views: one database, and each test a transaction that is rolled back."""

from __future__ import annotations

from tests.sql.folds.conftest import connection, database

__all__ = ["connection", "database"]
