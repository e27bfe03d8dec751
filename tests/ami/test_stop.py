"""How the collector takes its leave."""

from __future__ import annotations

import asyncio

import pytest

from faxstore.ami.collector import Collector, Patience
from faxstore.capture.message import Message
from tests.kit.fake_listener import SLOW, Heard, collecting, settings_of
from tests.kit.fake_server import Client, FakeServer, Fax, silent


def test_stopping_asks_for_statistics_and_logs_off() -> None:
    async def scenario() -> tuple[list[str], list[str]]:
        heard = Heard()
        async with FakeServer() as server:
            async with collecting(server, heard, **SLOW):
                await heard.until_mark("polled")
            return [action.get("Action") for action in server.ledger][-3:], heard.texts("mark")

    actions, marks = asyncio.run(scenario())
    assert actions == ["FAXSessions", "FAXStats", "Logoff"]
    assert marks == ["connected", "polled", "disconnected: closed by faxstore"]


def test_stopping_lets_a_poll_that_is_under_way_come_to_its_end() -> None:
    async def slowly(client: Client, action: Message) -> None:
        await asyncio.sleep(0.15)
        client.server.on_faxsession(client, action)

    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["FAXSession"] = slowly
            async with collecting(server, heard, **SLOW):
                await heard.until(lambda: any("FAXSession\r\n" in text for text in heard.texts("out")))
        return heard.texts("mark")

    assert asyncio.run(scenario()) == ["connected", "polled", "disconnected: closed by faxstore"]


@pytest.mark.parametrize("action", ["Login", "CoreStatus", "FAXSessions", "FAXSession", "Status", "FAXStats", "Logoff"])
def test_stopping_takes_less_than_three_seconds_wherever_the_server_falls_silent(action: str) -> None:
    async def scenario() -> tuple[float, list[str]]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies[action] = silent
            async with collecting(server, heard):
                await server.until_asked("FAXSessions" if action == "Logoff" else action)
                begun = asyncio.get_running_loop().time()
            return asyncio.get_running_loop().time() - begun, heard.texts("mark")

    seconds, marks = asyncio.run(scenario())
    assert seconds < 2.5
    assert marks[-1].startswith("disconnected: ")


def test_stopping_while_the_server_is_away_takes_no_time() -> None:
    async def scenario() -> float:
        heard = Heard()
        async with FakeServer() as server:
            pass
        async with collecting(server, heard, patience=Patience(network=(3600, 3600))):
            await heard.until_mark("connect:")
            begun = asyncio.get_running_loop().time()
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(scenario()) < 0.5


@pytest.mark.parametrize("action", ["Login", "FAXSessions", "FAXSession", "Status"])
def test_cancelling_ends_the_connection_too(action: str) -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies[action] = silent
            running = asyncio.ensure_future(Collector(settings_of(server), heard).run(asyncio.Event()))
            await server.until_asked(action)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await server.changes.until(lambda: server.clients[0].over)
            assert len(asyncio.all_tasks()) <= 2, "the test's own, and perhaps the fake server's"
        return heard.texts("mark")

    polled = ["polled"] if action == "Status" else []
    assert asyncio.run(scenario()) == ["connected", *polled, "disconnected: faxstore was stopped"]
