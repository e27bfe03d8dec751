"""Compares each session's totals with its rows, which the ledger has confirmed: pages, bad lines, result."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.trials.chaos.history import Differences, History, Row

_JUDGED = """
select session_id, pages, pages_observed, bad_lines, result, end_observed_by
from fax.sessions where session_number is not null
"""


def compare(connection: psycopg.Connection[Any], history: History, out: Differences) -> None:
    """Checks fax.sessions for every listed session, and the positions and batches as a whole."""
    cursor = connection.cursor(row_factory=dict_row)
    judged = history.fax_of.keys() - history.halves
    for session in cursor.execute(_JUDGED):
        if session["session_id"] not in judged:
            continue
        out.counts["folds"] += 1
        for name, expected in _expected(history.sessions[session["session_id"]]).items():
            if session[name] != expected:
                text = f"fax.sessions {session['session_id']}: {name} is {session[name]!r}, its rows say {expected!r}"
                out.add("wrong", text)
        if session["end_observed_by"] == "open":
            out.add("wrong", f"fax.sessions {session['session_id']} is still open")
    _positions(connection, out)


def _expected(rows: list[Row]) -> dict[str, Any]:
    details = [row for row in rows if row["event"] == "FAXSession" and row["operation"] in ("send", "receive")]
    completion = next((row for row in rows if row["event"] in ("SendFAX", "ReceiveFAX")), None)
    if not details:
        return {}
    highest = max(max(row["pages_transmitted"], row["pages_received"]) for row in details)
    found = None if completion is None else completion["pages_transmitted"] or completion["pages_received"] or 0
    pages = highest if found is None else found
    expected: dict[str, Any] = {"pages": pages, "pages_observed": highest, "result": _result(rows, completion)}
    agreed = [row for row in details if row["x_resolution"]]
    if agreed and agreed[-1]["operation"] == "receive" and not agreed[-1]["error_correction_mode"]:
        by_page: dict[int, int] = defaultdict(int)
        for row in agreed:
            if row["page_number"] <= pages:
                by_page[row["page_number"]] = max(by_page[row["page_number"]], row["total_bad_lines"])
        # Unknown if no poll, not even one before negotiation, showed an accepted page.
        known = not pages or any(row["page_number"] <= pages for row in details)
        expected["bad_lines"] = sum(by_page.values()) if known else None
    return expected


def _result(rows: list[Row], completion: Row | None) -> str:
    """The result according to the last complete write between the first listing and the completion.

    res_fax sets FAXSTATUSSTRING after FAXSTATUS.  If a connection was cut in between, FAXSTATUS alone proves nothing,
    because a dialplan may have set it.
    """
    listed = min(row["observed_at"] for row in rows if row["event"] in ("FAXSession", "FAXSessionsEntry"))
    variables = sorted((row for row in rows if row["event"] == "VarSet"), key=lambda row: row["observed_at"])
    until = max(row["observed_at"] for row in rows) if completion is None else completion["observed_at"]
    said = [row for row in variables if listed <= row["observed_at"] <= until]
    names = [row["details"]["Variable"] for row in said]
    known = {row["details"]["Variable"] for row in variables}
    last = "FAXSTATUSSTRING" if "FAXSTATUSSTRING" in known else "FAXSTATUS"
    begins = [place for place, name in enumerate(names) if name == "FAXSTATUS"]
    ends = [*begins, len(names)][1:]
    complete = [begin for begin, end in zip(begins, ends, strict=True) if last in names[begin:end]]
    value = said[complete[-1]]["details"]["Value"] if complete else ""
    return {"SUCCESS": "success", "FAILED": "failed"}.get(value, "unknown")


def _positions(connection: psycopg.Connection[Any], out: Differences) -> None:
    positions = connection.execute(
        "select count(*), min(position), max(position), count(distinct position) from fax.session_history"
    ).fetchone()
    assert positions is not None
    count, lowest, highest, distinct = positions
    out.counts["rows"] = count
    if (lowest, highest, distinct) != (1, count, count):
        out.add("wrong", f"positions go from {lowest} to {highest}, {distinct} of them, and there are {count} rows")
    last = 0
    for first, upto, rows in connection.execute(
        "select first_position, last_position, rows from fax.append_batches order by first_position"
    ):
        if first != last + 1 or upto - first + 1 != rows:
            out.add("wrong", f"the append batch {first} to {upto} ({rows} rows) comes after position {last}")
        last = upto
    if last != count:
        out.add("wrong", f"the append batches end at {last}, and there are {count} rows")
