"""Stopping and cancelling a collector."""

from __future__ import annotations

import asyncio

import pytest

from faxstore.ami.collector import Collector, RetryDelays
from faxstore.capture.message import Message
from tests.kit.fake_listener import RARE_POLLS, FakeListener, collecting, settings_of
from tests.kit.fake_server import Client, FakeServer, Fax, no_reply
from tests.kit.played_time import play


def test_stopping_requests_statistics_and_logs_off() -> None:
    async def scenario() -> tuple[list[str], list[str]]:
        listener = FakeListener()
        async with FakeServer() as server:
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until_mark("polled")
            return [action.get("Action") for action in server.received][-3:], listener.texts("mark")

    actions, marks = play(scenario())
    assert actions == ["FAXSessions", "FAXStats", "Logoff"]
    assert marks == ["connected", "polled", "disconnected: closed by faxstore"]


def test_a_poll_under_way_is_completed() -> None:
    async def slow_detail(client: Client, action: Message) -> None:
        await asyncio.sleep(0.15)
        client.server.on_faxsession(client, action)

    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["FAXSession"] = slow_detail
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until(lambda: any("FAXSession\r\n" in text for text in listener.texts("out")))
        return listener.texts("mark")

    assert play(scenario()) == ["connected", "polled", "disconnected: closed by faxstore"]


@pytest.mark.parametrize("action", ["Login", "CoreStatus", "FAXSessions", "FAXSession", "Status", "FAXStats", "Logoff"])
def test_stopping_takes_less_than_three_seconds_with_a_silent_server(action: str) -> None:
    async def scenario() -> tuple[float, list[str]]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies[action] = no_reply
            async with collecting(server, listener):
                await server.until_requested("FAXSessions" if action == "Logoff" else action)
                begun = asyncio.get_running_loop().time()
            return asyncio.get_running_loop().time() - begun, listener.texts("mark")

    seconds, marks = play(scenario())
    assert seconds < 2.5
    assert marks[-1].startswith("disconnected: ")


def test_stopping_while_disconnected_is_immediate() -> None:
    async def scenario() -> float:
        listener = FakeListener()
        async with FakeServer() as server:
            pass
        async with collecting(server, listener, retry_delays=RetryDelays(network=(3600, 3600))):
            await listener.until_mark("connect:")
            begun = asyncio.get_running_loop().time()
        return asyncio.get_running_loop().time() - begun

    assert play(scenario()) < 0.5


@pytest.mark.parametrize("action", ["Login", "FAXSessions", "FAXSession", "Status"])
def test_cancelling_ends_the_connection(action: str) -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies[action] = no_reply
            running = asyncio.ensure_future(Collector(settings_of(server), listener).run(asyncio.Event()))
            await server.until_requested(action)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await server.changes.until(lambda: server.clients[0].over)
            assert len(asyncio.all_tasks()) <= 2, "the test's task, and perhaps the fake server's"
        return listener.texts("mark")

    polled = ["polled"] if action == "Status" else []
    assert play(scenario()) == ["connected", *polled, "disconnected: faxstore was stopped"]
