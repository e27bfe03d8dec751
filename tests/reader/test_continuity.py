"""Requests and answers show whether lines are missing between two pieces of a recording."""

from __future__ import annotations

import pytest

from faxstore.capture.recording import Line
from faxstore.reader.line_reader import LineReader
from tests.kit.damaged_recordings import recorded

LINES = recorded("rates-22")


def misses(first: int, following: int) -> bool:
    """Return whether lines seem to be missing if a reader read the first lines and these follow."""
    before, after = LineReader("pbx"), LineReader("pbx")
    for line in LINES[:first]:
        before.feed(line)
    after.resume(before.state())
    return after.misses(LINES[following : following + 1000])


def where(begin: str, count: int) -> int:
    """Return the index of one of the lines that begin so."""
    return [at for at, line in enumerate(LINES) if line.text.startswith(begin)][count]


@pytest.mark.parametrize("cut", range(12, len(LINES), 97))
def test_no_line_is_missing_in_the_recording_itself(cut: int) -> None:
    assert not misses(cut, cut)


def test_a_missing_poll_shows_in_the_numbers_of_the_requests() -> None:
    first, second, _ = (where("Action: FAXSessions\r\n", count) for count in (8, 9, 10))
    assert not misses(first, first)
    assert misses(first, second)


def test_a_missing_request_or_entry_shows() -> None:
    request, entry = where("Action: FAXSessions\r\n", 20), where("Event: FAXSessionsEntry", 60)
    assert misses(request, request + 1)
    assert misses(entry, entry + 1)


def test_events_alone_show_nothing() -> None:
    event = where("Event: VarSet", 200)
    assert not misses(event, event + 1)


def test_a_recording_without_requests_shows_nothing() -> None:
    line_reader = LineReader("pbx")
    for line in LINES[:500]:
        if line.dir == "in":
            line_reader.feed(line)
    assert not line_reader.misses([Line(LINES[600].ts, "in", LINES[600].text), *LINES[700:]])


@pytest.mark.parametrize("sessions", [5, 300, 1500])
def test_the_numbers_of_faxstores_own_requests(sessions: int) -> None:
    """All requests of a connection are numbered; a poll of many sessions takes more numbers than are remembered."""

    def poll(first: int) -> list[Line]:
        ids = range(first, first + sessions + 1)
        actions = ["FAXSessions", *(f"FAXSession\r\nSessionNumber: {number}" for number in range(sessions))]
        requests = zip(actions, (f"ActionID: faxstore-0f12-{number}" for number in ids), strict=True)
        lines = [Line(1000.0 + first, "out", f"Action: {action}\r\n{own_id}\r\n\r\n") for action, own_id in requests]
        grants = [
            Line(line.ts, "in", f"Response: Success\r\nActionID: faxstore-0f12-{number}\r\nMessage: x\r\n\r\n")
            for line, number in zip(lines, ids, strict=True)
        ]
        return [*lines, *grants]

    polls = [poll(first) for first in range(1, 10 * (sessions + 1), sessions + 1)]
    before, after, later = LineReader("pbx"), LineReader("pbx"), LineReader("pbx")
    for line in [line for lines in polls[:8] for line in lines]:
        before.feed(line)
    after.resume(before.state())
    later.resume(before.state())
    assert not after.misses(polls[8])
    assert later.misses(polls[9])
