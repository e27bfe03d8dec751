"""The times at which the poller polls, and its requests between polls."""

from __future__ import annotations

import asyncio
import logging

import pytest

from faxstore.ami.backoff import PollBackoff
from faxstore.ami.poller import PollTimings
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from tests.kit.fake_listener import RARE_POLLS, FakeListener, collecting, gaps, max_unanswered, polls
from tests.kit.fake_server import Client, FakeServer, Fax, fax_status
from tests.kit.played_time import busy, play


def test_the_start_of_a_fax_triggers_a_poll() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server, collecting(server, listener, **RARE_POLLS):
            await listener.until_mark("polled")
            server.sessions = [Fax(7, "send", "Active")]
            server.send(fax_status("Allocating Resources"))
            server.send(fax_status("FAX Transmission In Progress"))
            await listener.until_mark("polled", 2)
            return [action.get("SessionNumber") for action in server.requests("FAXSession")]

    assert play(scenario()) == ["7"]


@pytest.mark.parametrize(("poll_interval", "between"), [(0.2, 0.2), (3600.0, 1.0)])
def test_starts_do_not_raise_the_rate_of_polls(poll_interval: float, between: float) -> None:
    """Faxes begin all the time on a large server: it is polled at the poll interval, or once per second if sooner."""

    async def scenario() -> list[float]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            async with collecting(server, listener, poll_interval=poll_interval, idle_interval=3600.0):
                await listener.until_mark("polled")
                while len(polls(listener)) < 4:
                    server.send(fax_status("FAX Transmission In Progress"))
                    await asyncio.sleep(0.01)
        return gaps(polls(listener))

    found = play(scenario())
    assert found[:3] == pytest.approx([between] * 3, abs=0.011)


def test_the_interval_depends_on_live_faxes() -> None:
    async def scenario() -> tuple[list[float], list[float]]:
        listener = FakeListener()
        async with FakeServer() as server, collecting(server, listener, poll_interval=0.04, idle_interval=0.4):
            await listener.until_mark("polled", 3)
            idle = polls(listener)
            server.sessions = [Fax(7, "send", "Active")]
            await listener.until_mark("polled", 9)
            return gaps(idle), gaps(polls(listener)[4:])

    idle, live = play(scenario())
    assert idle[:2] == pytest.approx([0.4] * 2, abs=0.001)
    assert live[:4] == pytest.approx([0.04] * 4, abs=0.001)


def test_a_receiver_without_ecm_is_polled_every_quarter_second() -> None:
    async def scenario() -> list[float]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "receive", "Active", ecm="No")]
            async with collecting(server, listener, poll_interval=3.0, idle_interval=30.0):
                await listener.until_mark("polled", 4)
        return gaps(polls(listener))

    assert play(scenario()) == pytest.approx([0.25] * 3, abs=0.001)


def test_polls_never_overlap_and_the_lag_is_measured() -> None:
    async def slow_list(client: Client, action: Message) -> None:
        await asyncio.sleep(0.1)
        client.server.on_faxsessions(client, action)

    async def scenario() -> tuple[int, float, float]:
        listener = FakeListener()
        async with FakeServer() as server:
            async with collecting(server, listener, poll_interval=0.05, idle_interval=0.05) as collector:
                await listener.until_mark("polled", 2)
                quick = collector.lag_seconds
                server.replies["FAXSessions"] = slow_list
                await listener.until_mark("polled", 6)
                slow = collector.lag_seconds
            return max_unanswered(listener, "FAXSessions", "FAXSessionsComplete"), quick, slow

    most, quick, slow = play(scenario())
    assert most == 1
    assert quick < 0.2 < slow


