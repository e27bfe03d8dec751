"""Rows as a table for people, or as CSV, JSON, JSON Lines or Parquet for programs.

Text of the wire is the remote side's choice: a table shows control characters escaped, files hold them as
their format writes them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain, islice
from typing import Any, TextIO
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faxstore.errors import UsageError

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
    """Writes all rows, in constant memory except for a table and Parquet's row groups."""
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


def shown(value: Any) -> str:
    """A value as a cell of a table: nothing where it is not known, seconds to the tenth."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    return visible(str(value))


def visible(text: str) -> str:
    r"""Text with its control characters written out (``\x1b``), so that it cannot steer a terminal or break a line."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", _escaped, text)


def table(rows: Iterable[Row], columns: Sequence[str], title: str | None = None) -> Table:
    """A table whose header breaks at the underscores of the columns' names."""
    grid = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        grid.add_column(name.replace("_", " "), overflow="fold")
    kept = list(rows)
    for column, name in zip(grid.columns, columns, strict=True):
        if kept and all(isinstance(row[name], int | Decimal | None) for row in kept):
            column.justify = "right"
    for row in kept:
        grid.add_row(*(Text(shown(row[name])) for name in columns))
    return grid


def console(out: TextIO) -> Console:
    """A console on a stream; where it is no terminal a table is as wide as it needs to be."""
    wide = None if out.isatty() else 400
    return Console(file=out, width=wide, highlight=False, soft_wrap=wide is not None)


def _table(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    console(out).print(table(rows, columns))


def _csv(rows: Iterable[Row], columns: Sequence[str], out: TextIO) -> None:
    writer = csv.writer(out)
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
    return json.dumps({name: json_value(row[name]) for name in columns}, ensure_ascii=False)


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


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_WRITERS: dict[Format, Callable[[Iterable[Row], Sequence[str], TextIO], None]] = {
    Format.TABLE: _table,
    Format.CSV: _csv,
    Format.JSON: _json,
    Format.JSONL: _jsonl,
    Format.PARQUET: _parquet,
}
