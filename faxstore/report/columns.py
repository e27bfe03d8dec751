"""The columns of a table, and the text of their cells.

Text from the wire cannot control a terminal (faxstore/visible.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto
from operator import itemgetter
from typing import Any, NamedTuple

from faxstore.report.formats import Row
from faxstore.visible import visible


class Long(Enum):
    """What happens to a text that is wider than its column on a terminal.  Elsewhere every text is whole."""

    WHOLE = auto()
    """It stays whole, and the cells to its right move: for figures, results, numbers and names."""
    CUT_END = auto()
    """Its end is replaced by an ellipsis."""
    CUT_START = auto()
    """Its beginning is replaced by an ellipsis: for file names, whose ends differ."""
    WRAP = auto()
    """It continues on further lines; only for the last column."""


class Column(NamedTuple):
    """A column of a table: its title, and the value it shows of a row."""

    title: str
    value: Callable[[Row], Any]
    names: tuple[str, ...] = ()
    """The names of the fields of the row that the value depends on."""
    rank: int = 0
    """A narrow terminal hides columns of high rank first, and of equal rank the rightmost first."""
    least: int = 0
    """The width of the longest value if the possible values are known; rows that come later may have it."""
    long: Long = Long.WHOLE


def fields(*names: str | tuple[str, str]) -> tuple[Column, ...]:
    """Columns that show the fields of these names; a pair is a title and a name."""
    pairs = ((name.replace("_", " "), name) if isinstance(name, str) else name for name in names)
    return tuple(Column(title, itemgetter(name), (name,)) for title, name in pairs)


def last_text(title: str, name: str | None = None) -> Column:
    """The last column of a table, with texts that continue on further lines; `name` is that of its field."""
    return Column(title, itemgetter(name or title), (name or title,), long=Long.WRAP)


def cells_of(row: Row, columns: Sequence[Column]) -> list[str]:
    """The texts of a row."""
    return [cell_text(column.value(row)) for column in columns]


def cell_text(value: Any) -> str:
    """A value as the text of a cell: empty for NULL, decimals to one place, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Decimal):
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(item) for item in value)
    return visible(str(value))


def percent(ratio: Decimal | None) -> str:
    """A ratio as percents with two decimals; empty for NULL."""
    return "" if ratio is None else f"{ratio * 100:.2f} %"


def is_number(value: Any) -> bool:
    """Whether a value is a figure, or unknown: columns of figures are aligned at the right."""
    return value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool))
