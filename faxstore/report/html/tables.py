"""The tables of a document: the texts of their cells, and which columns are figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from faxstore.report.columns import Column, cell_text, is_number
from faxstore.report.formats import Row

SAMPLE = 100
"""The number of rows that decide which columns are figures."""


@dataclass(frozen=True)
class Table:
    """A table whose rows may be read once."""

    titles: Sequence[str]
    numeric: Sequence[bool]
    """Whether each column has figures, which are aligned at the right."""
    rows: Iterable[Sequence[str]]
    is_empty: bool


def table(rows: Iterable[Row], columns: Sequence[Column]) -> Table:
    """A table of rows, of which only the first ones are read at once."""
    rest = iter(rows)
    sample = list(islice(rest, SAMPLE))
    numeric = [all(_is_figure(column.value(row)) for row in sample) for column in columns]
    return Table([column.title for column in columns], numeric, _texts(chain(sample, rest), columns), not sample)


def _texts(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[Sequence[str]]:
    for row in rows:
        yield [figure_text(column.value(row)) for column in columns]


def _is_figure(value: Any) -> bool:
    return is_number(value) or (isinstance(value, str) and value.strip()[-2:] in ("", " %"))


def figure_text(value: Any) -> str:
    """A value as the text of a cell, with separators between thousands."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return cell_text(value).strip()
