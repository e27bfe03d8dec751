"""The course of one fax on a time axis: its pages, its rates and its bad lines, one row of characters each.

Pages and rates are lines that begin with a label where a page began or the rate changed:

    pages      1━━━━━━━━━━━━━2━━━━━━━━━━━━━━━━
    bit/s        9600━━━━━━━━4800━━━━━━━━━━━━━
    bad lines             ▂█▁
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

from faxstore.report.bars import sparkline
from faxstore.report.formats import Row

_TITLE = len("bad lines") + 2
_LEAST = 40
"""The fewest cells that an axis is worth."""

Step = tuple[datetime, str]
"""When something began, and its label."""


class Axis:
    """A span of time on a number of cells."""

    def __init__(self, since: datetime, until: datetime, cells: int) -> None:
        self.since, self.until, self.cells = since, until, cells

    def cell(self, moment: datetime) -> int:
        """Return the cell of a moment; the first or the last one for a moment outside of the axis."""
        share = (moment - self.since) / (self.until - self.since)
        return min(max(int(share * self.cells), 0), self.cells - 1)

    def labels(self) -> str:
        """Return the times of day at its beginning, middle and end."""
        middle = self.since + (self.until - self.since) / 2
        first, half, last = (f"{moment.astimezone(UTC):%H:%M:%S}" for moment in (self.since, middle, self.until))
        return f"{first}{half:^{self.cells - 2 * len(first)}}{last}"

    def line(self, steps: Iterable[Step], until: datetime) -> str:
        """Return a line from the first step to a moment.  Of steps without room for their labels there is no label."""
        places = [(self.cell(moment), label) for moment, label in steps]
        if not places:
            return ""
        begin, end = places[0][0], self.cell(until) + 1
        cells = [" "] * begin + ["━"] * (end - begin)
        free = 0
        for (place, label), (following, _) in pairwise([*places, (self.cells, "")]):
            if free <= place < following and place + len(label) <= end:
                cells[place : place + len(label)] = label
                free = place + len(label) + 1
        return "".join(cells)


def course(session: Row, pages: Iterable[Row], timeline: Iterable[Row], width: int) -> Iterator[str]:
    """Yield the lines of the course of a session, at most `width` cells wide; none of a session without a duration.

    `pages` and `timeline` are its rows of fax.session_pages and fax.session_timeline.
    """
    changes = _Changes()
    changes.read(timeline)
    until = session["ended_at"] or changes.last_at
    cells = width - _TITLE
    if until is None or until <= session["started_at"] or cells < _LEAST:
        return
    axis = Axis(session["started_at"], until, cells)
    began = [(row["page_started_at"], str(row["page"])) for row in pages if row["page_started_at"] is not None]
    rows = {
        "pages": axis.line(began, until),
        "bit/s": axis.line(changes.rates, until),
        "bad lines": changes.bad_lines_on(axis),
    }
    if any(rows.values()):
        yield f"{'course':{_TITLE}}{axis.labels()}"
        yield from (f"{title:{_TITLE}}{row}".rstrip() for title, row in rows.items() if row)


class _Changes:
    """What the axis shows of a timeline, which may be long: the rates, and the moments of bad lines."""

    def __init__(self) -> None:
        self.rates: list[Step] = []
        self.last_at: datetime | None = None
        self._bad_lines: list[tuple[datetime, int]] = []

    def read(self, timeline: Iterable[Row]) -> None:
        for row in timeline:
            self.last_at = row["observed_at"]
            rate = row["data_rate"]
            if rate is not None and (not self.rates or self.rates[-1][1] != str(rate)):
                self.rates.append((row["observed_at"], str(rate)))
            if (row["bad_lines_delta"] or 0) > 0:
                self._bad_lines.append((row["observed_at"], row["bad_lines_delta"]))

    def bad_lines_on(self, axis: Axis) -> str:
        """Return a sparkline of the bad lines that were observed within each cell."""
        cells: list[int | None] = [None] * axis.cells
        for moment, lines in self._bad_lines:
            place = axis.cell(moment)
            cells[place] = (cells[place] or 0) + lines
        return sparkline(cells, axis.cells).rstrip() if self._bad_lines else ""
