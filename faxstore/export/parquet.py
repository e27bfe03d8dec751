"""Parquet: a folder of files by month and server, which DuckDB, Spark and Trino read as one table.

    month=2026-10/server=pbx1/part-0.parquet

An export of the history has the names and columns of an archive (faxstore/archive/layout.py): history-0.parquet.

The month is that of the row's time in UTC.  Month and server are only in the path, as those readers expect.  The schema
follows from the view's columns and never from the values, and an empty answer is one file without rows.  Needs pyarrow,
from the extra `parquet`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from psycopg.rows import tuple_row
from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from faxstore.archive.parquet import writer
from faxstore.export.datasets import Dataset
from faxstore.export.rows import FETCH, Progress, counted, fetch_rows
from faxstore.settings.server_names import NULL, folder_name
from faxstore.store.database import Connection
from faxstore.system.files import PRIVATE, PRIVATE_FOLDER, sync_folder

PARTITION = "server"
"""The column that is in the path instead of the files."""

_BATCHES_PER_ROW_GROUP = 12


def write_folder(connection: Connection, dataset: Dataset, folder: Path, progress: Progress) -> None:
    """Write all rows into the empty folder and sync it to disk."""
    columns = dataset.query.selected_columns
    stored = [column for column in columns if column.name != PARTITION]
    month = func.to_char(func.timezone("UTC", columns[dataset.time_column]), "YYYY-MM").label("month")
    partition = (month, columns[PARTITION])
    query = dataset.ordered(*partition, *map(_arrow_column, stored), before=partition)
    schema = _schema(stored)
    fetched = fetch_rows(connection, query, tuple_row)
    for (month_name, server), found in groupby(counted(fetched, progress), lambda row: row[:2]):
        place = folder / f"month={month_name}" / folder_name(server)
        _write_part(place / f"{dataset.file}-0.parquet", schema, (row[2:] for row in found))
    if not any(folder.iterdir()):
        place = folder / f"month={NULL}" / f"{PARTITION}={NULL}"
        _write_part(place / f"{dataset.file}-0.parquet", schema, ())  # the file of an empty table
    sync_folder(folder)


def write_file(connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress) -> None:
    """Write all rows as one file, with the server as a column."""
    columns = dataset.columns
    query = dataset.ordered(*map(_arrow_column, columns))
    _write(out, _schema(columns), counted(fetch_rows(connection, query, tuple_row), progress))


def _schema(columns: Iterable[ColumnElement[Any]]) -> Any:
    """The pyarrow schema of these columns, all of them nullable."""
    import pyarrow

    return pyarrow.schema([(column.name, _arrow_type(column.type)) for column in columns])


def _arrow_type(kind: TypeEngine[Any]) -> Any:
    """Numeric columns (seconds, ratios) are decimals with six places, as in the views, so that sums are exact."""
    import pyarrow

    if isinstance(kind, sa.ARRAY):
        return pyarrow.list_(_arrow_type(kind.item_type))
    kinds: tuple[tuple[tuple[type[TypeEngine[Any]], ...], Any], ...] = (
        ((sa.BigInteger,), pyarrow.int64()),
        ((sa.Integer,), pyarrow.int32()),
        ((sa.Numeric,), pyarrow.decimal128(18, 6)),
        ((sa.Boolean,), pyarrow.bool_()),
        ((sa.DateTime,), pyarrow.timestamp("us", tz="UTC")),
        ((sa.Text, sa.Uuid, JSONB), pyarrow.string()),
    )
    return next(arrow for sql, arrow in kinds if isinstance(kind, sql))


def _arrow_column(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column in a type that Arrow has: UUIDs, JSON and the items of arrays become text."""
    if isinstance(column.type, sa.ARRAY):
        return cast(column, sa.ARRAY(sa.Text)).label(column.name)
    return cast(column, sa.Text).label(column.name) if isinstance(column.type, sa.Uuid | JSONB) else column


def _write_part(file: Path, schema: Any, rows: Iterable[Sequence[Any]]) -> None:
    place = file.parent
    place.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
    place.mkdir(PRIVATE_FOLDER)
    file.touch(PRIVATE, exist_ok=False)
    with file.open("wb") as out:
        _write(out, schema, rows)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(place)
    sync_folder(place.parent)


def _write(out: BinaryIO, schema: Any, rows: Iterable[Sequence[Any]]) -> None:
    """Write one file; memory holds one row group."""
    import pyarrow

    with writer(out, schema) as table_writer:
        batches = _batches(schema, rows)
        while group := list(islice(batches, _BATCHES_PER_ROW_GROUP)):
            table_writer.write_table(pyarrow.Table.from_batches(group, schema))


def _batches(schema: Any, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
    import pyarrow

    remaining = iter(rows)
    while chunk := list(islice(remaining, FETCH)):
        columns = map(pyarrow.array, zip(*chunk, strict=True), schema.types)
        yield pyarrow.RecordBatch.from_arrays(list(columns), schema=schema)
