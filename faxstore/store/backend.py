"""What a carrier settles with each server that it reaches, before it appends."""

from __future__ import annotations

from datetime import datetime

import psycopg

from faxstore import sql
from faxstore.store.database import Connection

_SETTLE = sql.text("queries/store/append_settings")
_PLACE = sql.text("queries/store/database_identity")
_OWN = sql.text("queries/store/own_backend")
_END = sql.text("queries/store/terminate_backend")

Process = tuple[int, datetime]
"""Of the server: its number there, and when it began."""


def settled(connection: Connection) -> Process | None:
    """Sets what appending needs; gives the process behind the connection, where the user may see it."""
    connection.execute(_SETTLE)
    row = connection.execute(_OWN).fetchone()
    return (row[0], row[1]) if row and row[1] is not None else None


def end(connection: Connection, process: Process) -> None:
    """Ends the process of an earlier connection, if it is still there."""
    try:
        connection.execute(_END, process)
    except psycopg.errors.InsufficientPrivilege:
        return  # the server's own keepalives must end it


def place(connection: Connection) -> str | None:
    """The database and its timeline, as one name; None where the server does not tell (no Postgres of its own)."""
    try:
        row = connection.execute(_PLACE).fetchone()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction, psycopg.errors.FeatureNotSupported):
        return None
    return str(row[0]) if row else None
