"""Bad input: nothing is lost, the rest goes on, one line says why, and the raw message is kept.

Most tests take a real recording, put something bad into it, import it, and compare its sessions with those
of the recording as it was.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

import faxstore
from faxstore.capture import recording as capture
from faxstore.capture.message import clean_bytes
from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError, UsageError
from faxstore.ingest.importer import Summary, import_file, import_lines
from faxstore.store.database import connect
from faxstore.store.schema_version import newest
from tests.kit import truth
from tests.kit.databases import check_schema, fresh, name_of

RECORDING = "names-22"
"""Two faxes with all their events, one of them failed, and file names with an accent."""

Row = dict[str, Any]
PLACE = {"first_position", "last_position"}
"""Columns that tell where a session's rows stand among all others."""

WATCHING = {"overlaps_gap", "ended_not_before", "ended_not_after", "poll_gap_seconds", "bad_lines_lower_bound"}
"""Columns that tell how closely a session was watched: a bad message in between is a poll less."""

LIVE = 0
"""The session of the recording that sends from its begin to its end."""


def recorded(recording: str = RECORDING) -> list[Line]:
    return list(capture.read(str(truth.path(recording))))


def imported(database: psycopg.Connection, lines: list[Line]) -> Summary:
    return import_lines(database, "pbx", lines, lambda _: None)


def rows(database: psycopg.Connection, query: str, *parameters: object) -> list[Row]:
    return database.cursor(row_factory=dict_row).execute(query.encode(), parameters).fetchall()


def sessions(database: psycopg.Connection, *without: str) -> list[Row]:
    """All sessions, by server, epoch and number, without these columns."""
    query = "select * from fax.sessions order by server, started_at, session_number"
    return [
        {name: value for name, value in row.items() if name not in PLACE | WATCHING | set(without)}
        for row in rows(database, query)
    ]


def rejected(database: psycopg.Connection) -> list[tuple[str, str]]:
    """Reason and raw text of what could not be understood, in the order it came."""
    query = "select reason, raw from fax.rejected_messages where server = 'pbx' order by observed_at"
    return [(row["reason"], row["raw"].decode()) for row in rows(database, query)]


@pytest.fixture(scope="module")
def whole(server: str, template: str) -> Callable[[str], list[Row]]:
    """Gives the sessions of a recording as it was, with all their columns."""
    known: dict[str, list[Row]] = {}

    def of(recording: str) -> list[Row]:
        if recording not in known:
            with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
                imported(database, recorded(recording))
                known[recording] = sessions(database)
                assert rejected(database) == []
        return known[recording]

    return of


Whole = Callable[[str], list[Row]]


def trimmed(sessions: list[Row], *without: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in without} for row in sessions]


