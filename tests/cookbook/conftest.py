"""Two databases: one with all recordings, and one for given rows that is rolled back after each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from docs.reference import queries_page
from faxstore.store import migrate
from tests.kit.databases import fresh


@contextmanager
def sorted_by_bytes(server: str) -> Iterator[psycopg.Connection]:
    """Create a database with the schema, whose text sorts the same on every machine."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template template0 encoding 'utf8' locale 'C'").format(sql.Identifier(name))
        )
        try:
            dsn = make_conninfo(server, dbname=name)
            migrate.upgrade(dsn)
            with psycopg.connect(dsn, autocommit=True) as inside:
                yield inside
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def recordings(server: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with every recording as a separate server, and its call records."""
    with sorted_by_bytes(server) as connection:
        queries_page.import_recordings(connection)
        connection.execute("grant select on cdr to fax_reader")
        yield connection


@pytest.fixture
def another(server: str) -> Iterator[psycopg.Connection]:
    """A connection to an empty database whose text sorts like that of the recordings."""
    with sorted_by_bytes(server) as connection:
        yield connection


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to an empty database."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def given(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That connection; what the test appends is rolled back."""
    with connection.transaction(force_rollback=True):
        yield connection
