"""The backlog: order, size limit, and the report of dropped events."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from faxstore.ami.backlog import LINE_OVERHEAD, Backlog
from faxstore.capture import marks
from faxstore.capture.recording import Line
from faxstore.observations import ServerObservation
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import connected
from tests.kit.fake_server import FakeServer

NOON = 1_795_392_000
EVENT = "Event: FAXStatus\r\nChannel: PJSIP/a-1\r\n\r\n"
ANSWER = "Event: FAXSession\r\nActionID: faxstore-01-7\r\nSessionNumber: 7\r\n\r\n"
ROOM_FOR_TEN = 10 * (len(EVENT) + LINE_OVERHEAD)


def line(number: int, text: str = EVENT) -> Line:
    return Line(NOON + number, "in", text)


def processed(scenario: Callable[[Backlog], Awaitable[None]], limit: int = ROOM_FOR_TEN) -> list[Line]:
    """Return the lines that the backlog passes on."""
    lines: list[Line] = []

    async def run() -> None:
        await scenario(Backlog("pbx1", lines.append, limit))

    asyncio.run(run())
    return lines


def test_lines_keep_their_order() -> None:
    async def scenario(backlog: Backlog) -> None:
        for number in range(5):
            backlog.put(line(number))
        await backlog.drain()

    assert processed(scenario) == [line(number) for number in range(5)]


def test_the_event_loop_runs_between_slices() -> None:
    iterations: list[int] = []

    def slow(_: Line) -> None:
        end = asyncio.get_running_loop().time() + 0.002
        while asyncio.get_running_loop().time() < end:
            pass

    async def scenario() -> None:
        backlog = Backlog("pbx1", slow)
        for number in range(50):
            backlog.put(line(number))
        draining = asyncio.ensure_future(backlog.drain())
        while not draining.done():
            iterations.append(1)
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert len(iterations) >= 20


def test_events_above_the_limit_are_dropped_but_not_answers_and_marks(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(backlog: Backlog) -> None:
        for number in range(30):
            backlog.put(Line(NOON + number / 100, "in", EVENT))
        backlog.put(line(30, ANSWER))
        backlog.put(Line(NOON + 31, "mark", "polled"))
        await backlog.drain()
        backlog.put(line(32))
        await backlog.drain()

    with caplog.at_level(logging.WARNING, "faxstore.ami"):
        lines = processed(scenario)
    kept = sum(one.text == EVENT for one in lines) - 1
    assert 8 <= kept <= 10
    *events, answer, polled, mark, last = lines
    assert [one.ts for one in events] == [NOON + number / 100 for number in range(kept)]
    assert (answer.text, polled.text, last.ts) == (ANSWER, "polled", NOON + 32)
    details = marks.dropped_details(mark.text)
    assert details is not None
    assert (details["Records"], details["From"][11:22], details["To"][11:]) == (
        str(30 - kept), f"00:00:00.{kept:02}", "00:00:00.290001+00:00",
    )  # fmt: skip
    assert [record.message for record in caplog.records] == [
        "pbx1: events arrive faster than they are decoded; "
        f"events above {ROOM_FOR_TEN / 2**20:g} MiB of waiting lines are dropped",
        f"pbx1: overflow ended; dropped {30 - kept} events",
    ]


def test_a_long_overflow_is_marked_every_ten_seconds_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(backlog: Backlog) -> None:
        for number in range(50):
            backlog.put(line(number))
            if number % 5 == 4:
                backlog._decode_next()
        await backlog.drain()

    with caplog.at_level(logging.WARNING, "faxstore.ami"):
        lines = processed(scenario)
    reported = [found for one in lines if one.dir == "mark" and (found := marks.dropped_details(one.text))]
    assert len(reported) > 2
    assert sum(int(str(one["Records"])) for one in reported) == 50 - sum(one.dir == "in" for one in lines)
    assert all(str(before["To"]) <= str(after["From"]) for before, after in itertools.pairwise(reported))
    assert len(caplog.records) == 2


def test_answers_do_not_wait_behind_events() -> None:
    def slow(_: Line) -> None:
        time.sleep(0.002)

    async def scenario() -> tuple[str, int]:
        backlog = Backlog("pbx1", slow)
        async with FakeServer() as server, connected(server, backlog.put) as connection:
            server.send(EVENT * 2000)
            (answer,) = await connection.request("Ping")
            waiting = len(backlog._lines)
            backlog._lines.clear()
        return answer.get("Ping"), waiting

    answer, waiting = asyncio.run(scenario())
    assert answer == "Pong"
    assert waiting > 1000


def test_flush_processes_every_waiting_line() -> None:
    async def scenario(backlog: Backlog) -> None:
        for number in range(5):
            backlog.put(line(number))
        backlog.flush()

    assert len(processed(scenario)) == 5


def test_the_reader_turns_the_mark_into_an_observation_of_the_server() -> None:
    line_reader = LineReader("pbx1")
    text = marks.dropped(NOON * 10**6, NOON * 10**6 + 999, 12, "too many: 16 MiB")
    (seen,) = line_reader.feed(Line(NOON, "mark", text))
    assert seen == ServerObservation(
        "pbx1", NOON * 10**6, "Dropped",
        {
            "Records": "12", "From": "2026-11-23T00:00:00.000000+00:00",
            "To": "2026-11-23T00:00:00.001000+00:00", "Reason": "too many: 16 MiB",
        },
    )  # fmt: skip
