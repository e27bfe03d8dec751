"""The row of fax.sessions for one session."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.sql.reference_fold.attempts import rate_falls
from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.row import RESOLUTIONS, first, last, said, seconds_between

PAUSE = Decimal("0.85")
"""Seconds that always pass between the last line of a page and the next page (T.30): a poll within them sees the
final count."""

DIRECTIONS = {"send": "sent", "receive": "received", "gateway": "gateway", "V.21": "detector"}

ClassOf = Callable[[str | None, str | None, str | None], str | None]
"""The class of a result, from FAXSTATUS, FAXERROR and FAXSTATUSSTRING."""


def session(fax: Session, class_of: ClassOf) -> dict[str, Any]:
    """The row of fax.sessions."""
    rates = said(fax.snapshots, lambda row: row.rate)
    x_resolution, y_resolution = fax.resolution()
    caller_number, called_number = fax.parties()
    status, error, text = (fax.variable(name) for name in ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"))
    known = fax.is_start_observed and fax.end.at
    duration = seconds_between(fax.named["started_at"], fax.end.at) if known and fax.end.at else None
    return {
        "session_id": fax.named["session_id"],
        "server": fax.named["server"],
        "epoch_id": fax.named["epoch_id"],
        "session_number": fax.named["session_number"],
        "operation": fax.operation,
        "direction": DIRECTIONS.get(fax.operation or ""),
        "channel": fax.named["channel"],
        "uniqueid": fax.uniqueid(),
        "linkedid": fax.call.get("Linkedid") or None,
        "account_code": fax.call.get("AccountCode") or None,
        "caller_number": caller_number,
        "called_number": called_number,
        "local_station_id": fax.station_id("LocalStationID"),
        "remote_station_id": fax.station_id("RemoteStationID"),
        "transport": last([kind for kind in said(fax.snapshots, lambda row: row.session_type) if kind != "none"]),
        "file_names": fax.file_names(),
        "started_at": fax.named["started_at"],
        "ended_at": fax.end.at,
        "duration_seconds": None if duration is None or duration < 0 else duration,
        "end_observed_by": fax.end.observed_by,
        "ended_not_before": fax.end.not_before,
        "ended_not_after": fax.end.not_after,
        "state": last(said(fax.snapshots, lambda row: row.state)),
        "pages": fax.pages,
        "pages_observed": fax.pages_observed,
        **bad_lines(fax),
        "error_correction_mode": fax.ecm,
        "first_data_rate": first(rates),
        "last_data_rate": last(rates) or (fax.completion.rate if fax.completion else None),
        "lowest_data_rate": min(rates, default=None),
        "rate_falls": rate_falls(fax.snapshots),
        "x_resolution": x_resolution,
        "y_resolution": y_resolution,
        "resolution": RESOLUTIONS.get(y_resolution or 0),
        "result": result_of(status, error),
        "result_class": class_of(status, error, text),
        "result_text": text or error,
        "result_error": error,
        "snapshots": len(fax.snapshots),
        "first_position": min(row.position for row in fax.rows),
        "last_position": max(row.position for row in fax.rows),
    }


def bad_lines(fax: Session) -> dict[str, Any]:
    """The totals of bad lines: unknown, not zero, if they cannot be measured."""
    names = ["bad_lines", "bad_lines_discarded", "worst_page_bad_lines", "poll_gap_seconds", "bad_lines_lower_bound"]
    if not fax.measurable:
        return dict.fromkeys(names) | {"bad_lines_measurable": False}
    kept = [page.bad_lines for page in fax.pages_kept.values()]
    counted = [lines for lines in kept if lines is not None]
    gaps = [fax.poll_gap(number) for number in fax.pages_kept]
    discarded = [page.discarded for page in fax.pages_kept.values() if page.discarded is not None]
    none = 0 if fax.pages == 0 else None
    return {
        "bad_lines": sum(counted) if counted else none,
        "bad_lines_discarded": None if fax.by_session else sum(discarded) if discarded else none,
        "bad_lines_measurable": True,
        "worst_page_bad_lines": max(counted, default=none),
        "poll_gap_seconds": max([gap for gap in gaps if gap is not None], default=None),
        "bad_lines_lower_bound": fax.pages
        if fax.pages is None
        else len(kept) < fax.pages or any(gap is None or gap > PAUSE for gap in gaps),
    }


def result_of(status: str | None, error: str | None) -> str:
    """Success or failure, if the wire reported it; a gateway that was not needed is a success."""
    if error == "NATIVE_T38":
        return "success"
    return {"SUCCESS": "success", "FAILED": "failed"}.get(status or "", "unknown")
