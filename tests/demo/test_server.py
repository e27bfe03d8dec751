"""What every client of the played server gets."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import pytest

from faxstore.capture.message import Message
from faxstore.demo.server import ReplayServer
from tests.kit.replay_client import Client, Script

FAX = Script().login(uptime=40).stats(0).poll(5).detail(5, pages=1).stats(9).poll().recording()


def test_the_greeting_and_the_login_are_those_of_the_recording() -> None:
    async def play() -> None:
        async with ReplayServer(FAX) as server, await Client.login(server.port) as client:
            assert client.greeting == "Asterisk Call Manager/7.0.3\r\n"
            assert client.heard[0].get("Message") == "Authentication accepted"
            assert (await client.next()).event == "FullyBooted"

    asyncio.run(play())


@pytest.mark.parametrize("login", [{"Username": "faxstore", "Secret": "wrong"}, {"Username": "other"}, {}])
def test_a_wrong_login_is_refused_and_closes_the_connection(login: dict[str, str]) -> None:
    async def play() -> None:
        async with ReplayServer(FAX) as server, await Client.connect(server.port) as client:
            (refused,) = await client.ask("Login", **login)
            assert (refused.response, refused.get("Message")) == ("Error", "Authentication failed")
            assert await client.rest() == []

    asyncio.run(play())


def test_a_request_before_the_login_is_refused() -> None:
    async def play() -> list[Message]:
        async with ReplayServer(FAX) as server, await Client.connect(server.port) as client:
            return await client.ask("FAXSessions")

    (refused,) = asyncio.run(play())
    assert refused.get("Message") == "Permission denied"


def test_uptime_and_core_status_give_all_clients_one_start() -> None:
    async def play() -> tuple[list[float], Message]:
        starts = []
        async with ReplayServer(FAX) as server:
            for _ in range(2):
                async with await Client.login(server.port) as client:
                    booted = await client.next()
                    starts.append(time.time() - int(booted.get("Uptime")))
                    (status,) = await client.ask("CoreStatus")
        return starts, status

    starts, status = asyncio.run(play())
    text = datetime.fromisoformat(f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}")
    assert abs(starts[0] - starts[1]) <= 1.5
    assert abs(text.timestamp() - starts[0]) <= 1.5
    recorded = 40 - 2  # FullyBooted came 2 s after the connection
    assert time.time() - starts[0] == pytest.approx(recorded, abs=2.5)


def test_without_a_recorded_start_the_server_reports_no_start() -> None:
    async def play() -> tuple[Message, list[Message]]:
        recording = Script().login(uptime=None).poll().recording()
        async with ReplayServer(recording) as server, await Client.login(server.port) as client:
            (status,) = await client.ask("CoreStatus")
            await client.ask("FAXSessions")
            return status, client.events

    status, events = asyncio.run(play())
    assert status.get("Message") == "Permission denied"
    assert events == []


def test_the_other_actions_are_answered_as_asterisk_answers_them() -> None:
    async def play() -> None:
        async with ReplayServer(FAX) as server, await Client.login(server.port) as client:
            (settings,) = await client.ask("CoreSettings")
            assert settings.get("AMIversion") == "7.0.3"
            (pong,) = await client.ask("Ping")
            assert float(pong.get("Timestamp")) == pytest.approx(time.time(), abs=5)
            (unknown,) = await client.ask("FAXNothing")
            assert unknown.get("Message") == (
                "Invalid/unknown command: FAXNothing. Use Action: ListCommands to show available commands."
            )
            (goodbye,) = await client.ask("Logoff")
            assert goodbye.response == "Goodbye"
            assert await client.rest() == []

    asyncio.run(play())


@pytest.mark.parametrize(
    ("number", "said"), [("77", "Session not found"), ("abc", "Invalid session ID"), ("", "Invalid session ID")]
)
def test_an_unknown_session_is_not_found(number: str, said: str) -> None:
    async def play() -> list[Message]:
        async with ReplayServer(FAX) as server, await Client.login(server.port) as client:
            return await client.ask("FAXSession", SessionNumber=number)

    (refused,) = asyncio.run(play())
    assert refused.get("Message") == said


def test_stats_are_those_of_the_current_position() -> None:
    async def play() -> list[str]:
        async with ReplayServer(FAX) as server, await Client.login(server.port) as client:
            done = []
            for _ in range(3):
                done.append((await client.ask("FAXStats"))[1].get("CompletedFAXes"))
                await client.ask("FAXSessions")
            return done

    assert asyncio.run(play()) == ["0", "0", "9"]


def test_the_status_of_a_channel_is_the_one_recorded_with_the_list() -> None:
    script = Script().login().poll(5).status("PJSIP/a", "100").poll(5).poll(6).status("PJSIP/a", "200").poll()

    async def play() -> list[str]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            said = []
            for _ in range(4):
                await client.ask("FAXSessions")
                answer = await client.ask("Status", Channel="PJSIP/a")
                assert [message.event for message in answer] == ["", "Status", "StatusComplete"]
                said.append(answer[1].get("CallerIDNum"))
            return said

    assert asyncio.run(play()) == ["100", "200", "200", "200"]


@pytest.mark.parametrize("channel", ["PJSIP/never-recorded", ""])
def test_a_channel_that_was_not_recorded_is_none(channel: str) -> None:
    script = Script().login().poll(5).status("PJSIP/a", "100").poll()

    async def play() -> list[Message]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            return await client.ask("Status", Channel=channel)

    (refused,) = asyncio.run(play())
    assert (refused.response, refused.get("Message")) == ("Error", "No such channel")


def test_a_refused_status_is_refused_again() -> None:
    script = Script().login().poll(5)
    script.sent("Action: Status", "ActionID: s", "Channel: PJSIP/a")
    script.came("Response: Error", "ActionID: s", "Message: Permission denied").poll()

    async def play() -> list[Message]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            return await client.ask("Status", Channel="PJSIP/a")

    (refused,) = asyncio.run(play())
    assert refused.get("Message") == "Permission denied"


def test_a_status_without_action_ids_is_an_answer_too() -> None:
    script = Script().login().poll(5).status("PJSIP/a", "100", by="").poll()

    async def play() -> tuple[list[Message], list[Message]]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            answer = await client.ask("Status", Channel="PJSIP/a")
            for _ in range(3):
                await client.ask("FAXSessions")
            return answer, client.events

    answer, events = asyncio.run(play())
    assert [message.event for message in answer] == ["", "Status", "StatusComplete"]
    assert [event.event for event in events] == ["FullyBooted"]


def test_a_client_may_refuse_events() -> None:
    async def play() -> list[Message]:
        recording = Script().login().event("one").poll().event("two").poll().recording()
        async with (
            ReplayServer(recording) as server,
            await Client.login(server.port, Events="off") as client,
        ):
            for _ in range(3):
                await client.ask("FAXSessions")
            return client.events

    assert asyncio.run(play()) == []


def test_a_server_that_boots_while_clients_are_connected_reports_it_once() -> None:
    script = Script().login(uptime=None)
    script.sent("Action: FAXSessions", "ActionID: early")
    script.came("Response: Error", "ActionID: early", "Message: Invalid/unknown command: FAXSessions.")
    script.came("Event: FullyBooted", "Uptime: 1").poll()

    async def play() -> tuple[Message, list[str]]:
        async with ReplayServer(script.recording()) as server, await Client.login(server.port) as client:
            (early,) = await client.ask("FAXSessions")
            await client.listed()
            return early, [event.event for event in client.events]

    early, events = asyncio.run(play())
    assert early.response == "Error"
    assert events == ["FullyBooted"]


def test_stopping_closes_the_connections_and_frees_the_port() -> None:
    async def play() -> None:
        async with ReplayServer(FAX) as server:
            client = await Client.login(server.port)
        await client.rest()
        async with client:
            with pytest.raises(ConnectionRefusedError):
                await Client.connect(server.port)
        again = ReplayServer(FAX)
        again.port = server.port
        async with again:
            assert again.port == server.port

    asyncio.run(play())
