"""Prints the rows of a list on standard output, as a table or in a format for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import BinaryIO

from psycopg.rows import dict_row

from faxstore.api.listings import Listing
from faxstore.archive.extra import require_pyarrow
from faxstore.errors import UsageError
from faxstore.export import csv, jsonl, parquet
from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, fetch_rows
from faxstore.export.run import snapshot
from faxstore.report.columns import Column
from faxstore.report.formats import Format, Row, Style
from faxstore.report.screen import Screen
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
    connection: Connection, listing: Listing, columns: Sequence[Column], style: Style, screen: Screen
) -> None:
    """Print all rows in order, with times in UTC; `columns` are those of a table.

    Raises UsageError for an unknown column, and for Parquet on a terminal or without pyarrow.
    """
    if style.format is Format.PARQUET:
        require_pyarrow("--format parquet")
        if sys.stdout.isatty():
            raise UsageError("--format parquet is binary: redirect it to a file, for example > sessions.parquet")
    with_units = listing.whole.with_units().only(style.names)
    with snapshot(connection, "UTC"):
        if style.format is not Format.TABLE:
            _WRITERS[style.format](connection, with_units, sys.stdout.buffer, lambda _: None)
            return
        if style.names:
            columns = [Column(name, itemgetter(name), (name,)) for name in style.names]
        screen.table(chain.from_iterable(_rows(connection, part, columns, style) for part in listing.parts), columns)


def _rows(connection: Connection, dataset: Dataset, columns: Sequence[Column], style: Style) -> Iterator[Row]:
    """The rows with the fields that the columns of the table show."""
    names = list(dict.fromkeys(name for column in columns for name in column.names))
    needed = (dataset.with_units() if style.names else dataset).only(names)
    return fetch_rows(connection, needed.ordered(*needed.columns), dict_row)
