"""The rows of one session: its totals, its pages and its timeline.

Each function takes the factory that makes the rows, and needs an open transaction (faxstore.export.rows).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from psycopg.rows import RowFactory
from sqlalchemy import Table, select

from faxstore.errors import UsageError
from faxstore.export.rows import fetch_rows
from faxstore.store.database import Connection
from faxstore.store.short_ids import find_session
from faxstore.store.tables import session_pages, session_timeline

Item = TypeVar("Item")


class Key(NamedTuple):
    """Where the rows of a session are."""

    session_id: UUID
    started_at: datetime


def find(
    connection: Connection, wanted: str, command: str, view: Table, row_factory: RowFactory[Item]
) -> tuple[Key, Item]:
    """Return the session whose id is `wanted` or begins like that, from fax.sessions or fax.sessions_masked.

    Raises UsageError, which begins with the command, unless there is exactly one.
    """
    key = Key(*find_session(connection, wanted, command))
    found = next(_rows(connection, view, key, row_factory), None)
    if found is None:
        raise UsageError(f"{command}: {key.session_id} is not a session: never listed, and no completion event")
    return key, found


def pages(connection: Connection, key: Key, row_factory: RowFactory[Item]) -> Iterator[Item]:
    """Yield its pages, in order."""
    return _rows(connection, session_pages, key, row_factory, "page")


def timeline(connection: Connection, key: Key, row_factory: RowFactory[Item]) -> Iterator[Item]:
    """Yield its changes, in order."""
    return _rows(connection, session_timeline, key, row_factory, "observed_at", "position")


def _rows(connection: Connection, view: Table, key: Key, row_factory: RowFactory[Item], *order: str) -> Iterator[Item]:
    query = select(view).where(view.c.session_id == key.session_id, view.c.started_at == key.started_at)
    return fetch_rows(connection, query.order_by(*(view.c[name] for name in order)), row_factory)
