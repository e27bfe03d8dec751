"""By the clock, the recording advances whether or not anyone polls."""

from __future__ import annotations

import asyncio

import pytest

from faxstore.demo.pacing import ByClock
from faxstore.demo.server import ReplayServer
from tests.kit.replay_client import Client, Script


def test_the_answers_are_those_of_the_current_position() -> None:
    script = Script().login().poll(1).detail(1, pages=1).wait(3).poll(1, 2).detail(2, pages=0).wait(3).poll()

    async def play() -> tuple[list[list[int]], set[tuple[int, str]]]:
        lists: list[list[int]] = []
        details = set()
        async with ReplayServer(script.recording(), ByClock(20)) as server, await Client.login(server.port) as client:
            while not server.finished.is_set():
                listed = await client.listed()
                lists += [listed] if [listed] != lists[-1:] else []
                for number in listed:
                    answer = await client.ask("FAXSession", SessionNumber=str(number))
                    details |= {(number, answer[-1].get("PagesReceived"))} if len(answer) == 2 else set()
            return [*lists, await client.listed()], details

    lists, details = asyncio.run(play())
    assert lists[:3] == [[1], [1, 2], []]
    assert details == {(1, "1"), (2, "0")}


def test_events_arrive_at_their_times_without_a_poll() -> None:
    recording = Script().login().poll().event("a").event("b").poll().event("c").recording()

    async def play() -> list[str]:
        async with ReplayServer(recording, ByClock(40)) as server, await Client.login(server.port) as client:
            assert (await client.next()).event == "FullyBooted"
            return [(await client.next()).get("Name") for _ in range(3)]

    assert asyncio.run(play()) == ["a", "b", "c"]


def test_a_later_client_gets_only_later_events() -> None:
    recording = Script().login().poll().event("a").wait(10).event("b").event("c").recording()

    async def play() -> list[str]:
        async with ReplayServer(recording, ByClock(20)) as server, await Client.login(server.port) as early:
            while (await early.next()).get("Name") != "a":
                pass
            async with await Client.login(server.port) as late:
                assert (await late.next()).event == "FullyBooted"
                return [(await late.next()).get("Name") for _ in range(2)]

    assert asyncio.run(play()) == ["b", "c"]


def test_the_clock_waits_for_the_first_login() -> None:
    recording = Script().login().poll().event("a").recording()

    async def play() -> None:
        async with ReplayServer(recording, ByClock(1e6)) as server:
            async with await Client.connect(server.port):
                assert not server.finished.is_set()
            async with await Client.login(server.port) as client:
                assert (await client.next()).event == "FullyBooted"
                assert (await client.next()).get("Name") == "a"

    asyncio.run(play())


def test_the_clock_can_start_with_the_server() -> None:
    recording = Script().login().poll().poll(1).recording()

    async def play() -> list[int]:
        async with ReplayServer(recording, ByClock(1e6, from_first_login=False)) as server:
            async with asyncio.timeout(10):
                await server.finished.wait()
            async with await Client.login(server.port) as client:
                return await client.listed()

    assert asyncio.run(play()) == [1]


def test_a_restart_closes_all_connections_for_its_recorded_time() -> None:
    script = Script().login(uptime=2).poll(1).event("going").mark("disconnected")
    script.wait(20).login(uptime=0).poll(0)

    async def play() -> None:
        async with ReplayServer(script.recording(), ByClock(20)) as server, await Client.login(server.port) as client:
            names = [message.get("Name") or message.event for message in await client.rest()]
            assert names == ["FullyBooted", "going"]
            with pytest.raises(ConnectionRefusedError):
                await Client.connect(server.port)
            async with asyncio.timeout(10):
                await server.finished.wait()
            async with await Client.login(server.port) as back:
                assert await back.listed() == [0]

    asyncio.run(play())
