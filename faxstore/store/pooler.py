"""Connection poolers such as PgBouncer, between faxstore and its database.

In transaction mode a pooler lends a session of the server to a client for one transaction at a time.  What a session
keeps beyond that belongs to nobody: prepared statements, settings, advisory locks.  A client that uses them leaves
them to strangers and misses its own.

faxstore recognises a pooler, in whatever mode, by the process id that it gave at the start of the connection, which is
not that of the server's process.  Over such a connection it prepares no statements and keeps no settings; a command
that needs a session of its own refuses it.
"""

from __future__ import annotations

from typing import Any

import psycopg

from faxstore.errors import UsageError

Connection = psycopg.Connection[Any]

REFUSED_OPTIONS = "unsupported startup parameter"
"""What PgBouncer says to a connection that names settings of the session."""


def adapt(connection: Connection) -> None:
    """Let psycopg prepare no statements if the connection leads through a pooler.  Raises psycopg.Error."""
    row = connection.execute("select pg_backend_pid()").fetchone()
    if row != (connection.info.backend_pid,):
        connection.prepare_threshold = None


def is_pooled(connection: Connection) -> bool:
    """Return whether the connection leads through a pooler."""
    return connection.prepare_threshold is None


def require_session(connection: Connection, what: str) -> None:
    """Raises UsageError if the connection leads through a pooler; `what` needs a session of its own."""
    if is_pooled(connection):
        address = "give the address of the database itself, for example with --dsn"
        raise UsageError(
            f"{what} needs a session of its own, and the database is behind a connection pooler: {address}"
        )
