"""The rows of fax.session_timeline for one session."""

from __future__ import annotations

from typing import Any

from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.row import RESOLUTIONS, Seen, seconds_between


def timeline(fax: Session) -> list[dict[str, Any]]:
    """One row per change, in order."""
    recorded: list[dict[str, Any]] = []
    before: Seen | None = None
    for row in fax.rows:
        if row.is_snapshot:
            changes = differences(before, row) if before else ["listed"]
        else:
            changes = ["event"] if is_told(row, fax) else []
        if changes:
            recorded.append(change(fax, row, before, changes, recorded[-1]["observed_at"] if recorded else None))
        if row.is_snapshot:
            before = row
    return recorded


def differences(before: Seen, row: Seen) -> list[str]:
    """The fields in which a snapshot differs from the previous one."""
    changed = {
        "state": before.state != row.state,
        "page_number": before.page_number != row.page_number,
        "pages": before.pages != row.pages,
        "bad_lines": before.bad_lines != row.bad_lines,
        "data_rate": before.rate != row.rate,
        "error_correction_mode": before.ecm != row.ecm,
        "resolution": before.y_resolution != row.y_resolution,
        "transport": before.session_type != row.session_type,
    }
    return [name for name, differs in changed.items() if differs]


def is_told(row: Seen, fax: Session) -> bool:
    """Whether a variable belongs in the timeline: only a status with a value, and only of this fax."""
    if row.event != "VarSet":
        return True
    in_time = not fax.snapshots or row.at > fax.snapshots[0].at
    return in_time and row.is_variable("FAXSTATUS") and bool(row.detail("Value"))


def change(fax: Session, row: Seen, before: Seen | None, changes: list[str], changed_at: Any) -> dict[str, Any]:
    """One row of fax.session_timeline."""
    return {
        "session_id": fax.named["session_id"],
        "started_at": fax.named["started_at"],
        "observed_at": row.at,
        "seconds_since_change": seconds_between(changed_at, row.at) if changed_at else None,
        "event": row.event,
        "changes": changes,
        "note": note(row),
        "state": row.state,
        "page_number": row.page_number,
        "pages": row.pages,
        "pages_delta": difference(before.pages if before else None, row.pages),
        "bad_lines": row.bad_lines,
        "bad_lines_delta": difference(before.bad_lines if before else None, row.bad_lines),
        "data_rate": row.rate,
        "error_correction_mode": row.ecm,
        "resolution": RESOLUTIONS.get(row.y_resolution or 0),
        "transport": row.session_type,
        "collector_id": row.collector,
        "position": row.position,
    }


def difference(before: int | None, now: int | None) -> int | None:
    """How much a count rose."""
    return None if before is None or now is None else now - before


def note(row: Seen) -> str | None:
    """The note of an event."""
    pages = "unknown" if row.pages is None else row.pages
    uniqueid = row.details.get("Uniqueid")  # of the channel that replaced the one of the fax
    notes = {
        "SendFAX": f"completion event, pages {pages}",
        "ReceiveFAX": f"completion event, pages {pages}",
        "FAXStatus": row.details.get("Status"),
        "VarSet": f"FAXSTATUS={row.details.get('Value')}",
        "Gone": "no longer listed",
        "Newexten": f"{row.details.get('Application')} {'goes on' if uniqueid is not None else 'begins'}",
        "Hangup": "the channel hangs up, the fax goes on",
        "Status": "channel status",
        "DialBegin": "the channel is dialled",
    }
    text = notes.get(row.event)
    return f"{text}, Uniqueid {uniqueid}" if text and uniqueid and row.event != "DialBegin" else text
