"""Which columns of a table fit the width of a terminal, and the lines of its rows.

The widths come from a sample, the first rows, because a table is printed while its rows arrive.  A later value may be
wider.  A figure is never cut: it moves the cells to its right, and the next cell with enough room is in its place
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from faxstore.report.columns import Column, Long, cells_of, is_number
from faxstore.report.formats import Row

GAP = "  "
_ELLIPSIS = "…"
_SHORTEST = 12
"""The least width of a column whose texts may be cut or wrapped, unless its texts are narrower."""


@dataclass(frozen=True)
class Layout:
    """The columns that are shown, from left to right, with their widths in cells."""

    columns: Sequence[Column]
    widths: Sequence[int]
    right: Sequence[bool]
    """Whether each column is aligned at the right."""
    hidden: Sequence[str]
    """The titles of the columns for which a terminal has no room."""
    is_limited: bool
    """Whether texts may be cut or wrapped: on a terminal."""

    @property
    def width(self) -> int:
        """The width of a row, in cells."""
        return sum(self.widths) + len(GAP) * (len(self.widths) - 1)

    @property
    def titles(self) -> str:
        """The line with the titles of the columns."""
        aligned = zip(self.columns, self.widths, self.right, strict=True)
        titles = (column.title.rjust(width) if right else column.title.ljust(width) for column, width, right in aligned)
        return GAP.join(titles).rstrip()

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        """The lines of rows, without line ends."""
        aligned = zip(self.widths, self.right, strict=True)
        pattern = GAP.join(f"{{:{'>' if right else '<'}{width}}}" for width, right in aligned)
        width = self.width
        for row in rows:
            cells = cells_of(row, self.columns)
            line = pattern.format(*cells)
            if not line.isascii():
                yield from self._placed(cells, cell_len)
            elif len(line) > width:
                yield from self._placed(cells, len)
            else:
                yield line.rstrip()

    def _placed(self, cells: Sequence[str], size: Callable[[str], int]) -> Iterator[str]:
        """The lines of a row with wide characters, or with cells that are wider than their columns."""
        line, at, start = "", 0, 0
        more: Sequence[str] = ()
        for cell, column, width, right in zip(cells, self.columns, self.widths, self.right, strict=True):
            length = size(cell)
            if self.is_limited and column.long is not Long.WHOLE and (length > width or _ELLIPSIS in cell):
                cell, *more = _shortened(cell, column.long, width)
                length = cell_len(cell)
            end = start + width
            begin = max(end - length if right else start, at)
            line += " " * (begin - at) + cell + GAP
            at = begin + length + len(GAP)
            start = end + len(GAP)
        yield line.rstrip()
        yield from (" " * (start - len(GAP) - width) + each for each in more)


def _shortened(cell: str, long: Long, width: int) -> Sequence[str]:
    if long is Long.WRAP:
        return wrapped(cell, width)
    escaped = cell.replace(_ELLIPSIS, r"\u2026")  # so that an ellipsis always means a longer text
    return [cut(escaped, width, keep_end=long is Long.CUT_START)]


def layout(columns: Sequence[Column], sample: Sequence[Row], width: int | None) -> Layout:
    """The layout for a terminal of this width, or for a file or pipe (None), which has room for every column."""
    natural = [_natural(column, sample) for column in columns]
    right = [all(is_number(column.value(row)) for row in sample) for column in columns]
    if width is None:
        return Layout(columns, natural, right, (), is_limited=False)
    least = [_least(column, wanted) for column, wanted in zip(columns, natural, strict=True)]
    shown = _shown(columns, least, width)
    widths = _widened(shown, columns, least, natural, width)
    hidden = [column.title for place, column in enumerate(columns) if place not in shown]
    return Layout([columns[n] for n in shown], widths, [right[n] for n in shown], hidden, is_limited=True)


def _natural(column: Column, sample: Sequence[Row]) -> int:
    """The width of the widest text of a column in the sample, its title, or its longest possible value."""
    texts = (cells_of(row, (column,))[0] for row in sample)
    return max(column.least, cell_len(column.title), *map(cell_len, texts), 0)


def _least(column: Column, natural: int) -> int:
    return natural if column.long is Long.WHOLE else min(natural, max(cell_len(column.title), _SHORTEST))


def _shown(columns: Sequence[Column], least: Sequence[int], width: int) -> list[int]:
    """The places of the columns that fit, in their order; at least one."""
    shown: list[int] = []
    left = width + len(GAP)
    for place in sorted(range(len(columns)), key=lambda place: columns[place].rank):
        needed = least[place] + len(GAP)
        if needed <= left or not shown:
            shown.append(place)
            left -= needed
    return sorted(shown)


def _widened(
    shown: Sequence[int], columns: Sequence[Column], least: Sequence[int], natural: Sequence[int], width: int
) -> list[int]:
    """The widths of the shown columns: what is left of the terminal's width goes to texts, the rest to the last one."""
    widths = {place: least[place] for place in shown}
    left = max(width - sum(widths.values()) - len(GAP) * (len(shown) - 1), 0)
    for place in sorted(shown, key=lambda place: columns[place].rank):
        more = min(natural[place] - least[place], left)
        widths[place] += more
        left -= more
    if shown and columns[shown[-1]].long is not Long.WHOLE:
        widths[shown[-1]] += left
    return list(widths.values())


def cut(text: str, width: int, *, keep_end: bool) -> str:
    """The text in at most `width` cells; what is removed from its end, or else its beginning, becomes an ellipsis."""
    if cell_len(text) <= width:
        return text
    kept, cells = 0, 1
    for char in reversed(text) if keep_end else text:
        cells += cell_len(char)
        if cells > width:
            break
        kept += 1
    while keep_end and kept and not cell_len(text[-kept]):
        kept -= 1  # a combining mark without its letter
    return _ELLIPSIS + text[len(text) - kept :] if keep_end else text[:kept] + _ELLIPSIS


def wrapped(text: str, width: int, separator: str = " ") -> list[str]:
    """The text in lines of at most `width` cells, broken at separators; a longer part stays whole."""
    lines: list[str] = []
    for part in text.split(separator):
        if lines and cell_len(lines[-1]) + len(separator) + cell_len(part) <= width:
            lines[-1] += separator + part
        else:
            lines.append(part)
    return lines
