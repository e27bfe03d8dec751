"""Writes the packed rows of a month and server as one Parquet file, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, BinaryIO

import pyarrow
import pyarrow.compute
from psycopg.sql import SQL, Literal
from pyarrow import csv

from faxstore import sql
from faxstore.archive import columns, layout, parquet
from faxstore.archive.memory import return_free_memory
from faxstore.store.copy_out import copy_messages
from faxstore.store.database import Connection

PART = 4_096
"""Rows that are converted from text at a time."""

MOST_ROWS, FEWEST_ROWS = 4 * PART, PART // 2
"""Rows of a row group.  Memory holds one, and 18 kB of metadata of each one before, until the file is complete.
Many servers get smaller ones: reading a month, memory holds the leaves of blocks until all servers have contributed.
"""

_ROWS = sql.text("queries/archive/rows")
_SETTINGS = """
set local timezone = 'UTC'; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off
"""
_READ = csv.ReadOptions(column_names=columns.SCHEMA.names, use_threads=False, block_size=1 << 26)
_PARSE = csv.ParseOptions(newlines_in_values=True)
_CONVERT = csv.ConvertOptions(
    column_types=columns.SCHEMA,
    null_values=[""],
    true_values=["t"],
    false_values=["f"],
    strings_can_be_null=True,
    quoted_strings_can_be_null=False,
)


@dataclass
class Written:
    """What a file contains."""

    rows: int = 0
    first_position: int = 0
    last_position: int = 0


def group_rows(servers: int) -> int:
    """Return the rows of a row group in a month with that many servers."""
    return max(FEWEST_ROWS, min(MOST_ROWS, 8 * MOST_ROWS // servers))


def write(connection: Connection, out: BinaryIO, month: date, server: str, rows_per_group: int) -> Written:
    """Write the rows of one file; memory holds one row group."""
    written = Written()
    with connection.transaction(), parquet.writer(out, columns.SCHEMA) as writer:
        connection.execute(_SETTINGS)
        lines = copy_messages(connection, _copy(connection, month, server))
        while write_group(writer, lines, rows_per_group, written):
            pass
    return written


def write_group(writer: Any, lines: Iterator[bytes], rows: int, written: Written) -> bool:
    """Write the next lines of COPY as a row group, and count them; return whether there were any."""
    if not (tables := list(_tables(islice(lines, rows)))):
        return False
    table = pyarrow.concat_tables(tables)
    writer.write_table(table, row_group_size=table.num_rows)
    _count(written, table)
    del tables, table
    return_free_memory()
    return True


def _tables(lines: Iterator[bytes]) -> Iterator[Any]:
    """Convert lines part by part, because their text takes more memory than a table."""
    while part := list(islice(lines, PART)):
        yield _table(part)


def _copy(connection: Connection, month: date, server: str) -> bytes:
    began, ends = layout.bounds(month)
    rows = SQL(_ROWS).format(server=Literal(server), began=Literal(began), ends=Literal(ends))
    return SQL("copy ({}) to stdout (format csv)").format(rows).as_bytes(connection)


def _table(lines: list[bytes]) -> Any:
    """Convert lines of COPY to a table: NULL is empty, an empty text is quoted."""
    return csv.read_csv(pyarrow.py_buffer(b"".join(lines)), _READ, _PARSE, _CONVERT)


def _count(written: Written, table: Any) -> None:
    limits = pyarrow.compute.min_max(table["position"])
    first, last = limits["min"].as_py(), limits["max"].as_py()
    written.first_position = min(written.first_position or first, first)
    written.last_position = max(written.last_position, last)
    written.rows += table.num_rows
