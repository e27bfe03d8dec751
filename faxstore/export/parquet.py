"""Parquet: a folder of files by month and server, which DuckDB, Spark and Trino read as one table.

    month=2026-10/server=pbx1/part-0.parquet

The month is that of the row's moment in UTC; both stand in the path alone, as those readers expect (a name is
escaped as in a URL).  The schema is that of the view's columns, whatever the rows hold.  An empty answer is one file
without rows.  Needs pyarrow, from the extra `parquet`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Select,
    Text,
    Uuid,
    cast,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from faxstore.export.datasets import Rows
from faxstore.export.files import sync_folder
from faxstore.export.lines import compiled, ordered
from faxstore.export.progress import Progress
from faxstore.store.database import Connection

PARTITION = "server"
"""The column that is in the path."""

NOWHERE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive, Spark, Trino and DuckDB take for NULL in a path: where a table without rows has its schema."""

_FETCH = 5_000
_ROW_GROUP = 12 * _FETCH


def write_folder(connection: Connection, rows: Rows, folder: Path, progress: Progress) -> None:
    """Fills the empty folder with all rows; it is on the disk then."""
    columns = rows.query.selected_columns
    shown = [column for column in columns if column.name != PARTITION]
    month = func.to_char(func.timezone("UTC", columns[rows.moment]), "YYYY-MM").label("month")
    partition = (month, columns[PARTITION])
    query = ordered(rows, *partition, *map(_plain, shown), before=partition)
    schema = schema_of(shown)
    for (month_of, server_of), found in groupby(_fetched(connection, query, progress), lambda row: row[:2]):
        _write_part(folder, month_of, server_of, schema, (row[2:] for row in found))
    if not any(folder.iterdir()):
        _write_part(folder, NOWHERE, NOWHERE, schema, ())
    sync_folder(folder)


def write_file(connection: Connection, rows: Rows, out: BinaryIO, progress: Progress) -> None:
    """Writes all rows as one file."""
    columns = list(rows.query.selected_columns)
    query = ordered(rows, *map(_plain, columns))
    _write(out, schema_of(columns), _fetched(connection, query, progress))


def schema_of(columns: Iterable[ColumnElement[Any]]) -> Any:
    """The pyarrow schema of these columns; each may be NULL."""
    import pyarrow

    return pyarrow.schema([(column.name, _arrow(column.type)) for column in columns])


def _arrow(kind: TypeEngine[Any]) -> Any:
    """Seconds and ratios are decimals of six places, as the views have them: sums are exact."""
    import pyarrow

    if isinstance(kind, ARRAY):
        return pyarrow.list_(_arrow(kind.item_type))
    kinds: tuple[tuple[tuple[type[TypeEngine[Any]], ...], Any], ...] = (
        ((BigInteger,), pyarrow.int64()),
        ((Integer,), pyarrow.int32()),
        ((Numeric,), pyarrow.decimal128(18, 6)),
        ((Boolean,), pyarrow.bool_()),
        ((DateTime,), pyarrow.timestamp("us", tz="UTC")),
        ((Text, Uuid, JSONB), pyarrow.string()),
    )
    return next(arrow for sql, arrow in kinds if isinstance(kind, sql))


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as Arrow can have it: ids and JSON as text."""
    return cast(column, Text).label(column.name) if isinstance(column.type, Uuid | JSONB) else column


def _fetched(connection: Connection, query: Select[Any], progress: Progress) -> Iterator[Sequence[Any]]:
    """The rows, from a cursor on the server."""
    statement, parameters = compiled(query)
    with connection.cursor("export") as cursor:
        cursor.itersize = _FETCH
        for number, row in enumerate(cursor.execute(statement.encode(), parameters), 1):
            yield row
            progress(number)


def _write_part(folder: Path, month: str, server: str, schema: Any, rows: Iterable[Sequence[Any]]) -> None:
    place = folder / f"month={month}" / f"server={quote(server, safe='')}"
    place.mkdir(parents=True)
    with (place / "part-0.parquet").open("xb") as out:
        _write(out, schema, rows)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(place)
    sync_folder(place.parent)


def _write(out: BinaryIO, schema: Any, rows: Iterable[Sequence[Any]]) -> None:
    """One file; memory holds one row group."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(out, schema, compression="zstd") as writer:
        batches = _batches(schema, rows)
        while group := list(islice(batches, _ROW_GROUP // _FETCH)):
            writer.write_table(pyarrow.Table.from_batches(group, schema))


def _batches(schema: Any, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
    import pyarrow

    left = iter(rows)
    while some := list(islice(left, _FETCH)):
        columns = (
            pyarrow.array(values, kind) for values, kind in zip(zip(*some, strict=True), schema.types, strict=True)
        )
        yield pyarrow.RecordBatch.from_arrays(list(columns), schema=schema)
