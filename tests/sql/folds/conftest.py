"""One database for all tests of the views: each of them is a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema and nothing in it."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set jit = off")  # a server that has it would compile each view for half a second
        yield connection


@pytest.fixture
def database(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That connection, for as long as the test lasts; what the test appends is not kept."""
    with connection.transaction(force_rollback=True):
        yield connection
