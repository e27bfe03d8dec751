"""Snapshots with invalid, unknown or very long headers, and with extreme numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from faxstore.capture.recording import Line
from tests.kit.damaged_recordings import (
    RECORDING,
    Originals,
    Row,
    imported,
    live_snapshot,
    recorded,
    rejected,
    rows,
    sessions,
    spliced,
    with_header,
    without,
)


def with_more(text: str, *lines: str) -> str:
    return text.removesuffix("\r\n") + "".join(f"{line}\r\n" for line in lines) + "\r\n"


@dataclass(frozen=True)
class OddSnapshot:
    """A change to a snapshot of the live session, the reason of its rejection, and the values of its row."""

    change: Callable[[str], str]
    reason: str | None
    columns: Row
    details: dict[str, Any]


MEGABYTE = "é" * 2**19
ODD_SNAPSHOTS = {
    "no number": OddSnapshot(
        lambda text: with_header(text, "DataRate", "fast"),
        "FAXSession: DataRate is invalid: kept as text",
        {"data_rate": None},
        {"DataRate": "fast"},
    ),
    "over 32 bits": OddSnapshot(
        lambda text: with_header(text, "TotalBadLines", "2147483648"),
        "FAXSession: TotalBadLines is invalid: kept as text",
        {"total_bad_lines": None},
        {"TotalBadLines": "2147483648"},
    ),
    "no resolution": OddSnapshot(
        lambda text: with_header(text, "ImageResolution", "fine"),
        "FAXSession: ImageResolution is invalid: kept as text",
        {"x_resolution": None, "y_resolution": None},
        {"ImageResolution": "fine"},
    ),
    "neither yes nor no": OddSnapshot(
        lambda text: with_header(text, "ErrorCorrectionMode", "perhaps"),
        "FAXSession: ErrorCorrectionMode is invalid: kept as text",
        {"error_correction_mode": None},
        {"ErrorCorrectionMode": "perhaps"},
    ),
    "an unknown header": OddSnapshot(
        lambda text: with_more(text, "Modem: V.34", "Modem: V.17"), None, {}, {"Modem": ["V.34", "V.17"]}
    ),
    "a header of a megabyte": OddSnapshot(
        lambda text: with_more(text, f"Long: {MEGABYTE}"), None, {}, {"Long": MEGABYTE}
    ),
    "a name of a megabyte": OddSnapshot(lambda text: with_more(text, f"{MEGABYTE}: 1"), None, {}, {MEGABYTE: "1"}),
    "an empty header": OddSnapshot(lambda text: with_more(text, "Modem: "), None, {}, {"Modem": ""}),
    "a repeated header": OddSnapshot(
        lambda text: with_more(text, "PageNumber: 77"), "FAXSession: .*PageNumber.*", {}, {"PageNumber": "77"}
    ),
    "a line without colon": OddSnapshot(lambda text: with_more(text, "Modem V.34"), "a line that is no header", {}, {}),
    "no blank line behind it": OddSnapshot(lambda text: text.removesuffix("\r\n"), None, {}, {}),
    "nothing behind it at all": OddSnapshot(lambda text: text.rstrip("\r\n"), None, {}, {}),
    "line feeds alone": OddSnapshot(lambda text: text.replace("\r\n", "\n"), None, {}, {}),
}


@pytest.mark.parametrize("kind", ODD_SNAPSHOTS)
def test_one_odd_snapshot(database: psycopg.Connection, originals: Originals, kind: str) -> None:
    odd, lines = ODD_SNAPSHOTS[kind], recorded()
    text = odd.change(live_snapshot(lines))
    lines = spliced(lines, text)
    imported(database, lines)

    assert sessions(database, "snapshots") == without(originals(RECORDING), "snapshots")
    found = rejected(database)
    assert [raw for _, raw in found] == ([text] if odd.reason else [])
    assert all(re.fullmatch(odd.reason or "", why) for why, _ in found)

    at = next(line.ts for line in lines if line.text == text)
    (row,) = rows(database, "select * from fax.session_history where observed_at = to_timestamp(%s)", at)
    (previous,) = rows(
        database,
        "select * from fax.session_history where session_id = %s and observed_at < %s and event = 'FAXSession'"
        " order by observed_at desc limit 1",
        row["session_id"],
        row["observed_at"],
    )
    same = ("operation", "state", "data_rate", "page_number", "total_bad_lines", "file_name", "y_resolution")
    assert {name: row[name] for name in same} == {name: previous[name] for name in same} | {
        name: value for name, value in odd.columns.items() if name in same
    }
    details = {name: value for name, value in (row["details"] or {}).items() if name != "ActionID"}
    assert details == odd.details


NEVER_LISTED = [("send", "Active"), ("teleport", "Dreaming"), ("", ""), ("V.21", "Active"), ("none", "Reserved")]


def test_sessions_that_were_never_listed(database: psycopg.Connection, originals: Originals) -> None:
    texts = [
        f"Event: FAXSession\r\nSessionNumber: {2**32 - 1 - at}\r\nOperation: {operation}\r\nState: {state}\r\n\r\n"
        for at, (operation, state) in enumerate(NEVER_LISTED)
    ]
    imported(database, spliced(recorded(), *texts))
    found = sessions(database)
    new = [row for row in found if (row["session_number"] or 0) > 2**31]
    assert [(row["operation"] or "", row["state"] or "") for row in new] == NEVER_LISTED
    assert {(row["channel"], row["pages"], row["result"], row["snapshots"]) for row in new} == {
        (None, None, "unknown", 1)
    }
    assert [row for row in found if row not in new] == originals(RECORDING)
    assert rejected(database) == []


EXTREMES = [-(2**31), -(2**31) + 1, -14400, -1, 2**31 - 1]
USUAL = {
    "State": "Active",
    "ErrorCorrectionMode": "No",
    "DataRate": 9600,
    "ImageResolution": "8031x3850",
    "PageNumber": 2,
    "PagesTransmitted": 1,
    "PagesReceived": 1,
    "TotalBadLines": 3,
}


@pytest.mark.parametrize("header", ["DataRate", "PageNumber", "PagesTransmitted", "PagesReceived", "TotalBadLines"])
def test_extreme_numbers_do_not_break_the_views(database: psycopg.Connection, header: str) -> None:
    """Asterisk prints these with %d.  One such row must not break the views for all other rows."""
    lines = []
    for session, operation in enumerate(["send", "receive", "gateway"]):
        for number, value in enumerate([3, *EXTREMES, 3]):
            headers = {"SessionNumber": session, "Operation": operation, **USUAL, header: value}
            text = "Event: FAXSession\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
            lines.append(Line(1_795_435_200.0 + 10 * session + number, "in", text))
    imported(database, lines)
    database.execute("set statement_timeout = '3s'")
    assert len(rows(database, "select * from fax.sessions")) == 3
    assert len(rows(database, "select distinct session_id from fax.session_timeline")) == 3
    assert rows(database, "select session_id, count(*), sum(bad_lines) from fax.session_pages group by session_id")


@pytest.mark.parametrize("operation", ["send", "receive", "gateway"])
def test_rates_of_no_modem_do_not_count_as_measured(database: psycopg.Connection, operation: str) -> None:
    """t30.c reads fallback_sequence[-1] if the other end names an unknown modem."""
    lines = []
    for number, rate in enumerate([9600, -1820405808, 4800]):
        text = (
            f"Event: FAXSession\r\nSessionNumber: 5\r\nOperation: {operation}\r\nState: Active\r\n"
            f"ErrorCorrectionMode: Yes\r\nDataRate: {rate}\r\nImageResolution: 8031x3850\r\nPageNumber: 1\r\n\r\n"
        )
        lines.append(Line(1_795_435_200.0 + number, "in", text))
    imported(database, lines)
    (row,) = sessions(database)
    assert (row["first_data_rate"], row["lowest_data_rate"], row["last_data_rate"]) == (9600, 4800, 4800)
    assert row["rate_falls"] == 1
