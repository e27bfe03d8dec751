"""In lock-step a client misses nothing, however slow it is."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

import faxstore.demo
from faxstore.capture.message import Message, parse
from faxstore.demo.answers import addressed
from faxstore.demo.recording import DETAIL, LIST, Segment, load
from faxstore.demo.server import ReplayServer
from tests.kit.replay_client import Client, Script

RECORDINGS = sorted((Path(faxstore.demo.__file__).parent / "recordings").glob("*.jsonl.gz"))


async def reconnect(port: int) -> Client:
    """Log in as soon as the server is up again."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await Client.login(port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)


def names(messages: list[Message]) -> list[str]:
    return [message.get("Name") for message in messages if message.event == "UserEvent"]


def test_every_recorded_list_is_served_once_and_the_last_one_repeatedly() -> None:
    async def play() -> list[list[int]]:
        recording = Script().login().poll().poll(1).poll(1, 2).poll(2).poll().recording()
        async with ReplayServer(recording) as server, await Client.login(server.port) as client:
            return [await client.listed() for _ in range(7)]

    assert asyncio.run(play()) == [[], [1], [1, 2], [2], [], [], []]


def test_details_are_those_recorded_with_the_list() -> None:
    async def play() -> list[str]:
        script = Script().login().poll(1).detail(1, pages=1).poll(1).detail(1, pages=2).poll(1).poll()
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            said = []
            for _ in range(4):
                await client.listed()
                answer = await client.ask("FAXSession", SessionNumber="1")
                said.append(answer[-1].get("PagesReceived") or answer[-1].get("Message"))
            return said

    # The third list was recorded without details, so the previous ones apply.
    assert asyncio.run(play()) == ["1", "2", "2", "Session not found"]


def test_a_recorded_refusal_of_a_detail_is_played_too() -> None:
    script = Script().login().poll(1)
    script.sent("Action: FAXSession", "ActionID: d", "SessionNumber: 1")
    script.came("Response: Error", "ActionID: d", "Message: Session not found").poll()

    async def play() -> list[Message]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            assert await client.listed() == [1]
            return await client.ask("FAXSession", SessionNumber="1")

    (refused,) = asyncio.run(play())
    assert refused.get("Message") == "Session not found"


def test_events_come_in_the_recorded_order_between_the_answers() -> None:
    script = Script().login().event("a").poll(1).event("b").detail(1, pages=1).event("c").poll().event("d")

    async def play() -> list[str]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            await client.listed()
            await client.ask("FAXSession", SessionNumber="1")
            await client.listed()
            await client.listed()
            return [message.get("Name") or message.event or message.response for message in client.heard]

    poll = ["Success", "FAXSessionsComplete"]
    assert asyncio.run(play()) == [
        *("Success", "FullyBooted"),
        *("a", "Success", "FAXSessionsEntry", "FAXSessionsComplete"),
        *("b", "Success", "FAXSession"),
        *("c", *poll),
        *("d", *poll),
    ]


def test_the_events_of_a_detail_that_is_not_requested_come_before_the_next_list() -> None:
    script = Script().login().poll(1).event("b").detail(1, pages=1).event("c").poll()

    async def play() -> list[str]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            await client.listed()
            await client.listed()
            return names(client.events)

    assert asyncio.run(play()) == ["b", "c"]


def test_finished_means_that_the_leader_has_polled_after_the_last_list() -> None:
    async def play() -> list[bool]:
        recording = Script().login().poll(1).poll().event("last").recording()
        async with ReplayServer(recording) as server, await Client.login(server.port) as client:
            said = []
            for _ in range(3):
                await client.listed()
                said.append(server.finished.is_set())
            assert names(client.events) == ["last"]
            assert server.playback.progress == 1
            return said

    assert asyncio.run(play()) == [False, False, True]


def test_a_second_client_sees_the_same_and_does_not_advance_the_playback() -> None:
    async def play() -> None:
        recording = Script().login().poll(1).event("a").poll(2).event("b").poll(3).recording()
        async with (
            ReplayServer(recording) as server,
            await Client.login(server.port) as leader,
            await Client.login(server.port) as other,
        ):
            assert await leader.listed() == [1]
            assert await other.listed() == [1]
            assert await other.listed() == [1]
            assert await leader.listed() == [2]
            assert await other.listed() == [2]
            assert names(other.events) == ["a"]
            async with leader:
                await leader.ask("Logoff")
            # The next client that polls becomes the leader.
            assert await other.listed() == [3]
            assert names(other.events) == ["a", "b"]

    asyncio.run(play())


