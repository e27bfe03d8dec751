"""Prints the rows of a data set on standard output, as a table or in a format for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO

from psycopg.rows import dict_row

from faxstore.errors import UsageError
from faxstore.export import csv, jsonl, parquet
from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, fetch_rows
from faxstore.export.run import snapshot
from faxstore.export.target import require_pyarrow
from faxstore.report.columns import Column
from faxstore.report.formats import Format
from faxstore.report.screen import open_screen
from faxstore.store.database import Connection

SHORT_ID = 8
"""Characters of a session id in a table; `faxstore show` accepts the beginning of an id."""

_WRITERS: dict[Format, Callable[[Connection, Dataset, BinaryIO, Progress], None]] = {
    Format.CSV: csv.write,
    Format.JSON: jsonl.write_array,
    Format.JSONL: jsonl.write,
    Format.PARQUET: parquet.write_file,
}


def print_rows(
    connection: Connection, dataset: Dataset, columns: Sequence[Column], format: Format, *, wide: bool
) -> None:
    """Print all rows in order, with times in UTC.  Only the table is limited to `columns`.

    Raises UsageError for Parquet on a terminal, or without pyarrow.
    """
    if format is Format.PARQUET:
        require_pyarrow()
        if sys.stdout.isatty():
            raise UsageError("--format parquet is binary: redirect it to a file, for example > sessions.parquet")
    with snapshot(connection, "UTC"):
        if format is Format.TABLE:
            _print_table(connection, dataset, columns, wide)
        else:
            _WRITERS[format](connection, dataset.with_units(), sys.stdout.buffer, lambda _: None)


def _print_table(connection: Connection, dataset: Dataset, columns: Sequence[Column], wide: bool) -> None:
    selected = dataset.query.selected_columns
    names = dict.fromkeys(name for column in columns for name in column.names)
    query = dataset.ordered(*(selected[name] for name in names))
    with open_screen(wide=wide) as screen:
        screen.table(fetch_rows(connection, query, dict_row), columns)
