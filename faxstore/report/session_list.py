"""`faxstore sessions`: the fax sessions of a period, of servers, directions and results."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from faxstore.report.formats import Format, Row, write
from faxstore.store.database import engine
from faxstore.store.tables import sessions as view

SHORT = (
    "session_id",
    "server",
    "session_number",
    "direction",
    "remote_station_id",
    "started_at",
    "duration_seconds",
    "pages",
    "bad_lines",
    "error_correction_mode",
    "last_data_rate",
    "end_observed_by",
    "result",
    "result_text",
)
"""The columns of a table for people; files have every column of the view."""


def sessions(
    dsn: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    servers: Sequence[str] = (),
    directions: Sequence[str] = (),
    results: Sequence[str] = (),
    format: str = "table",
) -> None:
    """Prints the sessions that started from `since` on and before `until`, the oldest first; all of them.

    An empty sequence means any.
    """
    form = Format(format)
    columns = SHORT if form is Format.TABLE else tuple(column.name for column in view.c)
    query = _between(select(*(view.c[name] for name in columns)), since, until)
    for name, wanted in (("server", servers), ("direction", directions), ("result", results)):
        if wanted:
            query = query.where(view.c[name].in_(wanted))
    with engine(dsn).connect() as connection:
        rows = _rows(connection, query.order_by(view.c.started_at, view.c.session_id))
        write(rows, columns, form, sys.stdout)


def _between(query: Select[Any], since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        query = query.where(view.c.started_at >= since)
    if until is not None:
        query = query.where(view.c.started_at < until)
    return query


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    # A cursor on the server: the answer may be larger than memory.
    yield from connection.execution_options(stream_results=True, yield_per=1_000).execute(query).mappings()