def test_a_restart_closes_all_connections_and_refuses_new_ones_for_a_while() -> None:
    script = Script().login(uptime=3).poll(1).event("going").mark("disconnected").wait(20).login(uptime=2).poll(0)

    async def play() -> tuple[int, int]:
        async with ReplayServer(script.recording(), speed=20) as server, await Client.login(server.port) as client:
            first = int((await client.next()).get("Uptime"))
            assert await client.listed() == [1]
            bystander = await Client.login(server.port)
            with pytest.raises(asyncio.IncompleteReadError):
                await client.listed()
            assert names(client.events) == ["going"]
            assert names(await bystander.rest()) == ["going"]
            with pytest.raises(ConnectionRefusedError):
                await Client.connect(server.port)
            async with bystander, await reconnect(server.port) as back:
                second = int((await back.next()).get("Uptime"))
                assert await back.listed() == [0]
        return first, second

    first, second = asyncio.run(play())
    assert first - second >= 4  # starts within 2 s of each other would count as one


def test_a_lost_connection_is_no_restart_if_the_server_stayed_up() -> None:
    # Twelve lines, half a second each, are between the first and the second FullyBooted.
    script = Script().login(uptime=10).poll(1).mark("disconnected").login(uptime=10 + 5).poll(1)
    segments = script.recording().segments
    assert segments[0].started_at == pytest.approx(segments[1].started_at, abs=1)

    async def play() -> list[float]:
        starts = []
        async with ReplayServer(script.recording()) as server:
            for _ in segments:
                async with await reconnect(server.port) as client:
                    starts.append(time.time() - int((await client.next()).get("Uptime")))
                    assert await client.listed() == [1]
                    await asyncio.gather(client.listed(), return_exceptions=True)
        return starts

    first, second = asyncio.run(play())
    assert abs(first - second) <= 1.5


def test_with_a_speed_an_answer_waits_for_its_recorded_time() -> None:
    recording = Script().login().poll().poll().poll().recording()  # 3 lines, so 1.5 s, from list to list

    async def play() -> float:
        async with ReplayServer(recording, speed=15) as server, await Client.login(server.port) as client:
            await client.listed()
            start = time.monotonic()
            await client.listed()
            await client.listed()
            return time.monotonic() - start

    assert 0.19 <= asyncio.run(play()) < 2


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.partition(".")[0])
def test_a_real_recording_is_served_completely(path: Path) -> None:
    """Every list, detail and event reaches the client once and in order."""
    recording = load(path)

    async def play() -> list[list[Message]]:
        heard = []
        async with ReplayServer(recording) as server:
            while not server.finished.is_set():
                async with await reconnect(server.port) as client:
                    await poll_to_the_end(client, server)
                    heard.append(client.heard)
        return heard

    heard = asyncio.run(play())
    assert len(heard) == len(recording.segments)
    for segment, messages in zip(recording.segments, heard, strict=True):
        assert played(messages) == expected(segment, last=segment is recording.segments[-1])


async def poll_to_the_end(client: Client, server: ReplayServer) -> None:
    """Poll, and request the details of every listed session, until the recording or the connection ends."""
    try:
        while not server.finished.is_set():
            for entry in await client.ask("FAXSessions"):
                if entry.event == "FAXSessionsEntry" and not server.finished.is_set():
                    await client.ask("FAXSession", SessionNumber=entry.get("SessionNumber"))
    except (asyncio.IncompleteReadError, ConnectionError):
        return


def bare(message: Message) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in message if key not in ("ActionID", "Uptime", "LastReload"))


def played(messages: list[Message]) -> list[tuple[tuple[str, str], ...]]:
    """The messages after the login and its FullyBooted."""
    return [bare(message) for message in messages[2:]]


def expected(segment: Segment, *, last: bool) -> list[tuple[tuple[str, str], ...]]:
    """Every event, list and detail as recorded, and the last list again for the final poll."""
    kept = [step for step in segment.steps if step.action in ("", LIST, DETAIL)]
    again = [step for step in kept if step.action == LIST][-1:] if last else []
    return [bare(parse(text)) for step in kept + again for text in step.messages]


def test_an_answer_has_the_action_id_of_its_request() -> None:
    text = "Response: Success\r\nActionID: poll-1\r\nMessage: m\r\n\r\n"
    assert addressed(text, "mine") == "Response: Success\r\nActionID: mine\r\nMessage: m\r\n\r\n"
    assert addressed(text, "") == "Response: Success\r\nMessage: m\r\n\r\n"
    assert addressed("Event: FAXSession\r\n\r\n", "mine") == "Event: FAXSession\r\nActionID: mine\r\n\r\n"


def test_the_bundled_recordings_show_what_the_demo_promises() -> None:
    found: Counter[str] = Counter()
    for path in RECORDINGS:
        for segment in load(path).segments:
            found["segments"] += 1
            for step in segment.steps:
                found["failed"] += any("Variable: FAXSTATUS\r\nValue: FAILED" in text for text in step.messages)
                found["bad lines"] += step.action == DETAIL and "TotalBadLines: 0\r\n" not in step.messages[-1]
    assert found["segments"] > len(RECORDINGS)  # at least one restart
    assert found["failed"] > 0
    assert found["bad lines"] > 0
