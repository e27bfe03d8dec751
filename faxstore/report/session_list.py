"""`faxstore sessions`: the fax sessions of a period, of servers, directions and results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from psycopg.rows import dict_row
from sqlalchemy import Select

from faxstore.export import datasets
from faxstore.export.rows import fetch_rows
from faxstore.export.selection import Selection
from faxstore.export.snapshot import snapshot
from faxstore.report.formats import Format, Row
from faxstore.report.output import check, write
from faxstore.report.tables import Column, console, named, table
from faxstore.store.database import Connection

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


def sessions(connection: Connection, selection: Selection, form: Format = Format.TABLE) -> None:
    """Prints those sessions, the oldest first; all of them."""
    dataset = datasets.sessions(selection)
    if form is Format.TABLE:
        query = dataset.ordered(*dataset.query.selected_columns)
        console(sys.stdout).print(table(_rows(connection, query), COLUMNS))
        return
    check(form, sys.stdout)
    with snapshot(connection, "UTC"):
        write(connection, dataset, form, sys.stdout)


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    with connection.transaction():
        yield from fetch_rows(connection, query, dict_row)


def _result(row: Row) -> str:
    text = row["result_text"]
    return row["result"] if text in (None, "OK") else f"{row['result']}: {text}"
