"""The server's side of the carrier's connection: settings for appending, and the backend process."""

from __future__ import annotations

from datetime import datetime

import psycopg

from faxstore import sql
from faxstore.store.database import Connection

_APPEND_SETTINGS = sql.text("queries/store/append_settings")

Process = tuple[int, datetime]
"""A backend process of the server: its process id, and when it started."""


def prepare(connection: Connection) -> Process | None:
    """Apply the settings for appending; return the connection's backend process, None if the user may not see it."""
    connection.execute(_APPEND_SETTINGS)
    row = connection.execute(sql.text("queries/store/own_backend")).fetchone()
    return (row[0], row[1]) if row and row[1] is not None else None


def terminate(connection: Connection, process: Process) -> None:
    """Terminate the backend process of an earlier connection, if it still runs.

    A user without the right to do so relies on the server's keepalives instead.
    """
    try:
        connection.execute(sql.text("queries/store/terminate_backend"), process)
    except psycopg.errors.InsufficientPrivilege:
        return
