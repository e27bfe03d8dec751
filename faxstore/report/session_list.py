"""`faxstore sessions`: the fax sessions of a period, of servers, directions and results."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from faxstore.report.formats import Format, Row, write
from faxstore.report.tables import Column, console, named, table
from faxstore.store.database import engine
from faxstore.store.tables import sessions as view

SHORT_ID = 8
"""Characters of a session id in a table; `faxstore show` takes a beginning."""

COLUMNS = (
    Column("session", lambda row: str(row["session_id"])[:SHORT_ID]),
    named("server", "server"),
    named("no", "session_number"),
    named("direction", "direction"),
    named("started (UTC)", "started_at"),
    named("seconds", "duration_seconds"),
    named("pages", "pages"),
    named("bad\nlines", "bad_lines"),
    named("end seen by", "end_observed_by"),
    Column("result", lambda row: _result(row)),
)
"""What a table for people shows; files have every column of the view."""


def sessions(
    dsn: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    servers: Sequence[str] = (),
    directions: Sequence[str] = (),
    results: Sequence[str] = (),
    format: Format = Format.TABLE,
) -> None:
    """Prints the sessions that started from `since` on and before `until`, the oldest first; all of them.

    An empty sequence means any.
    """
    query = _between(select(view), since, until)
    for name, wanted in (("server", servers), ("direction", directions), ("result", results)):
        if wanted:
            query = query.where(view.c[name].in_(wanted))
    with engine(dsn).connect() as connection:
        rows = _rows(connection, query.order_by(view.c.started_at, view.c.session_id))
        if format is Format.TABLE:
            console(sys.stdout).print(table(rows, COLUMNS))
        else:
            write(rows, [column.name for column in view.c], format, sys.stdout)


def _between(query: Select[Any], since: datetime | None, until: datetime | None) -> Select[Any]:
    if since is not None:
        query = query.where(view.c.started_at >= since)
    if until is not None:
        query = query.where(view.c.started_at < until)
    return query


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    # A cursor on the server: the answer may be larger than memory.
    yield from connection.execution_options(stream_results=True, yield_per=1_000).execute(query).mappings()


def _result(row: Row) -> str:
    text = row["result_text"]
    return row["result"] if text in (None, "OK") else f"{row['result']}: {text}"
