"""A database whose catalog a test changes in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh


@pytest.fixture(scope="module")
def shared(server: str, template: str) -> Iterator[str]:
    """A superuser's DSN of a database with the schema.  Tests roll back what they change."""
    with fresh(server, template) as dsn:
        yield dsn


@pytest.fixture
def superuser(shared: str) -> Iterator[psycopg.Connection]:
    """A superuser's transaction, rolled back at the end."""
    with psycopg.connect(shared) as connection:
        yield connection
        connection.rollback()
