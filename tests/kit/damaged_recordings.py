"""Recordings of real servers with something wrong in them, imported and read back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.ingest.importer import Summary, import_lines
from tests.kit import truth
from tests.kit.databases import fresh

RECORDING = "names-22"
"""Two faxes with all their events, one of them failed, and file names with an accent."""
Row = dict[str, Any]
PLACE = {"first_position", "last_position"}
"""Columns that depend on the other rows of the history."""
WATCHING = {"overlaps_gap", "ended_not_before", "ended_not_after", "poll_gap_seconds", "bad_lines_lower_bound"}
"""Columns that depend on how often the session was polled: a bad message costs one poll."""
LIVE = 0
"""The number of the session that sends during the whole recording."""
Originals = Callable[[str], list[Row]]


def recorded(recording: str = RECORDING) -> list[Line]:
    return list(capture.read(str(truth.path(recording))))


def imported(database: psycopg.Connection, lines: list[Line]) -> Summary:
    return import_lines(database, "pbx", lines, lambda _: None)


def rows(database: psycopg.Connection, query: str, *parameters: object) -> list[Row]:
    return database.cursor(row_factory=dict_row).execute(query.encode(), parameters).fetchall()


def sessions(database: psycopg.Connection, *without: str) -> list[Row]:
    """All sessions in a fixed order, without the columns that damage may change, and without these."""
    query = "select * from fax.sessions order by server, started_at, session_number"
    return [
        {name: value for name, value in row.items() if name not in PLACE | WATCHING | set(without)}
        for row in rows(database, query)
    ]


def rejected(database: psycopg.Connection) -> list[tuple[str, str]]:
    """Reason and raw text of the rejected messages, in order of time."""
    query = "select reason, raw from fax.rejected_messages where server = 'pbx' order by observed_at"
    return [(row["reason"], row["raw"].decode()) for row in rows(database, query)]


def without(sessions: list[Row], *without: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in without} for row in sessions]


def middle(lines: list[Line]) -> int:
    """The index of a request for a list in the middle of the fax."""
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


def live_snapshot(lines: list[Line]) -> str:
    """The last snapshot of the live session before the middle."""
    snapshots = [line.text for line in lines[: middle(lines)] if f"\r\nSessionNumber: {LIVE}\r\n" in line.text]
    return next(text for text in reversed(snapshots) if text.startswith("Event: FAXSession\r\n"))


def with_header(text: str, name: str, value: str) -> str:
    changed, count = re.subn(rf"\r\n{name}: [^\r]*", lambda _: f"\r\n{name}: {value}", text)
    assert count == 1
    return changed


def reconnected(lines: list[Line], at: int, uptime: int) -> list[Line]:
    """The lines with a lost connection and a new one in place of the line at that index."""
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


@pytest.fixture(scope="session")
def originals(server: str, template: str) -> Originals:
    """Returns the sessions of an undamaged recording, to compare with."""
    known: dict[str, list[Row]] = {}

    def of(recording: str) -> list[Row]:
        if recording not in known:
            with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
                imported(database, recorded(recording))
                known[recording] = sessions(database)
                assert rejected(database) == []
        return known[recording]

    return of