def middle(lines: list[Line]) -> int:
    """A place between two polls, in the middle of the fax."""
    polls = [at for at, line in enumerate(lines) if line.dir == "out" and "Action: FAXSessions\r\n" in line.text]
    live = [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXSession\r\n")]
    return next(at for at in polls if at > live[len(live) // 2])


def spliced(lines: list[Line], *texts: str) -> list[Line]:
    """The lines with these messages in the middle, a thousandth of a second apart."""
    at = middle(lines)
    before, after = lines[at - 1].ts, lines[at].ts
    assert after - before > 0.001 * (len(texts) + 1)
    bad = [Line(before + 0.001 * (number + 1), "in", text) for number, text in enumerate(texts)]
    return lines[:at] + bad + lines[at:]


def a_snapshot(lines: list[Line]) -> str:
    """What the server last said of the live session before the middle."""
    said = [line.text for line in lines[: middle(lines)] if f"\r\nSessionNumber: {LIVE}\r\n" in line.text]
    return next(text for text in reversed(said) if text.startswith("Event: FAXSession\r\n"))


# -- messages that are none --------------------------------------------------------------------------

NEITHER = "neither an Event nor a Response"
HANGUP = "Event: Hangup\r\nChannel: PJSIP/other-1\r\nUniqueid: 9.9\r\n"
BAD_MESSAGES: dict[str, tuple[str, str]] = {
    "garbage": ("#?!\r\n\r\n", NEITHER),
    "binary": (clean_bytes(bytes(range(256)) * 4), NEITHER),
    "nothing": ("", NEITHER),
    "a blank line": ("\r\n", NEITHER),
    "a megabyte without an end": ("x" * 2**20, NEITHER),
    "another protocol": ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", NEITHER),
    "an empty event": ("Event: \r\nSessionNumber: 0\r\n\r\n", NEITHER),
    "an action": ("Action: FAXSession\r\nSessionNumber: 0\r\n\r\n", NEITHER),
    "no blank line between two": (f"{HANGUP}{HANGUP}\r\n", "header Event repeats: two messages without a blank line.*"),
    "a header without colon": ("Event: Newexten\r\nExten s\r\n\r\n", "a line that is no header: 'Exten s'"),
    "a header without name": ("Event: Newexten\r\n: recv\r\n\r\n", "a line that is no header: ': recv'"),
    "no number": ("Event: FAXSession\r\nSessionNumber: abc\r\nState: Active\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a missing number": ("Event: FAXSession\r\nState: Active\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a negative number": ("Event: FAXSession\r\nSessionNumber: -1\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a number over 32 bits": ("Event: FAXSession\r\nSessionNumber: 4294967296\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a number of 5000 digits": (f"Event: FAXSession\r\nSessionNumber: {'9' * 5000}\r\n\r\n", "FAXSession: .*"),
    "a completion without channel": ("Event: SendFAX\r\nPagesTransferred: 9\r\n\r\n", "SendFAX names no Channel"),
    "an empty channel": ("Event: ReceiveFAX\r\nChannel: \r\n\r\n", "ReceiveFAX names no Channel"),
    "the end of no list": ("Event: FAXSessionsComplete\r\nEventList: Complete\r\n\r\n", "FAXSessionsComplete .*"),
    "the end of another list": ("Event: FAXSessionsComplete\r\nTotal: 9\r\n\r\n", "FAXSessionsComplete says .*"),
    "a total that is none": ("Event: FAXSessionsComplete\r\nTotal: abc\r\n\r\n", "FAXSessionsComplete .*Total.*abc.*"),
    "counters that are none": (
        "Event: FAXStats\r\nTransmitAttempts: abc\r\nReceiveAttempts: -\r\nCompletedFAXes: \r\n\r\n",
        "FAXStats: TransmitAttempts.*",
    ),
}


@pytest.mark.parametrize("kind", BAD_MESSAGES)
def test_a_bad_message_in_between(
    database: psycopg.Connection, whole: Whole, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    text, reason = BAD_MESSAGES[kind]
    lines = spliced(recorded(), text)
    summary = imported(database, lines)

    assert sessions(database) == whole(RECORDING)
    ((why, raw),) = rejected(database)
    assert re.fullmatch(reason, why)
    assert "\n" not in why
    assert len(why) < 200
    assert raw == text
    assert (summary.messages, summary.rejected, summary.repeats) == (
        sum(line.dir != "mark" for line in lines),
        1,
        0,
    )
    assert caplog.records == []  # it is in the table, not in the log

    again = imported(database, lines)
    assert (again.rows, again.repeats, again.rejected) == (0, summary.rows, 1)
    assert len(rejected(database)) == 1


def test_all_of_them_at_once(database: psycopg.Connection, whole: Whole) -> None:
    texts = [text for text, _ in BAD_MESSAGES.values()]
    imported(database, spliced(recorded(), *texts))
    assert sessions(database) == whole(RECORDING)
    assert [raw for _, raw in rejected(database)] == texts


REFUSED = "Response: Error\r\nActionID: p9\r\nMessage: "
REFUSALS = [
    f"{REFUSED}Permission denied\r\n\r\n",
    f"{REFUSED}Invalid/unknown command: FAXSessions. Use Action: ListCommands to show available commands.\r\n\r\n",
    f"{REFUSED}Asterisk is shutting down\r\n\r\n",
    f"{REFUSED}Session not found\r\n\r\n",
    f"{REFUSED}Invalid session ID\r\n\r\n",
    f"{REFUSED}Fax technology doesn't provide a handler for FAXSession\r\n\r\n",
    "Response: Success\r\nActionID: p9\r\nMessage: FAXSession event will follow\r\n\r\n",  # and never comes
    "Event: PeerStatus\r\nPeer: PJSIP/a\r\nPeerStatus: Reachable\r\n\r\n",
]


def test_refusals_are_no_empty_lists(database: psycopg.Connection, whole: Whole) -> None:
    imported(database, spliced(recorded(), *REFUSALS))
    assert sessions(database) == whole(RECORDING)
    assert rejected(database) == []


# -- snapshots with something wrong in them ----------------------------------------------------------


def with_header(text: str, name: str, value: str) -> str:
    changed, count = re.subn(rf"\r\n{name}: [^\r]*", lambda _: f"\r\n{name}: {value}", text)
    assert count == 1
    return changed


def with_more(text: str, *lines: str) -> str:
    return text.removesuffix("\r\n") + "".join(f"{line}\r\n" for line in lines) + "\r\n"


@dataclass(frozen=True)
class Odd:
    """What is done to a snapshot of the live session, the reason it gives, and what its row then holds."""

    change: Callable[[str], str]
    reason: str | None
    columns: Row
    details: dict[str, Any]


MEGABYTE = "é" * 2**19
ODD_SNAPSHOTS = {
    "no number": Odd(
        lambda text: with_header(text, "DataRate", "fast"),
        "FAXSession: DataRate is 'fast': kept as text",
        {"data_rate": None},
        {"DataRate": "fast"},
    ),
    "over 32 bits": Odd(
        lambda text: with_header(text, "TotalBadLines", "2147483648"),
        "FAXSession: TotalBadLines is '2147483648': kept as text",
        {"total_bad_lines": None},
        {"TotalBadLines": "2147483648"},
    ),
    "no resolution": Odd(
        lambda text: with_header(text, "ImageResolution", "fine"),
        "FAXSession: ImageResolution is 'fine': kept as text",
        {"x_resolution": None, "y_resolution": None},
        {"ImageResolution": "fine"},
    ),
    "neither yes nor no": Odd(
        lambda text: with_header(text, "ErrorCorrectionMode", "perhaps"),
        "FAXSession: ErrorCorrectionMode is 'perhaps': kept as text",
        {"error_correction_mode": None},
        {"ErrorCorrectionMode": "perhaps"},
    ),
    "an unknown header": Odd(
        lambda text: with_more(text, "Modem: V.34", "Modem: V.17"), None, {}, {"Modem": ["V.34", "V.17"]}
    ),
    "a header of a megabyte": Odd(lambda text: with_more(text, f"Long: {MEGABYTE}"), None, {}, {"Long": MEGABYTE}),
    "a name of a megabyte": Odd(lambda text: with_more(text, f"{MEGABYTE}: 1"), None, {}, {MEGABYTE: "1"}),
    "an empty header": Odd(lambda text: with_more(text, "Modem: "), None, {}, {"Modem": ""}),
    "a repeated header": Odd(
        lambda text: with_more(text, "PageNumber: 77"), "FAXSession: .*PageNumber.*", {}, {"PageNumber": "77"}
    ),
    "a line without colon": Odd(
        lambda text: with_more(text, "Modem V.34"), "a line that is no header: 'Modem V.34'", {}, {}
    ),
    "no blank line behind it": Odd(lambda text: text.removesuffix("\r\n"), None, {}, {}),
    "nothing behind it at all": Odd(lambda text: text.rstrip("\r\n"), None, {}, {}),
    "line feeds alone": Odd(lambda text: text.replace("\r\n", "\n"), None, {}, {}),
}


@pytest.mark.parametrize("kind", ODD_SNAPSHOTS)
def test_an_odd_snapshot_in_between(database: psycopg.Connection, whole: Whole, kind: str) -> None:
    odd, lines = ODD_SNAPSHOTS[kind], recorded()
    text = odd.change(a_snapshot(lines))
    lines = spliced(lines, text)
    imported(database, lines)

    assert sessions(database, "snapshots") == trimmed(whole(RECORDING), "snapshots")
    told = rejected(database)
    assert [raw for _, raw in told] == ([text] if odd.reason else [])
    assert all(re.fullmatch(odd.reason or "", why) for why, _ in told)

    at = next(line.ts for line in lines if line.text == text)
    (row,) = rows(database, "select * from fax.session_history where observed_at = to_timestamp(%s)", at)
    (told_before,) = rows(
        database,
        "select * from fax.session_history where session_id = %s and observed_at < %s and event = 'FAXSession'"
        " order by observed_at desc limit 1",
        row["session_id"],
        row["observed_at"],
    )
    same = ("operation", "state", "data_rate", "page_number", "total_bad_lines", "file_name", "y_resolution")
    assert {name: row[name] for name in same} == {name: told_before[name] for name in same} | {
        name: value for name, value in odd.columns.items() if name in same
    }
    details = {name: value for name, value in (row["details"] or {}).items() if name != "ActionID"}
    assert details == odd.details


NEVER_LISTED = [("send", "Active"), ("teleport", "Dreaming"), ("", ""), ("V.21", "Active"), ("none", "Reserved")]


def test_sessions_that_were_never_listed(database: psycopg.Connection, whole: Whole) -> None:
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
    assert [row for row in found if row not in new] == whole(RECORDING)
    assert rejected(database) == []


# -- text that is no text ----------------------------------------------------------------------------

UNTEXTS = {
    "NUL": ("\x00", r"\x00"),
    "a lone surrogate": ("\ud800", r"\ud800"),
    "a byte that was no UTF-8": (clean_bytes(b"\xff"), r"\xff"),
    "a byte as Python smuggles it": ("\udcff", r"\udcff"),
}


@pytest.mark.parametrize("kind", UNTEXTS)
def test_names_that_are_no_text(database: psycopg.Connection, whole: Whole, kind: str) -> None:
    """In every channel, file name and station id."""
    bad, readable = UNTEXTS[kind]

    def spoilt(text: str, with_what: str) -> str:
        for known in ("Local/recv@", "/var/spool/", "LocalStationID: ", "RemoteStationID: "):
            text = text.replace(known, known + with_what)
        return text

    imported(database, [replace(line, text=spoilt(line.text, bad)) for line in recorded()])
    expected = []
    for row in whole(RECORDING):
        names = {
            "channel": spoilt(row["channel"], readable),
            "file_names": [spoilt(name, readable) for name in row["file_names"]],
        }
        if row["snapshots"]:  # of the one that never was a session only variables told the station ids
            names["local_station_id"] = readable + (row["local_station_id"] or "")
            names["remote_station_id"] = readable + (row["remote_station_id"] or "")
        expected.append(row | names)
    assert sessions(database) == expected
    assert rejected(database) == []


@pytest.mark.parametrize("kind", UNTEXTS)
def test_bad_messages_that_are_no_text(database: psycopg.Connection, whole: Whole, kind: str) -> None:
    bad, readable = UNTEXTS[kind]
    texts = [
        "garbage <{}>\r\n\r\n",
        "Event: Newexten\r\nno header <{}>\r\n\r\n",
        "Event: FAXSession\r\nState: <{}>\r\n\r\n",
    ]
    imported(database, spliced(recorded(), *[text.replace("{}", bad) for text in texts]))
    assert sessions(database) == whole(RECORDING)
    assert [raw for _, raw in rejected(database)] == [text.replace("{}", readable) for text in texts]


@pytest.mark.parametrize("kind", UNTEXTS)
def test_marks_and_greetings_that_are_no_text(database: psycopg.Connection, kind: str) -> None:
    bad, readable = UNTEXTS[kind]
    lines = [
        Line(1.0, "mark", "connected"),
        Line(2.0, "in", f"Asterisk Call Manager/1{bad}\r\n"),
        Line(3.0, "mark", f"disconnected: <{bad}>"),
    ]
    imported(database, lines)
    kept = rows(database, "select event, details from fax.server_history order by observed_at, event")
    assert [(row["event"], row["details"]) for row in kept] == [
        ("Connected", None),
        ("Banner", {"Version": f"1{readable}"}),
        ("Disconnected", {"Reason": f"<{readable}>"}),
    ]


@pytest.mark.parametrize("length", [300, 9_000, 1_000_000])
def test_names_of_any_length(database: psycopg.Connection, whole: Whole, length: int) -> None:
    """Longer than an index entry may be."""
    random.seed(length)
    long = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789é", k=length))
    lines = [replace(line, text=line.text.replace("recv@rx", long)) for line in recorded()]
    imported(database, lines if length < 10**6 else only_few(lines, long))
    if length < 10**6:
        columns = ("channel", "called_number")
        assert sessions(database, *columns) == trimmed(whole(RECORDING), *columns)
    assert any(long in (row["channel"] or "") for row in sessions(database))
    assert rejected(database) == []


def only_few(lines: list[Line], long: str) -> list[Line]:
    """The first poll with this long name, its detail, and one event."""
    named = [at for at, line in enumerate(lines) if long in line.text and "Event: FAXSessionsEntry" in line.text]
    return lines[named[0] - 3 : named[0] + 12]


# -- lists -------------------------------------------------------------------------------------------


def ends_of_lists(lines: list[Line]) -> list[int]:
    return [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXSessionsComplete")]


@pytest.mark.parametrize("recording", [RECORDING, "no-ecm-16"])
@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_lists_whose_total_disagrees(
    database: psycopg.Connection, whole: Whole, recording: str, difference: int
) -> None:
    """Every fourth list: its entries count, but nothing is gone because of it."""
    lines = recorded(recording)
    faulty = []
    for at in ends_of_lists(lines)[1::4]:
        total = re.search(r"\r\nTotal: (\d+)", lines[at].text)
        assert total is not None
        if int(total[1]) + difference >= 0:
            text = with_header(lines[at].text, "Total", str(int(total[1]) + difference))
            lines[at] = replace(lines[at], text=text)
            faulty.append(text)
    imported(database, lines)
    columns = ("ended_at", "duration_seconds", "snapshots") if recording == "no-ecm-16" else ("snapshots",)
    assert sessions(database, *columns) == trimmed(whole(recording), *columns)
    told = rejected(database)
    assert [raw for _, raw in told] == faulty
    assert all(re.fullmatch(r"FAXSessionsComplete says Total \d+ and \d+ entries came", why) for why, _ in told)


def test_answers_that_never_come(database: psycopg.Connection, whole: Whole) -> None:
    """Every third detail is lost: the list entry stands for it."""
    rng = random.Random(3)
    detail = "Event: FAXSession\r\n"
    lines = [line for line in recorded("no-ecm-16") if not line.text.startswith(detail) or rng.random() > 0.3]
    imported(database, lines)
    columns = ("started_at", "duration_seconds")  # the list came a moment before its detail
    assert sessions(database, *columns) == trimmed(whole("no-ecm-16"), *columns)
    kinds = rows(database, "select event, count(*) from fax.session_history group by event order by event")
    assert [row["event"] for row in kinds] == ["FAXSession", "FAXSessionsEntry", "Gone"]
    assert kinds[1]["count"] > 30


def reconnected(lines: list[Line], at: int, uptime: int) -> list[Line]:
    """The lines of a connection that is cut before that one and made again: what came in between is lost."""
    ts = lines[at].ts
    return [
        *lines[:at],
        Line(ts + 0.0001, "mark", "disconnected: the server closed the connection"),
        Line(ts + 0.0002, "mark", "connect: [Errno 111] Connection refused"),
        Line(ts + 0.0003, "mark", "connected"),
        Line(ts + 0.0004, "in", "Asterisk Call Manager/11.0.0\r\n"),
        Line(ts + 0.0005, "in", "Response: Success\r\nMessage: Authentication accepted\r\n\r\n"),
        Line(ts + 0.0006, "in", f"Event: FullyBooted\r\nUptime: {uptime}\r\nStatus: Fully Booted\r\n\r\n"),
        *lines[at + 1 :],
    ]


def test_a_connection_cut_in_the_middle_of_a_list(database: psycopg.Connection, whole: Whole) -> None:
    """Five times, each before the list's last entry: its first ones stay, and nothing is gone."""
    lines = recorded()
    booted = next(line for line in lines if "Event: FullyBooted" in line.text)
    up = re.search(r"Uptime: (\d+)", booted.text)
    assert up is not None
    entries = [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXSessionsEntry")]
    second_entries = [at for at in entries if at - 1 in entries]
    for at in reversed(second_entries[2::6][:5]):
        uptime = int(up[1]) + int(lines[at].ts - booted.ts)
        end = next(end for end in range(at, len(lines)) if lines[end].text.startswith("Event: FAXSessionsComplete"))
        lines = reconnected(lines[:at] + lines[end:], at, uptime)
    imported(database, lines)
    assert sessions(database, "snapshots") == trimmed(whole(RECORDING), "snapshots")
    assert rejected(database) == []
    cut = rows(database, "select details ->> 'Reason' as reason from fax.server_history where event = 'Disconnected'")
    assert [row["reason"] for row in cut] == ["the server closed the connection"] * 5


def test_a_login_that_is_refused_in_between(database: psycopg.Connection, whole: Whole) -> None:
    lines = recorded()
    ts = lines[middle(lines) - 1].ts
    booted = next(line for line in lines if "Event: FullyBooted" in line.text)
    uptime = re.search(r"Uptime: (\d+)", booted.text)
    assert uptime is not None
    at = middle(lines)
    refused = [
        Line(ts + 0.001, "mark", "disconnected"),
        Line(ts + 0.002, "mark", "connected"),
        Line(ts + 0.003, "in", "Asterisk Call Manager/11.0.0\r\n"),
        Line(ts + 0.004, "in", "Response: Error\r\nMessage: Authentication failed\r\n\r\n"),
        Line(ts + 0.005, "mark", "disconnected: the login was refused"),
    ]
    lines = lines[:at] + refused + reconnected([refused[-1], *lines[at:]], 0, int(uptime[1]) + int(ts - booted.ts))
    imported(database, lines)
    assert sessions(database) == whole(RECORDING)
    assert rejected(database) == []


@pytest.mark.parametrize(
    "recording", [name for name in truth.RECORDINGS if re.match(r"errors-\d+-(clerk|guest|wrong|no-action-id)", name)]
)
def test_a_recording_of_refusals_alone(database: psycopg.Connection, recording: str) -> None:
    """Wrong secrets, users of too few classes: understood, and no session follows from them."""
    imported(database, recorded(recording))
    assert sessions(database) == []
    assert rejected(database) == []
    assert {"Connected", "Banner"} <= {row["event"] for row in rows(database, "select event from fax.server_history")}


# -- numbers that no fax has -------------------------------------------------------------------------

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
    """%d prints any of them; one odd row must not take the answers of all others away."""
    lines = []
    for session, operation in enumerate(["send", "receive", "gateway"]):
        for number, value in enumerate([3, *EXTREMES, 3]):
            told = {"SessionNumber": session, "Operation": operation, **USUAL, header: value}
            text = "Event: FAXSession\r\n" + "".join(f"{name}: {said}\r\n" for name, said in told.items()) + "\r\n"
            lines.append(Line(1_795_435_200.0 + 10 * session + number, "in", text))
    imported(database, lines)
    database.execute("set statement_timeout = '3s'")
    assert len(rows(database, "select * from fax.sessions")) == 3
    assert len(rows(database, "select distinct session_id from fax.session_timeline")) == 3
    assert rows(database, "select session_id, count(*), sum(bad_lines) from fax.session_pages group by session_id")


@pytest.mark.parametrize("operation", ["send", "receive", "gateway"])
def test_rates_that_no_modem_has_are_no_measurements(database: psycopg.Connection, operation: str) -> None:
    """t30.c reads fallback_sequence[-1] when the other end names a modem that it does not know."""
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


# -- clocks ------------------------------------------------------------------------------------------

TIMES = ("started_at", "ended_at", "duration_seconds")


@pytest.mark.parametrize("step", [0.05, 2.0, 3600.0], ids=lambda step: f"{step} s")
@pytest.mark.parametrize("recording", [RECORDING, "no-ecm-16"])
def test_a_clock_that_steps_back_in_the_middle_of_a_fax(
    database: psycopg.Connection, whole: Whole, recording: str, step: float
) -> None:
    lines = recorded(recording)
    at = middle(lines)
    lines = lines[:at] + [replace(line, ts=line.ts - step) for line in lines[at:]]
    summary = imported(database, lines)
    assert (summary.repeats, summary.rejected) == (0, 0)
    told = ("session_id", "epoch_id", "session_number", "channel", "operation", "pages", "result", "end_observed_by")
    by_number = [{name: row[name] for name in told} for row in by_channel(sessions(database))]
    assert by_number == [{name: row[name] for name in told} for row in by_channel(whole(recording))]


def by_channel(sessions: list[Row]) -> list[Row]:
    return sorted(sessions, key=lambda row: (row["channel"], row["session_number"]))


def test_a_clock_that_steps_back_between_two_faxes(database: psycopg.Connection, whole: Whole) -> None:
    """churn: wherever no fax is under way the clock is set back by two minutes."""
    lines = recorded("restart-22")
    at = next(at for at, line in enumerate(lines) if line.dir == "mark" and line.text.startswith("disconnected"))
    lines = lines[: at + 1] + [replace(line, ts=line.ts - 7200) for line in lines[at + 1 :]]
    summary = imported(database, lines)
    assert (summary.repeats, summary.rejected) == (0, 0)
    told = ("session_number", "channel", "operation", "pages", "result", "result_text")
    expected = sorted(str([row[name] for name in told]) for row in whole("restart-22"))
    assert sorted(str([row[name] for name in told]) for row in sessions(database)) == expected
    assert len({row["epoch_id"] for row in sessions(database)}) == 2


@pytest.mark.parametrize("digits", [2, 1])
def test_a_coarse_clock_makes_no_two_messages_one(database: psycopg.Connection, whole: Whole, digits: int) -> None:
    """A recording of another program, whose times have two digits after the point, or one."""
    lines = [replace(line, ts=round(line.ts, digits)) for line in recorded()]
    fine = [replace(line, ts=line.ts) for line in recorded()]
    summary = imported(database, lines)
    assert summary.repeats == 0
    assert summary.observations == observed(fine)
    assert sessions(database, *TIMES, "epoch_id", "session_id") == trimmed(
        whole(RECORDING), *TIMES, "epoch_id", "session_id"
    )


def observed(lines: list[Line]) -> int:
    from faxstore.observations import Observation
    from faxstore.reader.line_reader import Tracker

    tracker = Tracker("pbx")
    return sum(isinstance(record, Observation) for line in lines for record in tracker.feed(line))


@pytest.mark.parametrize("days", [-20_000, 400, 30_000], ids=lambda days: f"{days} days")
def test_a_clock_that_is_years_off(database: psycopg.Connection, whole: Whole, days: int) -> None:
    """Its rows lie in the default partition, and their month may come all the same."""
    lines = [replace(line, ts=line.ts + days * 86400) for line in recorded()]
    imported(database, lines)
    columns = (*TIMES, "epoch_id", "session_id")
    assert sessions(database, *columns) == trimmed(whole(RECORDING), *columns)
    assert rejected(database) == []
    database.execute("select fax.make_partition(started_at) from fax.session")
    imported(database, [replace(line, ts=line.ts + 60) for line in lines])
    assert rejected(database) == []


# -- two lives ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("uniqueid", ["Uniqueid: 1795435200.7\r\n", ""], ids=["with Uniqueid", "without"])
@pytest.mark.parametrize("between", ["a restart", "a new load"])
def test_one_channel_name_in_two_lives(database: psycopg.Connection, uniqueid: str, between: str) -> None:
    """Both faxes too short for any poll; the second is another fax, and both are kept."""
    fax = f"Event: SendFAX\r\nChannel: PJSIP/a-00000000\r\n{uniqueid}PagesTransferred: 1\r\n\r\n"
    again = {
        "a restart": "Event: FullyBooted\r\nUptime: 0\r\nStatus: Fully Booted\r\n\r\n",
        "a new load": "Event: Load\r\nModule: res_fax.so\r\nStatus: Success\r\n\r\n",
    }
    texts = ["Event: FullyBooted\r\nUptime: 3600\r\n\r\n", fax, again[between], fax]
    lines = [Line(1_795_435_200.0 + 5 * number, "in", text) for number, text in enumerate(texts)]
    summary = imported(database, lines)
    assert (summary.rows, summary.repeats) == (2, 0)
    assert [(row["channel"], row["pages"]) for row in sessions(database)] == [("PJSIP/a-00000000", 1)] * 2


@pytest.mark.parametrize("pause", [20, 140, 160, 1000], ids=lambda pause: f"{pause} s")
def test_two_faxes_of_one_call_that_no_poll_saw(database: psycopg.Connection, pause: int) -> None:
    fax = "Event: SendFAX\r\nChannel: PJSIP/a-1\r\nUniqueid: 1.1\r\nPagesTransferred: 1\r\n\r\n"
    elsewhere = "Event: FAXStatus\r\nChannel: PJSIP/b-1\r\nUniqueid: 2.2\r\nOperation: send\r\nStatus: x\r\n\r\n"
    texts = [(0, fax), (pause - 1, elsewhere), (pause, fax)]
    imported(database, [Line(1_795_435_200.0 + after, "in", text) for after, text in texts])
    assert [(row["channel"], row["pages"]) for row in sessions(database)] == [("PJSIP/a-1", 1)] * 2


def test_a_completion_after_the_hangup_is_its_sessions_own(database: psycopg.Connection, whole: Whole) -> None:
    """Two events of two threads of Asterisk may change places."""
    lines = recorded()
    for event in ("SendFAX", "ReceiveFAX"):
        at = next(at for at, line in enumerate(lines) if line.text.startswith(f"Event: {event}\r\n"))
        channel = re.search(r"\r\nChannel: [^\r]*\r\n", lines[at].text)
        assert channel is not None
        hangup = next(
            later
            for later in range(at, len(lines))
            if lines[later].text.startswith("Event: Hangup\r\n") and channel[0] in lines[later].text
        )
        fax = replace(lines[at], ts=lines[hangup].ts + 0.000001)
        lines = [*lines[:at], *lines[at + 1 : hangup + 1], fax, *lines[hangup + 1 :]]
    imported(database, lines)
    assert sessions(database, "ended_at", "duration_seconds") == trimmed(
        whole(RECORDING), "ended_at", "duration_seconds"
    )


def test_a_restart_that_nothing_told_of(database: psycopg.Connection, whole: Whole) -> None:
    """A user without class system gets no FullyBooted: that numbers begin again tells another life."""
    untold = ("Event: FullyBooted", "Event: Shutdown", "Event: FAXStats")
    lines = [line for line in recorded("restart-22") if not line.text.startswith(untold)]
    first = imported(database, lines)
    before = sessions(database)
    told = ("session_number", "channel", "operation", "pages", "result")
    last_ones = [row for row in whole("restart-22") if row["result"] == "success"]
    assert last_ones
    for row in last_ones:
        assert [row[name] for name in told] in [[found[name] for name in told] for found in before]
    again = imported(database, lines)
    assert (again.rows, again.repeats) == (0, first.rows)
    assert sessions(database) == before


def test_a_piece_that_is_imported_again_leaves_no_more_waiting(database: psycopg.Connection, whole: Whole) -> None:
    """It ends where events wait for their session to be listed."""
    lines = recorded()
    at = [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXStatus\r\n")][-1]
    first = imported(database, lines[: at + 4])
    again = imported(database, lines[: at + 4])
    assert first.unfinished > 0
    assert (again.rows, again.unfinished) == (0, first.unfinished)
    imported(database, lines)
    assert sessions(database) == whole(RECORDING)


# -- messages run together, and everything else at random --------------------------------------------


def test_messages_run_together_lose_nothing(database: psycopg.Connection, whole: Whole) -> None:
    """The blank line behind every SendFAX and ReceiveFAX is lost, so that the next event is in one with it."""
    lines = recorded()
    glued = []
    for event in ("SendFAX", "ReceiveFAX"):
        at = next(at for at, line in enumerate(lines) if line.text.startswith(f"Event: {event}\r\n"))
        assert lines[at + 1].text.startswith("Event: ")
        text = lines[at].text.removesuffix("\r\n") + lines[at + 1].text
        lines = [*lines[:at], replace(lines[at], text=text), *lines[at + 2 :]]
        glued.append(text)
    imported(database, lines)
    assert sessions(database) == whole(RECORDING)
    assert sorted(raw for _, raw in rejected(database)) == sorted(glued)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_recording_is_imported_all_the_same(database: psycopg.Connection, seed: int) -> None:
    """Lines dropped, doubled, cut, garbled and exchanged: no error, no hole in the positions, and again no change."""
    rng = random.Random(seed)
    lines: list[Line] = []
    for line in recorded(("restart-22", "gateway-16", "names-22")[seed % 3]):
        match rng.randrange(60) if "FullyBooted" not in line.text else -1:
            case 0:
                pass
            case 1:
                lines += [line, line]
            case 2:
                lines.append(replace(line, text=line.text[: rng.randrange(len(line.text) + 1)]))
            case 3:
                at = rng.randrange(len(line.text) + 1)
                garbled = line.text[:at] + chr(rng.choice([0, 10, 58, 0xD800, 0x1F4E0])) + line.text[at + 1 :]
                lines.append(replace(line, text=garbled))
            case 4 if lines:
                lines.insert(-1, line)
            case _:
                lines.append(line)
    summary = imported(database, lines)
    assert summary.rows > 50
    before = sessions(database)
    assert before
    counted = "select count(*), max(position), count(distinct position) from fax.session_history"
    assert set(database.execute(counted).fetchone() or ()) == {summary.rows}
    again = imported(database, lines)
    assert again.rows == 0
    assert sessions(database) == before


# -- whose recording it is ---------------------------------------------------------------------------


def test_a_bad_message_does_not_hide_the_name_of_the_server(database: psycopg.Connection, tmp_path: Path) -> None:
    lines = recorded("one-page-22")
    named = next(at for at, line in enumerate(lines) if "SystemName: pbx-22" in line.text)
    bad = Line(lines[named].ts - 0.00001, "in", "SystemName: nonsense\r\nno event at all\r\n\r\n")
    file = tmp_path / "somebody.jsonl"
    file.write_text("".join(capture.encode(line) + "\n" for line in [*lines[:named], bad, *lines[named:]]))
    import_file(database, str(file), None, lambda _: None)
    assert {row["server"] for row in sessions(database)} == {"pbx-22"}
    assert rows(database, "select server from fax.rejected_messages") == [{"server": "pbx-22"}]


# -- files -------------------------------------------------------------------------------------------

FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty; a recording has a JSON object on each line"),
    "not JSON": (b"Event: FAXSession\r\n\r\n", "line 1 is not a line of a recording.*"),
    "of another program": (b'{"@timestamp": "2026-11-23", "level": "info"}\n', "line 1 is not a line of a recording.*"),
    "binary": (bytes(range(256)), "line 1 is not a line of a recording.*"),
    "not gzip": (b"\x1f\x8bno gzip", ".*"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_recording(database: psycopg.Connection, tmp_path: Path, kind: str) -> None:
    data, told = FILES[kind]
    file = tmp_path / "pbx.jsonl.gz"
    file.write_bytes(data)
    with pytest.raises(UsageError) as refusal:
        import_file(database, str(file), None, lambda _: None)
    assert re.fullmatch(f"{re.escape(str(file))}: {told}", str(refusal.value))
    assert rows(database, "select * from fax.session_history") == []


def test_a_gzip_file_that_is_cut_off_keeps_what_stands_before(
    database: psycopg.Connection, tmp_path: Path, whole: Whole
) -> None:
    packed = truth.path(RECORDING).read_bytes()
    file = tmp_path / "pbx.jsonl.gz"
    file.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(UsageError, match=r": the gzip data is cut off or damaged after line \d+$"):
        import_file(database, str(file), "pbx", lambda _: None)
    assert rows(database, "select * from fax.session_history")
    file.write_bytes(packed)
    import_file(database, str(file), "pbx", lambda _: None)
    assert sessions(database) == whole(RECORDING)


# -- the command line --------------------------------------------------------------------------------


def run(folder: Path, dsn: str, *arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    """The exit status, and what was said on standard error."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "--data-dir", str(folder), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ | {"PYTHONPATH": str(ROOT)}, input=stdin,
                          capture_output=True, check=False, timeout=60)  # fmt: skip
    return done.returncode, done.stderr.decode()


ROOT = Path(faxstore.__file__).parents[1]


def one_line(told: str) -> str:
    assert told.count("\n") == 1
    return told.removesuffix("\n")


def test_one_bad_file_does_not_stop_the_others(dsn: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("garbage\n")
    status, told = run(tmp_path, dsn, "import", str(bad), str(truth.path("t38-22")))
    assert status == 2
    first, second = told.splitlines()
    assert first.startswith(f"faxstore: {bad}: line 1 is not a line of a recording: expected {{")
    assert re.fullmatch(r"faxstore: \d+ messages read, .* 0 rejected", second)
    with connect(dsn) as database:
        assert len(sessions(database)) == 1


def test_a_fault_of_standard_input_keeps_what_stands_before(dsn: str, tmp_path: Path) -> None:
    lines = recorded("one-page-22")
    text = "".join(capture.encode(line) + "\n" for line in lines) + "garbage\n"
    status, told = run(tmp_path, dsn, "import", "-", stdin=text.encode())
    assert status == 2
    assert f"faxstore: -: line {len(lines) + 1} is not a line of a recording" in told
    with connect(dsn) as database:
        assert {row["server"] for row in sessions(database)} == {"pbx-22"}
        assert len(sessions(database)) == 2


def test_a_database_that_is_not_there(tmp_path: Path, dsn: str) -> None:
    nowhere = "postgresql://faxstore@127.0.0.1:1/fax"
    with pytest.raises(UnreachableError, match=r"^the database cannot be reached: [^\n]+$"):
        connect(nowhere)
    status, told = run(tmp_path, nowhere, "import", str(truth.path("t38-22")))
    assert status == 3
    assert re.match(r"faxstore: the database cannot be reached: .*127\.0\.0\.1.*", one_line(told))
    status, told = run(tmp_path, make_conninfo(dsn, dbname="no_such_database"), "import", str(truth.path("t38-22")))
    assert status == 3
    assert 'database "no_such_database" does not exist' in one_line(told)


def test_a_database_without_a_schema(tmp_path: Path, empty_database: str) -> None:
    status, told = run(tmp_path, empty_database, "import", str(truth.path("t38-22")))
    assert (status, one_line(told)) == (2, "faxstore: the database has no schema of faxstore yet: run faxstore migrate")


def test_a_database_of_a_newer_schema(tmp_path: Path, dsn: str) -> None:
    with connect(dsn) as database:
        database.execute("update fax.alembic_version set version_num = '9999'")
    complaint = (
        f"the schema of the database is 9999, newer than this faxstore knows (up to {newest()}): upgrade faxstore"
    )
    with pytest.raises(UsageError) as refusal:
        check_schema(dsn)
    assert str(refusal.value) == complaint
    for command in (["import", str(truth.path("t38-22"))], ["migrate"]):
        status, told = run(tmp_path, dsn, *command)
        assert (status, one_line(told)) == (2, f"faxstore: {complaint}")
    with connect(dsn) as database:
        assert rows(database, "select * from fax.session_history") == []


def test_a_database_that_is_read_only(tmp_path: Path, dsn: str) -> None:
    with connect(dsn) as database:
        name = sql.Identifier(name_of(dsn))
        database.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
    status, told = run(tmp_path, dsn, "import", str(truth.path("t38-22")))
    assert status == 3
    assert "read-only" in one_line(told)


def test_a_database_that_leaves_in_the_middle_of_an_import(tmp_path: Path, dsn: str, whole: Whole) -> None:
    """One line, exit 3, and the next import goes on without a double or a hole."""
    text = "".join(capture.encode(line) + "\n" for line in recorded()).encode()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "--data-dir", str(tmp_path), "import"]
    with subprocess.Popen([*command, "--server", "pbx", "-"], cwd=tmp_path, env=environ | {"PYTHONPATH": str(ROOT)},
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(text[: len(text) // 2])
        process.stdin.flush()
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        with psycopg.connect(dsn, autocommit=True) as database:
            while not database.execute(f"{others} and application_name = 'faxstore'").fetchall():
                assert process.poll() is None
        process.stdin.write(text[len(text) // 2 :])
        process.stdin.close()
        told = process.stderr.read().decode()
        assert process.wait(30) == 3
    assert re.match(r"faxstore: .*(terminat|connection|lost).*", one_line(told))
    with psycopg.connect(dsn, autocommit=True) as database:
        imported(database, recorded())
        assert sessions(database) == whole(RECORDING)
