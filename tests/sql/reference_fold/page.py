"""The rows of fax.session_pages for one session."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.row import RESOLUTIONS, Seen, first, last, said, seconds_between

MOST_LISTED = 10_000
PAGE_LENGTH = Decimal("0.297")
"""The height of an A4 page, in metres."""


def pages(fax: Session) -> list[dict[str, Any]]:
    """One row per page of the fax, including pages that no poll saw."""
    return [page(fax, number) for number in range(1, min(fax.pages or 0, MOST_LISTED) + 1)]


def page(fax: Session, number: int) -> dict[str, Any]:
    """One row of fax.session_pages."""
    seen = fax.pages_seen.get(number)
    snapshots = seen.snapshots if seen else []
    started, ended = page_start(number, snapshots), fax.page_end(number)
    bad_lines = seen.bad_lines if seen and fax.measurable else None
    y_resolution = last(said(snapshots, lambda row: row.y_resolution))
    return {
        "session_id": fax.named["session_id"],
        "server": fax.named["server"],
        "started_at": fax.named["started_at"],
        "page": number,
        "page_started_at": started,
        "page_ended_at": ended,
        # With two observers' clocks the end may be before the start.
        "seconds": seconds_between(started, ended) if started and ended and started <= ended else None,
        "attempts": len(seen.attempts) if seen else None,
        "bad_lines": bad_lines,
        "bad_lines_discarded": seen.discarded if seen and fax.measurable else None,
        "data_rate": last(said(snapshots, lambda row: row.rate)),
        "resolution": RESOLUTIONS.get(y_resolution or 0),
        **quality(bad_lines, y_resolution),
        "poll_gap_seconds": fax.poll_gap(number),
    }


def page_start(number: int, snapshots: list[Seen]) -> datetime | None:
    """The first snapshot in which the page is current; page 1 is current at once but begins with negotiation."""
    return first([row.at for row in snapshots if row.measured or number > 1])


def quality(bad_lines: int | None, y_resolution: int | None) -> dict[str, Any]:
    """The quality class by the share of bad lines in an A4 page: under 5 %, and under 15 %."""
    lines = PAGE_LENGTH * y_resolution if y_resolution and y_resolution > 0 else None
    if bad_lines is None or lines is None:
        return {"lines_estimated": lines and round(lines), "bad_line_ratio_estimated": None, "quality": None}
    return {
        "lines_estimated": round(lines),
        "bad_line_ratio_estimated": (bad_lines / lines).quantize(Decimal("0.0001"), ROUND_HALF_UP),
        "quality": "good" if bad_lines < lines * 5 / 100 else "poor" if bad_lines < lines * 15 / 100 else "bad",
    }
