"""Rows as a table on a terminal.  Text from the wire is escaped and cannot steer it (faxstore/visible.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faxstore.report.formats import Row
from faxstore.visible import visible

_PIPE_WIDTH = 160
"""Width in characters if the output is not a terminal."""


class Column(NamedTuple):
    """A column of a table: its title, and the value it shows of a row."""

    title: str
    value: Callable[[Row], Any]


def fields(*names: str | tuple[str, str]) -> tuple[Column, ...]:
    """Columns that show the fields of these names; a pair is a title and a name."""
    pairs = ((name.replace("_", " "), name) if isinstance(name, str) else name for name in names)
    return tuple(Column(title, itemgetter(name)) for title, name in pairs)


def table(rows: Iterable[Row], columns: Sequence[Column]) -> Table:
    """A table of rows.  Only the last column wraps on a narrow terminal."""
    cells = [[column.value(row) for column in columns] for row in rows]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | Decimal | None) for row in cells)
        grid.add_column(
            column.title, justify="right" if numbers else "left", no_wrap=place < len(columns) - 1, overflow="fold"
        )
    for row in cells:
        grid.add_row(*(Text(cell_text(value)) for value in row))
    return grid


def console(out: TextIO) -> Console:
    """A rich console that writes to a stream."""
    return Console(file=out, width=None if out.isatty() else _PIPE_WIDTH, highlight=False)


def cell_text(value: Any) -> str:
    """A value as the text of a cell: empty for NULL, decimals to one place, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(item) for item in value)
    return visible(str(value))
