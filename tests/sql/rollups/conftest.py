"""One database for all tests of roll-ups; each test that uses it is a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with an empty schema."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def rolled_back(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That connection, in a transaction that is rolled back after the test."""
    with connection.transaction(force_rollback=True):
        yield connection
