"""Prints the rows of a data set on standard output, as a table or in a format for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import BinaryIO

from psycopg.rows import dict_row

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
    connection: Connection,
    dataset: Dataset,
    columns: Sequence[Column],
    style: Style,
    screen: Screen,
    parts: Iterable[Dataset] = (),
) -> None:
    """Print all rows in order, with times in UTC; `columns` are those of a table.

    A table is read from `parts`, which together have the rows of the data set in its order, one after the other.
    Raises UsageError for an unknown column, and for Parquet on a terminal or without pyarrow.
    """
    if style.format is Format.PARQUET:
        require_pyarrow("--format parquet")
        if sys.stdout.isatty():
            raise UsageError("--format parquet is binary: redirect it to a file, for example > sessions.parquet")
    with_units = _styled(dataset, style).with_units().only(style.names)
    with snapshot(connection, "UTC"):
        if style.format is not Format.TABLE:
            _WRITERS[style.format](connection, with_units, sys.stdout.buffer, lambda _: None)
            return
        if style.names:
            columns = [Column(name, itemgetter(name), (name,)) for name in style.names]
        every = (_rows(connection, _styled(part, style), columns, style) for part in parts or (dataset,))
        screen.table(chain.from_iterable(every), columns)


def _styled(dataset: Dataset, style: Style) -> Dataset:
    return replace(dataset, newest_first=style.newest_first, last=style.last)


def _rows(connection: Connection, dataset: Dataset, columns: Sequence[Column], style: Style) -> Iterator[Row]:
    """The rows with the fields that the columns of the table show."""
    names = list(dict.fromkeys(name for column in columns for name in column.names))
    needed = (dataset.with_units() if style.names else dataset).only(names)
    return fetch_rows(connection, needed.ordered(*needed.columns), dict_row)
