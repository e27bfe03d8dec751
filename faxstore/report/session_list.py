"""`faxstore sessions`: one row per fax session, as a table or in a format for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO

from psycopg.rows import dict_row

from faxstore.errors import UsageError
from faxstore.export import csv, datasets, jsonl, parquet
from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, fetch_rows
from faxstore.export.run import snapshot
from faxstore.export.selection import Selection
from faxstore.export.target import require_pyarrow
from faxstore.report.formats import Format, Row
from faxstore.report.tables import Column, console, fields, table
from faxstore.store.database import Connection

SHORT_ID = 8
"""Characters of a session id in the table; `faxstore show` accepts the beginning of an id."""


def _result(row: Row) -> str:
    text = row["result_text"]
    return row["result"] if text in (None, "OK") else f"{row['result']}: {text}"


COLUMNS = (
    Column("session", lambda row: str(row["session_id"])[:SHORT_ID]),
    *fields(
        "server", ("no", "session_number"), "direction", ("started (UTC)", "started_at"),
        ("seconds", "duration_seconds"), "pages", ("bad\nlines", "bad_lines"), ("end seen by", "end_observed_by"),
    ),
    Column("result", _result),
)  # fmt: skip
"""The columns of the table; the other formats have every column of the view."""

_WRITERS: dict[Format, Callable[[Connection, Dataset, BinaryIO, Progress], None]] = {
    Format.CSV: csv.write,
    Format.JSON: jsonl.write_array,
    Format.JSONL: jsonl.write,
    Format.PARQUET: parquet.write_file,
}


def sessions(connection: Connection, selection: Selection, format: Format = Format.TABLE) -> None:
    """Print the selected sessions, oldest first, with times in UTC."""
    if format is Format.PARQUET:
        require_pyarrow()
        if sys.stdout.isatty():
            raise UsageError("--format parquet is binary: redirect it to a file, for example > sessions.parquet")
    dataset = datasets.sessions(selection)
    with snapshot(connection, "UTC"):
        if format is Format.TABLE:
            query = dataset.ordered(*dataset.query.selected_columns)
            console(sys.stdout).print(table(fetch_rows(connection, query, dict_row), COLUMNS))
        else:
            _WRITERS[format](connection, dataset, sys.stdout.buffer, lambda _: None)
