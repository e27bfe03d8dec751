"""What fax.session_pages says of one session."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.row import RESOLUTIONS, Seen, first, last, said, seconds_between

MOST_LISTED = 10_000
PAGE_LENGTH = Decimal("0.297")
"""Of A4, in metres."""


def pages(fax: Session) -> list[dict[str, Any]]:
    """As many rows as the fax has pages, those too that no poll saw."""
    return [page(fax, number) for number in range(1, min(fax.pages or 0, MOST_LISTED) + 1)]


def page(fax: Session, number: int) -> dict[str, Any]:
    """One row of fax.session_pages."""
    told = fax.pages_seen.get(number)
    snapshots = told.snapshots if told else []
    started, ended = page_start(number, snapshots), fax.page_end(number)
    bad_lines = told.bad_lines if told and fax.measurable else None
    y_resolution = last(said(snapshots, lambda row: row.y_resolution))
    return {
        "session_id": fax.named["session_id"],
        "server": fax.named["server"],
        "started_at": fax.named["started_at"],
        "page": number,
        "page_started_at": started,
        "page_ended_at": ended,
        # Of two observers' clocks one may put the end before the beginning.
        "seconds": seconds_between(started, ended) if started and ended and started <= ended else None,
        "attempts": len(told.attempts) if told else None,
        "bad_lines": bad_lines,
        "bad_lines_discarded": told.discarded if told and fax.measurable else None,
        "data_rate": last(said(snapshots, lambda row: row.rate)),
        "resolution": RESOLUTIONS.get(y_resolution or 0),
        **quality(bad_lines, y_resolution),
        "poll_gap_seconds": fax.poll_gap(number),
    }


def page_start(number: int, snapshots: list[Seen]) -> datetime | None:
    """The first snapshot with the page in hand; page 1 is in hand from the start, but begins with the agreement."""
    return first([row.at for row in snapshots if row.measured or number > 1])


def quality(bad_lines: int | None, y_resolution: int | None) -> dict[str, Any]:
    """By the share of bad lines, under 5 % and under 15 %, of the lines of an A4 page."""
    lines = PAGE_LENGTH * y_resolution if y_resolution and y_resolution > 0 else None
    if bad_lines is None or lines is None:
        return {"lines_estimated": lines and round(lines), "bad_line_ratio_estimated": None, "quality": None}
    return {
        "lines_estimated": round(lines),
        "bad_line_ratio_estimated": (bad_lines / lines).quantize(Decimal("0.0001"), ROUND_HALF_UP),
        "quality": "good" if bad_lines < lines * 5 / 100 else "poor" if bad_lines < lines * 15 / 100 else "bad",
    }
