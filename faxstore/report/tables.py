"""Rows as a table for people; text of the wire cannot steer their terminal (faxstore/visible.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faxstore.report.formats import Row
from faxstore.visible import visible

_WIDE = 160
"""Columns where the output is no terminal."""


class Column(NamedTuple):
    """A column of a table: its title, and what of a row stands in it."""

    title: str
    value: Callable[[Row], Any]


def named(title: str, name: str) -> Column:
    """A column that shows one field."""
    return Column(title, lambda row: row[name])


def table(rows: Iterable[Row], columns: Sequence[Column]) -> Table:
    """A table of these rows; only its last column gives way where the terminal is narrow."""
    cells = [[column.value(row) for column in columns] for row in rows]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | Decimal | None) for row in cells)
        grid.add_column(
            column.title, justify="right" if numbers else "left", no_wrap=place < len(columns) - 1, overflow="fold"
        )
    for row in cells:
        grid.add_row(*(Text(shown(value)) for value in row))
    return grid


def console(out: TextIO) -> Console:
    """A console on a stream."""
    return Console(file=out, width=None if out.isatty() else _WIDE, highlight=False)


def shown(value: Any) -> str:
    """A value as a cell: nothing where it is not known, seconds to the tenth, moments in UTC."""
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
