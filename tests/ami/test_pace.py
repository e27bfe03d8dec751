"""When the collector polls."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from faxstore.ami.poll_backoff import Stretch
from faxstore.ami.poller import Pace
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from tests.kit.fake_listener import SLOW, Heard, collecting, gaps, most_unanswered, polls
from tests.kit.fake_server import Client, FakeServer, Fax, fax_status


def test_the_start_of_a_fax_is_looked_at_at_once() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server, collecting(server, heard, **SLOW):
            await heard.until_mark("polled")
            server.sessions = [Fax(7, "send", "Active")]
            server.send(fax_status("Allocating Resources"))
            server.send(fax_status("FAX Transmission In Progress"))
            await heard.until_mark("polled", 2)
            return [action.get("SessionNumber") for action in server.asked("FAXSession")]

    assert asyncio.run(scenario()) == ["7"]


def test_a_flood_of_starts_does_not_make_a_flood_of_polls() -> None:
    async def scenario() -> int:
        heard = Heard()
        async with FakeServer() as server, collecting(server, heard, **SLOW):
            await heard.until_mark("polled")
            for number in range(200):
                server.send(fax_status("FAX Transmission In Progress", f"PJSIP/trunk-{number:08x}"))
                await asyncio.sleep(0.002)
            return len(server.asked("FAXSessions"))

    assert 2 <= asyncio.run(scenario()) <= 6


def test_polls_come_at_the_interval_of_what_is_live() -> None:
    async def scenario() -> tuple[list[float], list[float]]:
        heard = Heard()
        async with FakeServer() as server, collecting(server, heard, poll_interval=0.04, idle_interval=0.4):
            await heard.until_mark("polled", 3)
            idle = polls(heard)
            server.sessions = [Fax(7, "send", "Active")]
            await heard.until_mark("polled", 9)
            return gaps(idle), gaps(polls(heard)[4:])

    idle, live = asyncio.run(scenario())
    assert all(gap > 0.39 for gap in idle)
    assert all(gap > 0.039 for gap in live)
    assert min(live) < 0.3


def test_a_receiver_without_ecm_is_polled_every_quarter_second() -> None:
    async def scenario() -> list[float]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "receive", "Active", ecm="No")]
            async with collecting(server, heard, poll_interval=3.0, idle_interval=30.0):
                await heard.until_mark("polled", 4)
        return gaps(polls(heard))

    assert all(0.24 < gap < 2.0 for gap in asyncio.run(scenario()))


def test_slow_polls_do_not_overlap_and_the_lag_is_measured() -> None:
    async def slowly(client: Client, action: Message) -> None:
        await asyncio.sleep(0.1)
        client.server.on_faxsessions(client, action)

    async def scenario() -> tuple[int, float, float]:
        heard = Heard()
        async with FakeServer() as server:
            async with collecting(server, heard, poll_interval=0.05, idle_interval=0.05) as collector:
                await heard.until_mark("polled", 2)
                quick = collector.lag_seconds
                server.replies["FAXSessions"] = slowly
                await heard.until_mark("polled", 6)
                slow = collector.lag_seconds
            return most_unanswered(heard, "FAXSessions", "FAXSessionsComplete"), quick, slow

    most, quick, slow = asyncio.run(scenario())
    assert most == 1
    assert quick < 0.2 < slow


def test_the_next_poll_waits_until_the_lines_of_the_last_one_are_decoded() -> None:
    """On a machine that is short of time more answers would only wait behind what waits already."""

    class Busy(Heard):
        def __call__(self, line: Line) -> None:
            super().__call__(line)
            if line.text.startswith("Event: FAXStatus"):
                time.sleep(0.005)  # what decoding takes

    async def scenario() -> int:
        heard = Busy()
        async with FakeServer() as server, collecting(server, heard, poll_interval=0.02, idle_interval=0.02):
            await heard.until_mark("polled", 2)
            before = len(server.asked("FAXSessions"))
            server.send(fax_status("T.38 Negotiated") * 400)
            await heard.until(lambda: len(heard.events) >= 400)
            return len(server.asked("FAXSessions")) - before

    assert asyncio.run(scenario()) <= 3


def test_a_server_that_answers_slowly_is_polled_for_a_quarter_of_the_time(caplog: pytest.LogCaptureFixture) -> None:
    """Also where a receiver without ECM would be polled every quarter second, and where starts of faxes come."""

    async def slowly(client: Client, action: Message) -> None:
        client.send(fax_status("FAX Transmission In Progress"))
        await asyncio.sleep(0.15)
        client.server.on_faxsessions(client, action)

    async def scenario() -> tuple[list[float], list[float]]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "receive", "Active", ecm="No")]
            server.replies["FAXSessions"] = slowly
            async with collecting(server, heard, poll_interval=0.4, idle_interval=0.4):
                await heard.until_mark("polled", 6)
                slow = gaps(polls(heard))
                del server.replies["FAXSessions"]
                before = len(polls(heard))
                await heard.until_mark("polled", before + 6)
                quick = gaps(polls(heard)[before + 1 :])
        return slow, quick

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        slow, quick = asyncio.run(scenario())
    assert all(gap >= 0.6 for gap in slow)
    assert min(quick) < 0.4
    said = [
        record.message for record in caplog.records if "answers quickly" in record.message or "takes" in record.message
    ]
    assert len(said) == 2
    assert said[0].startswith("pbx1: a poll takes 0.")
    assert said[1] == "pbx1: the server answers quickly again; polls every 0.4 s"


def test_one_slow_poll_is_not_said_and_delays_the_next(caplog: pytest.LogCaptureFixture) -> None:
    stretch = Stretch("pbx1", 1.0)
    with caplog.at_level(logging.INFO, "faxstore.ami"):
        assert [stretch.least(took) for took in (0.1, 2.0, 2.0, 0.1)] == [0.4, 8.0, 8.0, 0.4]
        assert caplog.records == []
        assert [stretch.least(2.0) for _ in range(5)] == [8.0] * 5
    assert [record.message for record in caplog.records] == [
        "pbx1: a poll takes 2.00 s, so the next comes after 8.0 s instead of 1 s until the server is quicker"
    ]


def test_a_quiet_server_is_pinged_and_statistics_are_asked_again() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        pace = Pace(keepalive=0.05, stats=0.2)
        async with FakeServer() as server, collecting(server, heard, pace=pace, idle_interval=0.18):
            await server.until_asked("FAXStats", 3)
            return [action.get("Action") for action in server.ledger]

    actions = asyncio.run(scenario())
    assert actions[4:8] == ["FAXSessions", "Ping", "Ping", "Ping"]
    assert actions.count("FAXSessions") >= 3


def test_statistics_are_asked_at_both_ends_of_a_connection_and_each_minute() -> None:
    """What a gap missed is the difference between the last reading before it and the first one after it."""
    assert Pace().stats == 60.0

    async def scenario() -> tuple[list[str], list[float]]:
        heard = Heard()
        async with FakeServer() as server:
            async with collecting(server, heard, pace=Pace(stats=0.2)):
                await server.until_asked("FAXStats", 3)
            actions = [action.get("Action") for action in server.ledger]
        asked = [line.ts for line in heard.lines if line.dir == "out" and line.text.startswith("Action: FAXStats")]
        return actions, asked

    actions, asked = asyncio.run(scenario())
    assert actions.index("FAXStats") < actions.index("FAXSessions")
    assert actions[-2:] == ["FAXStats", "Logoff"]
    assert all(0.19 < gap < 0.5 for gap in gaps(asked[:-1]))
