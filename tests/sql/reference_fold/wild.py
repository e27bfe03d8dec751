"""Rows wilder than any server's: nearly any values, in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from faxstore.observations import Details, Hangup, Observation, Record
from tests.kit.given import life, moment, snapshot
from tests.sql.reference_fold.histories import RATES, History, Recorded, in_batches, parties
from tests.sql.reference_fold.observers import UPTIME
from tests.sql.reference_fold.true_fax import BY_SESSION


def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Draws one of these, most often the first."""
    return st.sampled_from((values[0],) * 4 + tuple(values))


@st.composite
def wild_rows(draw: st.DrawFn, operation: str, completion: str, technology: str) -> Recorded:
    """A row of a session with nearly any values."""
    event = draw(
        st.sampled_from(
            ("FAXSession",) * 8
            + ("FAXSessionsEntry", "Gone", "FAXStatus", "VarSet", "VarSet")
            + ("VarSet", completion, "Newexten", "Status")
        )
    )
    collector = draw(st.sampled_from(("one", "one", "two", "three")))
    number = draw(st.sampled_from((0, 0, 0, 1, 1, None)))
    if number is None and event in {"FAXSession", "FAXSessionsEntry", "Gone"}:
        number = 0
    row = Observation(life(), moment(draw(st.integers(0, 300)) / 4), event, number, f"X{number}", f"id {number}")
    if event == "VarSet":
        name = draw(
            st.sampled_from(
                ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING", "REMOTESTATIONID", "LOCALSTATIONID", "FAXMODE")
            )
        )
        values = (
            "",
            "",
            "SUCCESS",
            "FAILED",
            "NATIVE_T38",
            "INIT_ERROR",
            "HANGUP",
            "error starting fax session",
            "DIALFAIL",
        )
        value = draw(
            st.sampled_from((*values, "remote channel hungup", "Channel Problems", "\\'dropped\\' prematurely"))
        )
        return collector, replace(row, details={"Variable": name, "Value": value})
    if event in {"FAXSession", "FAXSessionsEntry"}:
        counts = {
            "page_number": maybe((1,) * 9 + (2,) * 9 + (3,) * 6 + (None, 0, -1, 70, 2**31 - 1, -(2**31))),
            "pages_received": maybe((0, 1, 1, 2, 5, None, -1, 2**31 - 1, -(2**31))),
            "pages_transmitted": maybe((0, 1, 2, None)),
            "total_bad_lines": maybe((5, 0, 3, 60, 150, 300, None, -4, 2**31 - 1, -(2**31))),
            "data_rate": maybe((*RATES, 0, None, -9600, 33600, 33601, 2**31 - 1)),
            "error_correction_mode": maybe((False, True, None)),
            "session_type": maybe(("G.711", "T.38", "none", None)),
            "state": maybe(("Active", "Open", "Complete", None)),
            "operation": maybe((operation, None, "none")),
            "file_name": maybe(("/fax/1.tif", "/fax/0.tif", None)),
        }
        x_resolution, y_resolution = draw(maybe(((8031, 3850), (8031, 7700), (8031, 15400), (0, 0), (None, None))))
        row = replace(row, technology=technology, x_resolution=x_resolution, y_resolution=y_resolution)
        return collector, replace(row, **draw(st.fixed_dictionaries(counts)))
    details = draw(parties()) if event != "Gone" else {}
    if event == completion:
        column = "pages_received" if completion == "ReceiveFAX" else "pages_transmitted"
        operation = "receive" if completion == "ReceiveFAX" else "send"
        ends: dict[str, Any] = {"operation": operation, "x_resolution": 8031, "y_resolution": 3850}
        pages = draw(st.sampled_from((0, 1, 2, 3, None, 40)))
        rate = draw(st.sampled_from((9600, 0, None, 14400)))
        carried = (
            "FAXSTATUS=",
            "FAXSTATUS=FAILED",
            "FAXSTATUS=DIALFAIL",
            "FAXERROR=NATIVE_T38",
            "FAXERROR=",
            "OTHER=1",
        )
        recorded = draw(st.sampled_from((None, *carried, [carried[1], carried[3]], [carried[2], carried[3]])))
        variables: Details = {"ChanVariable": recorded} if recorded else {}
        return collector, replace(row, details=details | variables, data_rate=rate, **ends | {column: pages})
    if event in {"FAXStatus", "Newexten"}:
        operation = "receive" if completion == "ReceiveFAX" else "send"
        begins: Details = {"Application": completion} if event == "Newexten" else {"Status": "Allocating Resources"}
        return collector, replace(row, operation=operation, details=details | begins)
    return collector, replace(row, details=details | ({"DNID": "5550177"} if event == "Status" else {}))


def first_seen(rows: list[Recorded]) -> list[Record]:
    """A snapshot for each session that has a number but no snapshot: only a list assigns numbers."""
    recorded = [row for _, row in rows if isinstance(row, Observation) and row.session_number is not None]
    listed = {row.session_number for row in recorded if row.event.startswith("FAXSession")}
    numbers = [number for number in (0, 1) if number in {row.session_number for row in recorded} - listed]
    return [snapshot(31 + number / 8, number, channel=f"X{number}") for number in numbers]


@st.composite
def wild_histories(draw: st.DrawFn) -> History:
    """Rows of two sessions in any order, from up to three observers; sometimes the server's next life."""
    operation = draw(st.sampled_from(("receive", "receive", "receive", "send", "gateway", "V.21")))
    technology = draw(st.sampled_from(("Spandsp", "Spandsp", BY_SESSION)))
    completion = "SendFAX" if operation == "send" else "ReceiveFAX"
    rows = draw(st.lists(wild_rows(operation, completion, technology), min_size=1, max_size=30))
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    batches = [("one", tuple(first_seen(rows))), *in_batches(rows, rng)]
    batches += [(collector, (Hangup(life(), moment(99), "XNone", "id None"),)) for collector in ("one", "two", "three")]
    if draw(st.integers(0, 3)) == 3:
        reloaded = draw(st.sampled_from((None, moment(50))))
        next_life = life(started=-UPTIME, reloaded_at=reloaded) if reloaded else life(started=draw(st.integers(10, 90)))
        batches.append(("one", (snapshot(200, 7, of=next_life),)))
    return History(tuple(batches))
