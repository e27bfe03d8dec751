"""Databases for one test each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from faxstore.billing.ledger import Ledger, open_ledger
from faxstore.ingest.importer import import_file
from faxstore.store.database import checked_connection, connect, one_line_errors
from tests.kit import truth


@contextmanager
def fresh(server: str, template: str = "template1") -> Iterator[str]:
    """Creates a database and drops it at the end; yields its DSN."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        copy = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def recorded(server: str, template: str, recordings: Iterable[str]) -> Iterator[str]:
    """Creates a database with recordings of real servers, each as a server of its name, and drops it at the end."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for recording in recordings:
                import_file(connection, str(truth.path(recording)), recording, lambda _: None)
        yield dsn


def name_of(dsn: str) -> str:
    """The name of the database in a DSN."""
    return str(conninfo_to_dict(dsn)["dbname"])


@contextmanager
def ledger(dsn: str, consumer: str) -> Iterator[Ledger]:
    """The billing ledger of a consumer, with the errors that a command shows."""
    with connect(dsn) as connection, one_line_errors(connection, "fax_export"):
        yield open_ledger(connection, consumer)


def check_schema(dsn: str) -> None:
    """Raises UsageError unless the database has the schema of this version."""
    with checked_connection(dsn, "fax_reader"):
        pass
