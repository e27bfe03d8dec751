"""One database for all tests of the ledger's functions; each test runs in a transaction that is rolled back."""

from tests.sql.folds.conftest import connection, database

__all__ = ["connection", "database"]
