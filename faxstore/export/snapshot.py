"""One state of the history for a whole export: a read-only transaction that sees nothing of what comes later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import IsolationLevel, errors

from faxstore.errors import UnreachableError, UsageError, one_line
from faxstore.store.database import Connection, connect


@contextmanager
def snapshot(dsn: str, zone: str) -> Iterator[Connection]:
    """A connection in such a transaction, whose moments come out in that zone.

    Raises UsageError for a zone that the database does not know or a right that is lacking, UnreachableError where
    the database is lost on the way.
    """
    with connect(dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            _use_zone(connection, zone)
            yield connection
        except errors.InsufficientPrivilege as error:
            raise UsageError(f"the database does not let this user read it: {one_line(error)}") from error
        except psycopg.OperationalError as error:
            raise UnreachableError(f"the database was lost: {one_line(error)}") from error


def _use_zone(connection: Connection, zone: str) -> None:
    # Postgres takes +02:00 too, but as POSIX does: west of Greenwich.  Only names are safe.
    known = connection.execute("select exists (select from pg_timezone_names where name = %s)", [zone]).fetchone()
    if known != (True,):
        allowed = "a name such as UTC or Europe/Berlin (select name from pg_timezone_names)"
        raise UsageError(f"--time-zone: '{zone}' is no time zone of the database; allowed: {allowed}")
    connection.execute("select set_config('TimeZone', %s, false)", [zone])
