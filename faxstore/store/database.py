"""The edge to the database: every connection that faxstore opens, and the errors that leave it.

There is one kind of connection: psycopg's, in autocommit mode, with UTF-8 text.  SQLAlchemy compiles queries
(store/tables.py) and never connects.  `open_database` is what a command uses; the ingestor, which must outlive an
outage, uses `connect` and retries (ingest/carrier.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from faxstore.errors import FaxstoreError, UnreachableError, UsageError, one_line
from faxstore.settings.values import Settings
from faxstore.store import embedded, pooler
from faxstore.store.rights import Role, missing_rights_named
from faxstore.store.schema_version import require_current

Connection = psycopg.Connection[TupleRow]
Kind = TypeVar("Kind", bound=Connection)

_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "faxstore",
    # Detect a cut network within half a minute; the system's default is two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    # Compiling a plan of these views takes longer than running it; Debian's PostgreSQL compiles by default.
    "options": "-c jit=off",
}
_FIXED: dict[str, Any] = {"client_encoding": "utf8"}
"""Parameters that a DSN cannot override: the log hashes text as the server sends it."""

_UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


@contextmanager
def open_database(settings: Settings, role: Role) -> Iterator[Connection]:
    """Yield a connection to the database of the settings, after a check of its schema version.

    Without a DSN it starts the embedded server.  Every error of the database that leaves the block is raised as one
    line: UsageError for a missing right (the line names `role`, the one to grant), a missing, old or new schema, and
    refused values; UnreachableError where the database cannot be reached, is lost or shuts down.
    """
    with open_dsn(settings) as dsn, checked_connection(dsn, role) as connection:
        yield connection


@contextmanager
def checked_connection(dsn: str, role: Role, **options: Any) -> Iterator[Connection]:
    """Yield a connection as `open_database` does, for a DSN; `options` are further parameters of libpq."""
    with connect(dsn, **options) as connection, one_line_errors(connection, role):
        require_current(connection)
        yield connection


@contextmanager
def open_dsn(settings: Settings) -> Iterator[str]:
    """Yield the DSN of the settings, or else that of the embedded server, which runs until the block ends."""
    if settings.dsn is not None:
        yield settings.dsn
        return
    with embedded.running(settings.data_dir) as dsn:
        yield dsn


def conninfo(dsn: str, **options: Any) -> str:
    """Return the DSN with faxstore's defaults for the parameters that it does not set."""
    return make_conninfo(**_DEFAULTS | conninfo_to_dict(dsn) | options | _FIXED)


def conninfo_without_options(dsn: str, error: psycopg.OperationalError, **options: Any) -> str:
    """Return the DSN as `conninfo` does, for a pooler that refused faxstore's settings of the session.

    Raises the error if it has another reason, or if the settings are those of the DSN.
    """
    if pooler.REFUSED_OPTIONS not in str(error) or "options" in conninfo_to_dict(dsn) | options:
        raise error
    return conninfo(dsn, **options | {"options": ""})


def connect(dsn: str, **options: Any) -> Connection:
    """Connect, in autocommit mode.  Raises UnreachableError with the server's reason."""
    return connect_as(psycopg.Connection, dsn, **options)


def connect_as(kind: type[Kind], dsn: str, **options: Any) -> Kind:
    """Connect with a subclass of psycopg.Connection, as `connect` does."""
    try:
        try:
            connection = kind.connect(conninfo(dsn, **options), autocommit=True)
        except psycopg.OperationalError as error:
            connection = kind.connect(conninfo_without_options(dsn, error, **options), autocommit=True)
        _prepare(connection)
    except psycopg.OperationalError as error:
        raise UnreachableError(f"the database cannot be reached: {one_line(error)}") from error
    return connection


def _prepare(connection: Connection) -> None:
    try:
        pooler.adapt(connection)
        _use_iso_dates(connection)
    except BaseException:
        connection.close()
        raise


def _use_iso_dates(connection: Connection) -> None:
    """Override PGDATESTYLE and the setting of a role or a database: psycopg reads no other form of a time zone.

    The server reports its style when it accepts the connection, so this costs a query only if it is another one.
    """
    if not (connection.info.parameter_status("DateStyle") or "ISO").startswith("ISO"):
        connection.execute("set datestyle = 'ISO, MDY'")


@contextmanager
def one_line_errors(connection: Connection, role: Role) -> Iterator[None]:
    """Raises every psycopg error of its block as a FaxstoreError; `role` is the one to grant for a missing right."""
    try:
        with missing_rights_named(connection, role):
            yield
    except psycopg.Error as error:
        raise database_error(error) from error


def database_error(error: psycopg.Error) -> FaxstoreError:
    """Return what to raise in place of an error of the database other than a missing right."""
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return UsageError(f"the database is read-only: {server_message(error)}; use the primary's address")
    if isinstance(error, _UNAVAILABLE):
        return UnreachableError(f"the database could not answer: {server_message(error)}")
    return UsageError(f"the database refused the request: {server_message(error)}")


def server_message(error: psycopg.Error) -> str:
    """Return message, detail and hint of the server in one line; without a server's message, the error's own."""
    diagnostics = error.diag
    if diagnostics.message_primary is None:
        return one_line(error)
    parts = (diagnostics.message_primary, diagnostics.message_detail, diagnostics.message_hint)
    return " ".join("; ".join(part for part in parts if part).split())


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """A REPEATABLE READ, READ ONLY transaction: all queries of its block see the database as of one moment."""
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with connection.transaction():
            try:
                yield
            except BaseException:
                if _is_stuck(connection):
                    connection.close()
                raise
    finally:
        if not connection.closed:
            connection.isolation_level = connection.read_only = None


def _is_stuck(connection: Connection) -> bool:
    """Whether a COPY or a query was abandoned: a rollback would wait for it forever, or fail."""
    return connection.lock.locked() or connection.info.transaction_status is TransactionStatus.ACTIVE
