"""All recordings in one database for the folder; and one for given rows, where each test is rolled back."""

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
    """A new database with the schema, whose text sorts the same on every machine."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template template0 encoding 'utf8' locale 'C'").format(sql.Identifier(name))
        )
        try:
            dsn = make_conninfo(server, dbname=name)
            migrate.upgrade(dsn)
            with psycopg.connect(dsn, autocommit=True) as inside:
                inside.execute("set jit = off")  # a server that has it would compile each view for half a second
                yield inside
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def recordings(server: str) -> Iterator[psycopg.Connection]:
    """Every recording as a server of its own, and the call records of it: what the page's answers are of."""
    with sorted_by_bytes(server) as connection:
        queries_page.import_recordings(connection)
        connection.execute("grant select on cdr to fax_reader")
        yield connection


@pytest.fixture
def another(server: str) -> Iterator[psycopg.Connection]:
    """A database with the schema and nothing in it, whose text sorts like that of the recordings."""
    with sorted_by_bytes(server) as connection:
        yield connection


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema and nothing in it."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set jit = off")
        yield connection


@pytest.fixture
def given(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That connection, for as long as the test lasts; what the test appends is not kept."""
    with connection.transaction(force_rollback=True):
        yield connection
