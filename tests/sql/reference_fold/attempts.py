"""Which observer saw which page: the streams of a session, and its attempts to send each page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

from tests.sql.reference_fold.row import Seen

Stream = list[Seen]


@dataclass(frozen=True)
class Page:
    """A page as seen by the stream that saw most of it: its attempts, each with its snapshots."""

    attempts: list[list[Seen]]
    by_session: bool

    @property
    def snapshots(self) -> list[Seen]:
        """All snapshots of the page."""
        return [row for attempt in self.attempts for row in attempt]

    @property
    def bad_lines(self) -> int | None:
        """Bad lines of the accepted attempt: its last value."""
        return self.attempts[-1][-1].bad_lines

    @property
    def discarded(self) -> int | None:
        """Bad lines of the attempts that were sent again; None if none were reported, or are counted per session."""
        counts = [attempt[-1].bad_lines for attempt in self.attempts[:-1]]
        counted = [count for count in counts if count is not None]
        if self.by_session or (not counted and self.bad_lines is None):
            return None
        return sum(counted)


def streams(snapshots: list[Seen]) -> dict[str, Stream]:
    """One stream if observers took over from each other, else one stream per observer if any two watched at once."""
    own: dict[str, Stream] = defaultdict(list)
    for row in snapshots:
        own[row.collector].append(row)
    spans = sorted((rows[0].at, rows[-1].at) for rows in own.values())
    if any(end >= start for (_, end), (start, _) in pairwise(spans)):
        return dict(own)
    return {"": snapshots} if snapshots else {}


def pages_seen(snapshots: list[Seen], by_session: bool) -> dict[int, Page]:
    """The pages by number, from the snapshots of a session."""
    shown: dict[int, list[tuple[str, Page]]] = defaultdict(list)
    for name, stream in streams([row for row in snapshots if row.page_number is not None]).items():
        for number, rows in by_page(without_late(stream, by_session)).items():
            shown[number].append((name, Page([rows] if by_session else cut(rows), by_session)))
    return {number: min(pages, key=sort_key)[1] for number, pages in shown.items()}


def sort_key(shown: tuple[str, Page]) -> tuple[int, bool, int, str]:
    """Sorts the stream that saw most of a page first: attempts, then bad lines, then the stream's name."""
    name, page = shown
    return -len(page.attempts), page.bad_lines is None, -(page.bad_lines or 0), name


def without_late(stream: Stream, by_session: bool) -> Stream:
    """Drops rows of a page that their observer had already seen end, and makes all counts per page."""
    alone = [of_the_page_alone(row, stream) for row in stream] if by_session else stream
    highest: dict[str, int] = {}
    kept = []
    for row in alone:
        number = row.page_number or 0
        if number >= highest.get(row.collector, number):
            highest[row.collector] = number
            kept.append(row)
    return kept


def of_the_page_alone(row: Seen, stream: Stream) -> Seen:
    """The session's count minus what its observer saw on the earlier pages; never below zero."""
    if row.bad_lines is None:
        return row
    own = [other for other in stream if other.collector == row.collector and other.bad_lines is not None]
    before = [other.bad_lines or 0 for other in own if (other.page_number or 0) < (row.page_number or 0)]
    return replace(row, bad_lines=max(row.bad_lines - max((0, *before)), 0))


def by_page(stream: Stream) -> dict[int, list[Seen]]:
    """A stream's rows by current page."""
    pages: dict[int, list[Seen]] = defaultdict(list)
    for row in stream:
        pages[row.page_number or 0].append(row)
    return pages


def cut(rows: list[Seen]) -> list[list[Seen]]:
    """The attempts to send one page: a new one begins when the count falls."""
    attempts = [[rows[0]]]
    for before, row in pairwise(rows):
        if before.bad_lines is not None and row.bad_lines is not None and row.bad_lines < before.bad_lines:
            attempts.append([])
        attempts[-1].append(row)
    return attempts


def rate_falls(snapshots: list[Seen]) -> int | None:
    """How often the measured rate fell, according to the stream that saw the most falls; None if none measured it."""
    measured = [[row.rate for row in stream if row.rate is not None] for stream in streams(snapshots).values()]
    falls = [sum(after < before for before, after in pairwise(rates)) for rates in measured if rates]
    return max(falls, default=None)