def test_the_next_poll_waits_until_the_lines_of_the_last_one_are_decoded() -> None:
    """On a busy machine, further answers would only lengthen the backlog."""

    class Busy(FakeListener):
        def __call__(self, line: Line) -> None:
            super().__call__(line)
            if line.text.startswith("Event: FAXStatus"):
                busy(0.005)  # the time that decoding takes

    async def scenario() -> int:
        listener = Busy()
        async with FakeServer() as server, collecting(server, listener, poll_interval=0.02, idle_interval=0.02):
            await listener.until_mark("polled", 2)
            before = len(server.requests("FAXSessions"))
            server.send(fax_status("T.38 Negotiated") * 400)
            await listener.until(lambda: len(listener.events) >= 400)
            return len(server.requests("FAXSessions")) - before

    assert play(scenario()) <= 3


def test_polls_of_a_slow_server_take_a_quarter_of_the_time(caplog: pytest.LogCaptureFixture) -> None:
    """This holds for a receiver without ECM, polled every 0.25 s otherwise, and despite starts of faxes."""

    async def slow_list(client: Client, action: Message) -> None:
        client.send(fax_status("FAX Transmission In Progress"))
        await asyncio.sleep(0.15)
        client.server.on_faxsessions(client, action)

    async def scenario() -> tuple[list[float], list[float]]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "receive", "Active", ecm="No")]
            server.replies["FAXSessions"] = slow_list
            async with collecting(server, listener, poll_interval=0.4, idle_interval=0.4):
                await listener.until_mark("polled", 6)
                slow = gaps(polls(listener))
                del server.replies["FAXSessions"]
                before = len(polls(listener))
                await listener.until_mark("polled", before + 6)
                quick = gaps(polls(listener)[before + 1 :])
        return slow, quick

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        slow, quick = play(scenario())
    assert slow[:5] == pytest.approx([0.6] * 5, abs=0.001)
    assert quick[-3:] == pytest.approx([0.25] * 3, abs=0.001)
    messages = [
        record.message for record in caplog.records if "is fast again" in record.message or "is slow" in record.message
    ]
    assert len(messages) == 2
    assert messages[0].startswith("pbx1: the server is slow: it takes 0.")
    assert messages[1] == "pbx1: the server is fast again; polling every 0.4 s"


def test_one_slow_poll_delays_the_next_and_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    backoff = PollBackoff("pbx1", 1.0)
    with caplog.at_level(logging.INFO, "faxstore.ami"):
        assert [backoff.min_interval(took) for took in (0.1, 2.0, 2.0, 0.1)] == [0.4, 8.0, 8.0, 0.4]
        assert caplog.records == []
        assert [backoff.min_interval(2.0) for _ in range(5)] == [8.0] * 5
    assert [record.message for record in caplog.records] == [
        "pbx1: the server is slow: it takes 2.00 s to answer a poll; polling every 8.0 s instead of 1 s"
    ]


def test_a_ping_between_rare_polls_and_repeated_statistics() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        timings = PollTimings(keepalive=0.05, stats=0.2)
        async with FakeServer() as server, collecting(server, listener, timings=timings, idle_interval=0.18):
            await server.until_requested("FAXStats", 3)
            return [action.get("Action") for action in server.received]

    actions = play(scenario())
    assert actions[4:8] == ["FAXSessions", "Ping", "Ping", "Ping"]
    assert actions.count("FAXSessions") >= 3


def test_statistics_are_requested_at_both_ends_of_a_connection_and_each_minute() -> None:
    """The faxes missed in a gap are the difference between the readings before and after it."""
    assert PollTimings().stats == 60.0

    async def scenario() -> tuple[list[str], list[float]]:
        listener = FakeListener()
        async with FakeServer() as server:
            async with collecting(server, listener, timings=PollTimings(stats=0.2)):
                await server.until_requested("FAXStats", 3)
            actions = [action.get("Action") for action in server.received]
        queried = [line.ts for line in listener.lines if line.dir == "out" and line.text.startswith("Action: FAXStats")]
        return actions, queried

    actions, queried = play(scenario())
    assert actions.index("FAXStats") < actions.index("FAXSessions")
    assert actions[-2:] == ["FAXStats", "Logoff"]
    assert gaps(queried[:-1]) == pytest.approx([0.2] * (len(queried) - 2), abs=0.051)
