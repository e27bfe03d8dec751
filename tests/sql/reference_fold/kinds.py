"""The kinds of sessions in a history, so that a test notices if a generator never reaches one."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

from faxstore.observations import Observation, moment
from tests.sql.reference_fold.attempts import rate_falls, streams
from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.histories import History
from tests.sql.reference_fold.row import Row

COLUMNS = (
    *("event", "operation", "state", "session_type", "error_correction_mode", "data_rate", "x_resolution"),
    *("y_resolution", "page_number", "pages_transmitted", "pages_received", "total_bad_lines", "file_name", "details"),
)

ALWAYS = {
    "ended: completion",
    "ended: gone",
    "ended: server_restart",
    "ended: open",
    "never listed",
    "gone, refuted",
    "gone, and a completion event",
    "sender",
    "receiver with ECM",
    "receiver without ECM",
    "gateway",
    "gateway with ECM",
    "detector",
    "page sent again",
    "page sent again twice",
    "page that no poll saw",
    "two observers at once",
    "two observers at once, one saw more attempts",
    "one observer took over",
    "pages seen by both observers",
    "three counts of one session",
    "switch to T.38 after a page",
    "switch to T.38",
    "rate falls",
    "rate that is none",
    "entry without detail",
    "completion event with more pages",
    "completion event with fewer pages",
    "completion event without a count",
    "result in the completion event",
    "result in variables",
    "blank result",
    "blank before the first snapshot",
    "only its end observed",
    "result after a hangup",
    "replaced channel",
    "dialplan before the result",
    "dialplan after the result",
    "result without its error",
    "appended in another order",
    "repeated row",
}
"""Kinds that the true faxes must reach."""


def sessions(history: History) -> list[Session]:
    """The sessions of a history as the store would hold them."""
    rows: dict[Any, dict[int, Row]] = defaultdict(dict)
    lives: dict[Any, Row] = {}
    for position, (collector, record) in enumerate(history.rows, 1):
        if not isinstance(record, Observation):
            continue
        epoch = record.life.server, record.life.started_at, record.life.reloaded_at
        begins = [None if known is None else moment(known) for known in epoch[1:]]
        lives[epoch] = {
            "epoch_id": epoch,
            "server": record.life.server,
            "started_at": begins[0],
            "reloaded_at": begins[1],
            "first_seen_at": moment(record.life.first_seen),
            "reload_ordinal": int(record.life.reloaded_at is not None),
        }
        columns = {name: getattr(record, name) for name in COLUMNS}
        row = columns | {"position": position, "collector_id": collector, "observed_at": moment(record.observed_at)}
        name = epoch, record.session_number, None if record.session_number is not None else record.channel
        rows[name].setdefault(record.observed_at, row)
    technologies = {fax.number: fax.technology for fax in history.faxes}
    return [
        Session(
            {"server": epoch[0], "epoch_id": epoch, "session_number": number, "operation": None}
            | {"technology": technologies.get(number), "started_at": min(row["observed_at"] for row in of.values())},
            list(of.values()),
            list(lives.values()),
            {"Other": "session"},
        )
        for (epoch, number, _), of in rows.items()
    ]


def kinds(history: History) -> set[str]:
    """The kinds of its sessions."""
    found = {kind for fax in sessions(history) for kind, holds in kinds_of(fax).items() if holds}
    seen = [(collector, record) for collector, record in history.rows if isinstance(record, Observation)]
    keys = [(record.life, record.session_number, record.channel, record.observed_at) for _, record in seen]
    return found | ({"repeated row"} if len(set(keys)) < len(keys) else set())


def kinds_of(fax: Session) -> dict[str, bool]:
    """Each kind, and whether the session is of it."""
    attempts = [len(page.attempts) for page in fax.pages_kept.values()]
    watched = streams(fax.snapshots)
    gones = [row for row in fax.rows if row.event == "Gone"]
    of_end = fax.completion.pages if fax.completion else None
    by_t38 = [row for row in fax.snapshots if row.session_type == "T.38"]
    before = [row for row in fax.snapshots if by_t38 and row.at < by_t38[0].at]
    listed_at = fax.snapshots[0].at if fax.snapshots else None
    status = fax.variable("FAXSTATUS")
    carried = bool(fax.completion and fax.completion.details.get("ChanVariable"))
    observed = fax.pages_observed
    starts = {"Newexten", "FAXStatus", "Status"}
    shown = [row for row in fax.rows if row.event in starts or row.details.get("Value") == "INIT_ERROR"]
    others = [row for row in fax.rows if row.is_variable("FAXSTATUS") and ":" in row.details["Value"]]
    tellers = {page.snapshots[0].collector for page in fax.pages_seen.values()} if len(watched) > 1 else set()
    return {
        f"ended: {fax.end.observed_by}": True,
        "never listed": not fax.snapshots and fax.named["session_number"] is None,
        "gone, refuted": any(fax.is_refuted(row) for row in gones),
        "gone, and a completion event": bool(gones and fax.completion),
        "sender": fax.operation == "send",
        "receiver with ECM": fax.operation == "receive" and fax.ecm is True,
        "receiver without ECM": fax.measurable,
        "gateway": fax.operation == "gateway",
        "gateway with ECM": fax.operation == "gateway" and fax.ecm is True,
        "detector": fax.operation == "V.21",
        "page sent again": max(attempts, default=0) == 2,
        "page sent again twice": max(attempts, default=0) > 2,
        "page that no poll saw": len(attempts) < (fax.pages or 0),
        "two observers at once": len(watched) > 1,
        "two observers at once, one saw more attempts": len(watched) > 1 and max(attempts, default=0) > 1,
        "one observer took over": len(watched) == 1 and len({row.collector for row in fax.snapshots}) > 1,
        "three counts of one session": fax.by_session and len(attempts) > 2 and fax.measurable,
        "pages seen by both observers": len(tellers) > 1,
        "switch to T.38": bool(by_t38 and before),
        "switch to T.38 after a page": bool(by_t38 and any((row.pages or 0) > 0 for row in before)),
        "rate falls": (rate_falls(fax.snapshots) or 0) > 0,
        "rate that is none": any(row.measured and row.rate is None for row in fax.snapshots),
        "entry without detail": any(row.event == "FAXSessionsEntry" for row in fax.snapshots),
        "completion event with more pages": None not in (of_end, observed) and (of_end or 0) > (observed or 0),
        "completion event with fewer pages": None not in (of_end, observed) and (of_end or 0) < (observed or 0),
        "completion event without a count": fax.completion is not None and of_end is None,
        "result in the completion event": carried and status is not None,
        "result in variables": not carried and status is not None,
        "blank result": status is None and any(row.is_variable("FAXSTATUS") for row in fax.rows),
        "blank before the first snapshot": any(
            row.is_variable("FAXSTATUS") and listed_at is not None and row.at < listed_at for row in fax.rows
        ),
        "only its end observed": bool(fax.completion and not fax.snapshots and not shown),
        "result after a hangup": bool(fax.result and fax.result.values.get("FAXERROR") == "HANGUP"),
        "replaced channel": bool(fax.completion and "Uniqueid" in fax.completion.details),
        "dialplan before the result": any(fax.result is not None and row.at < fax.result.at for row in others),
        "dialplan after the result": any(fax.result is not None and row.at > fax.result.at for row in others),
        "result without its error": bool(fax.result and "FAXERROR" not in fax.result.values),
        "appended in another order": any(one.position > other.position for one, other in pairwise(fax.rows)),
    }
