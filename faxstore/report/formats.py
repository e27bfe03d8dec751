"""Rows for programs: CSV, JSON, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain, islice
from typing import Any, TextIO
from uuid import UUID

from faxstore.errors import UsageError
from faxstore.visible import visible_json

Row = Mapping[Any, Any]
"""One row by the names of its columns."""


class Format(StrEnum):
    """How rows come out."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def write(rows: Iterable[Row], columns: Sequence[str], form: Format, out: TextIO) -> None:
    """Writes all rows as they come; memory holds one row, of Parquet one row group.  Not for Format.TABLE."""
    _WRITERS[form](rows, columns, out)


def plain(value: Any) -> Any:
    """A value as JSON has it: moments in ISO 8601 with their offset (UTC), exact numbers as numbers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _csv(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    """RFC 4180: lines end in CR LF; what holds a comma, a quote or a line end is quoted.  Text stays as it was sent."""
    writer = csv.writer(out, dialect="excel")
    writer.writerow(columns)
    writer.writerows([_csv_value(row[name]) for name in columns] for row in rows)


def _csv_value(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return json.dumps([plain(item) for item in value], ensure_ascii=False)
    return value if isinstance(value, Decimal) else plain(value)


def _jsonl(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    for row in rows:
        out.write(_object(row, columns) + "\n")


def _json(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    out.write("[")
    for before, row in zip(chain(["\n"], iter(lambda: ",\n", None)), rows, strict=False):
        out.write(before + _object(row, columns))
    out.write("\n]\n")


def _object(row: Row, columns: Sequence[str]) -> str:
    return visible_json(json.dumps({name: json_value(row[name]) for name in columns}, ensure_ascii=False))


def json_value(value: Any) -> Any:
    return [plain(item) for item in value] if isinstance(value, list | tuple) else plain(value)


def _parquet(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("--format parquet needs pyarrow: install faxstore[parquet]") from error
    if out.isatty():
        raise UsageError("--format parquet is binary: send it to a file, for example > sessions.parquet")
    groups = (pyarrow.table(_columnar(group, columns)) for group in _groups(rows))
    first = next(groups, None)
    first = first if first is not None else pyarrow.table({name: [] for name in columns})
    with pyarrow.parquet.ParquetWriter(out.buffer, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for group in groups:
            writer.write_table(group.cast(first.schema))


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while group := list(islice(left, 10_000)):
        yield group


def _columnar(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [str(row[name]) if isinstance(row[name], UUID) else row[name] for row in rows] for name in columns}


_WRITERS: dict[Format, Callable[[Iterable[Row], Sequence[str], TextIO], None]] = {
    Format.CSV: _csv,
    Format.JSON: _json,
    Format.JSONL: _jsonl,
    Format.PARQUET: _parquet,
}
