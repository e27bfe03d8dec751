"""The server's side of the carrier's connection: how long it waits for locks, and the backend process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg

from faxstore import sql
from faxstore.store.database import Connection
from faxstore.store.pooler import is_pooled

LOCK_TIMEOUT = "20s"
"""A timeout on locks prevents a queue of dead waiters."""

Process = tuple[int, datetime]
"""A backend process of the server: its process id, and when it started."""


def prepare(connection: Connection) -> Process | None:
    """Limit the waits for locks; return the connection's backend process.

    Returns None if the user may not see it, or if a pooler lends it to others too: then each transaction limits its own
    waits (`limited`).
    """
    if is_pooled(connection):
        return None
    connection.execute("select set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    row = connection.execute(sql.text("queries/store/own_backend")).fetchone()
    return (row[0], row[1]) if row and row[1] is not None else None


@contextmanager
def limited(connection: Connection) -> Iterator[None]:
    """Limit the waits for locks of the block's statements, after `prepare`; they may become one transaction."""
    if not is_pooled(connection):
        yield
        return
    with connection.transaction():
        limit(connection)
        yield


def limit(connection: Connection) -> None:
    """Limit the waits for locks of a transaction."""
    connection.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])


def terminate(connection: Connection, process: Process) -> None:
    """Terminate the backend process of an earlier connection, if it still runs.

    A user without the right to do so relies on the server's keepalives instead.
    """
    try:
        connection.execute(sql.text("queries/store/terminate_backend"), process)
    except psycopg.errors.InsufficientPrivilege:
        return
