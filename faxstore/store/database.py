"""Reaching the database: which one, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from faxstore.errors import UnreachableError, one_line
from faxstore.settings.values import Settings
from faxstore.store import embedded

Connection = psycopg.Connection[TupleRow]
Kind = TypeVar("Kind", bound=Connection)

_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "faxstore",
    # A cut network is noticed within half a minute instead of the system's two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # Compiling a plan of these views takes longer than running it (Debian's PostgreSQL does so by default).
    "options": "-c jit=off",
}


@contextmanager
def open_dsn(settings: Settings) -> Iterator[str]:
    """The DSN of the database that was set, or of the embedded server, which runs as long as it is used."""
    if settings.dsn is not None:
        yield settings.dsn
        return
    with embedded.running(settings.data_dir) as dsn:
        yield dsn


def conninfo(dsn: str) -> str:
    """The DSN with what faxstore sets where it does not."""
    return make_conninfo(**_DEFAULTS | conninfo_to_dict(dsn))


def connect(dsn: str, **options: Any) -> Connection:
    """A connection to the database.  Raises UnreachableError with the server's own reason in one line."""
    return connect_as(psycopg.Connection, dsn, **options)


def connect_as(kind: type[Kind], dsn: str, **options: Any) -> Kind:
    """The same, of another kind."""
    try:
        return kind.connect(conninfo(dsn), **options)
    except psycopg.OperationalError as error:
        raise UnreachableError(f"the database cannot be reached: {one_line(error)}") from error


def engine(dsn: str) -> sqlalchemy.Engine:
    """The same database for queries that are put together from parts."""
    return sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: connect(dsn), poolclass=sqlalchemy.NullPool
    )
