"""`faxstore sessions`: one row per fax session, as a table or in a format for programs."""

from __future__ import annotations

import sys
from typing import TextIO

from psycopg.rows import dict_row

from faxstore.errors import UsageError
from faxstore.export import csv, datasets, jsonl, parquet
from faxstore.export.datasets import Dataset
from faxstore.export.rows import fetch_rows
from faxstore.export.run import snapshot
from faxstore.export.selection import Selection
from faxstore.export.target import require_pyarrow
from faxstore.report.formats import Format, Row
from faxstore.report.tables import Column, console, field, table
from faxstore.store.database import Connection

SHORT_ID = 8
"""Characters of a session id in the table; `faxstore show` accepts the beginning of an id."""

COLUMNS = (
    Column("session", lambda row: str(row["session_id"])[:SHORT_ID]),
    field("server", "server"),
    field("no", "session_number"),
    field("direction", "direction"),
    field("started (UTC)", "started_at"),
    field("seconds", "duration_seconds"),
    field("pages", "pages"),
    field("bad\nlines", "bad_lines"),
    field("end seen by", "end_observed_by"),
    Column("result", lambda row: _result(row)),
)
"""The columns of the table; the other formats have every column of the view."""


def sessions(connection: Connection, selection: Selection, format: Format = Format.TABLE) -> None:
    """Prints the selected sessions, oldest first, with times in UTC."""
    _check(format, sys.stdout)
    dataset = datasets.sessions(selection)
    with snapshot(connection, "UTC"):
        if format is Format.TABLE:
            query = dataset.ordered(*dataset.query.selected_columns)
            console(sys.stdout).print(table(fetch_rows(connection, query, dict_row), COLUMNS))
        else:
            _write(connection, dataset, format, sys.stdout)


def _check(format: Format, out: TextIO) -> None:
    """Raises UsageError for a format that cannot be written to this stream."""
    if format is Format.PARQUET:
        require_pyarrow()
        if out.isatty():
            raise UsageError("--format parquet is binary: redirect it to a file, for example > sessions.parquet")


def _write(connection: Connection, dataset: Dataset, format: Format, out: TextIO) -> None:
    match format:
        case Format.CSV:
            csv.write(connection, dataset, out.buffer, _no_progress)
        case Format.JSONL:
            jsonl.write(connection, dataset, out.buffer, _no_progress)
        case Format.PARQUET:
            parquet.write_file(connection, dataset, out.buffer, _no_progress)
        case _:
            jsonl.write_array(connection, dataset, out.buffer, _no_progress)


def _no_progress(_: int) -> None:
    """Standard output itself shows the progress."""


def _result(row: Row) -> str:
    text = row["result_text"]
    return row["result"] if text in (None, "OK") else f"{row['result']}: {text}"
