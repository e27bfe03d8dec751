"""Jobs, computed in Python from the rows of fax.sessions: the definition once more, one attempt after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tests.kit.given import Row

Key = tuple[Any, ...]


def jobs(sessions: Iterable[Row], hours: float) -> dict[Any, Row]:
    """Return the row of each job by job_id, from the rows of fax.sessions."""
    chains: dict[Key, list[list[Row]]] = defaultdict(list)
    attempts = [row for row in sessions if row["direction"] not in ("gateway", "detector")]
    for attempt in sorted(attempts, key=lambda row: (row["started_at"], row["session_number"], row["session_id"])):
        chain = chains[key(attempt)]
        if not chain or not follows(attempt, chain[-1][-1], hours):
            chain.append([])
        chain[-1].append(attempt)
    rows = [job(tries, hours) for chain in chains.values() for tries in chain]
    return {row["job_id"]: row for row in rows}


def key(attempt: Row) -> Key:
    """What attempts at one fax have in common; its own id if nothing identifies the fax."""
    names = frozenset(attempt["file_names"] or ())
    common = (attempt["server"], attempt["account_code"], attempt["direction"], attempt["called_number"])
    if attempt["direction"] == "sent" and (attempt["called_number"] or names):
        return (*common, names)
    if attempt["direction"] == "received" and any(letter.isdigit() for letter in attempt["caller_number"] or ""):
        return (*common, attempt["caller_number"])
    return (attempt["session_id"],)


def follows(attempt: Row, before: Row, hours: float) -> bool:
    """Whether an attempt belongs to the job of the one before it with the same key."""
    pause: timedelta = attempt["started_at"] - before["started_at"]
    return (
        pause <= timedelta(hours=hours) and may_be_followed(before) and (names_fax(attempt) or ended(before, attempt))
    )


def names_fax(attempt: Row) -> bool:
    """Whether number and files are known, so that no other fax has the same key."""
    return attempt["direction"] == "sent" and None not in (attempt["called_number"], attempt["file_names"])


def ended(before: Row, attempt: Row) -> bool:
    """Whether an attempt may have ended when another one started."""
    return before["ended_not_before"] is not None and bool(before["ended_not_before"] <= attempt["started_at"])


def may_be_followed(attempt: Row) -> bool:
    """Whether another attempt can be at the same fax."""
    return attempt["result"] in (("failed",) if attempt["direction"] == "received" else ("failed", "unknown"))


def job(tries: list[Row], hours: float) -> Row:
    """The row of a job from its attempts."""
    first, last = tries[0], tries[-1]
    results = {attempt["result"] for attempt in tries}
    seconds = [attempt["duration_seconds"] for attempt in tries if attempt["duration_seconds"] is not None]
    pages = [attempt["pages"] for attempt in tries if attempt["pages"] is not None]
    ends = [attempt["ended_at"] for attempt in tries]
    same = ("server", "account_code", "direction", "caller_number", "called_number", "remote_station_id", "transport")
    identified = key(last) != (last["session_id"],)
    return {name: last[name] for name in (*same, "result", "result_class", "result_text")} | {
        "job_id": first["session_id"],
        "source": "observed",
        "file_names": sorted(set(last["file_names"] or ())) or None,
        "first_attempt_at": first["started_at"],
        "last_attempt_at": last["started_at"],
        "ended_at": None if None in ends else max(ends),
        "in_progress": None in ends,
        "joinable_until": last["started_at"] + timedelta(hours=hours) if identified and may_be_followed(last) else None,
        "attempts": len(tries),
        "succeeded": True if "success" in results else None if "unknown" in results else False,
        "pages": last["pages"] if last["result"] == "success" else max(pages, default=None),
        "seconds": sum(seconds) if seconds else None,
        "attempts_without_seconds": len(tries) - len(seconds),
        "last_session_id": last["session_id"],
        "session_ids": [attempt["session_id"] for attempt in tries],
    }
