"""Requests: each gets its own answer, or the reason why not, and in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from faxstore.ami.connection import (
    Connection,
    DisconnectedError,
    IncompleteListError,
    Limits,
    RefusedError,
    RequestTimeoutError,
)
from faxstore.capture.message import Message
from tests.kit.fake_listener import QUICK, Heard, connected, most_unanswered, with_connection
from tests.kit.fake_server import Client, FakeServer, Fax, fax_list, id_of, silent


def test_a_session_is_answered_by_response_and_event() -> None:
    answer = asyncio.run(asked("FAXSession", [Fax(7, "receive", "Active")], SessionNumber="7"))
    assert [message.event for message in answer] == ["", "FAXSession"]
    assert answer[1].get("ImageResolution") == "8031x3850"


def test_statistics_are_answered_by_response_and_event() -> None:
    answer = asyncio.run(asked("FAXStats", []))
    assert [message.event for message in answer] == ["", "FAXStats"]


@pytest.mark.parametrize("count", [0, 1, 300])
def test_a_list_is_answered_whole_and_in_order(count: int) -> None:
    sessions = [Fax(number, "V.21", "Active", files="") for number in range(count)]
    answer = asyncio.run(asked("FAXSessions", sessions))
    assert [message.get("SessionNumber") for message in answer[1:-1]] == [str(fax.number) for fax in sessions]
    assert answer[-1].get("Total") == str(count)
    assert all("Files" in message for message in answer[1:-1])


def test_many_requests_at_once_get_each_its_own_answer_within_the_window() -> None:
    waiting: list[tuple[Client, Message]] = []

    def five_at_a_time(client: Client, action: Message) -> None:
        waiting.append((client, action))
        if len(waiting) == 5:
            for earlier, asked_for in reversed(waiting):
                earlier.server.on_faxsession(earlier, asked_for)
            waiting.clear()

    async def scenario() -> tuple[list[list[Message]], int]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(20)]
            server.replies["FAXSession"] = five_at_a_time
            async with connected(server, heard, limits=Limits(window=5)) as connection:
                requests = (connection.request("FAXSession", SessionNumber=str(number)) for number in range(20))
                answers = await asyncio.gather(*requests)
        return answers, most_unanswered(heard, "FAXSession")

    answers, most = asyncio.run(scenario())
    assert [answer[1].get("SessionNumber") for answer in answers] == [str(number) for number in range(20)]
    assert most == 5


def test_action_ids_are_short_ascii_and_never_the_same() -> None:
    async def scenario() -> list[str]:
        async with FakeServer() as server:
            for _ in range(3):
                async with connected(server) as connection:
                    await asyncio.gather(*(connection.request("Ping") for _ in range(20)))
            return [action.get("ActionID") for action in server.ledger]

    ids = asyncio.run(scenario())
    assert len(ids) == len(set(ids)) == 3 * 22
    assert all(len(action_id) <= 100 and action_id.isascii() for action_id in ids)


def test_a_refusal_leaves_the_connection_usable() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> list[Message]:
        with pytest.raises(RefusedError, match=r"^Session not found$"):
            await connection.request("FAXSession", SessionNumber="99999")
        with pytest.raises(RefusedError, match=r"^Invalid/unknown command: FAXNothing"):
            await connection.request("FAXNothing")
        return await connection.request("Ping")

    assert asyncio.run(with_connection(scenario))[0].get("Ping") == "Pong"


@pytest.mark.parametrize("total", [0, 1, 3])
def test_a_list_whose_total_disagrees_is_not_given(total: int) -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
        server.replies["FAXSessions"] = lambda client, action: client.send(fax_list(action, sessions, total))
        with pytest.raises(IncompleteListError, match=f"FAXSessionsComplete says Total {total} and 2 entries came"):
            await connection.request("FAXSessions")
        await connection.request("Ping")

    asyncio.run(with_connection(scenario))


def test_a_silent_server_ends_in_a_timeout() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        server.replies["FAXSessions"] = silent
        with pytest.raises(RequestTimeoutError, match=r"no answer to FAXSessions within 0\.3 s"):
            await connection.request("FAXSessions")
        await connection.request("Ping")

    asyncio.run(with_connection(scenario, QUICK))


def test_an_event_that_never_follows_ends_in_a_timeout_and_a_late_one_disturbs_nobody() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        late: list[Message] = []

        def without_event(client: Client, action: Message) -> None:
            late.append(action)
            client.grant(action, "Message: FAXSession event will follow\r\n")

        server.replies["FAXSession"] = without_event
        with pytest.raises(RequestTimeoutError):
            await connection.request("FAXSession", SessionNumber="7")
        server.send(Fax(7, "send", "Active").detail(id_of(late[0])))
        await connection.request("Ping")
        assert not connection._protocol.responses, "an unanswered request must not be kept"

    asyncio.run(with_connection(scenario, QUICK))


def test_a_request_that_is_cancelled_is_forgotten() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        server.replies["FAXStats"] = silent
        request = asyncio.ensure_future(connection.request("FAXStats"))
        await server.until_asked("FAXStats")
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert not connection._protocol.responses
        await connection.request("Ping")

    asyncio.run(with_connection(scenario))


def test_all_that_is_not_answered_fails_at_once_when_the_connection_is_lost() -> None:
    def half_a_list(client: Client, action: Message) -> None:
        text = fax_list(action, [Fax(number, "send", "Active") for number in range(3)])
        client.send(text[: len(text) // 2])
        client.hang_up()

    async def scenario() -> list[Any]:
        async with FakeServer() as server:
            server.replies |= {"FAXStats": silent, "FAXSessions": half_a_list}
            async with connected(server, limits=Limits(window=3)) as connection:
                actions = ("FAXStats", "FAXStats", "FAXSessions", "CoreStatus")  # the last one waits for the window
                requests = [connection.request(action) for action in actions]
                async with asyncio.timeout(2):
                    failures = await asyncio.gather(*requests, return_exceptions=True)
                with pytest.raises(DisconnectedError):
                    await connection.request("Ping")
                return [*failures, await connection.lost]

    *failures, reason = asyncio.run(scenario())
    assert [type(failure) for failure in failures] == [DisconnectedError] * 4
    assert {str(failure) for failure in failures} == {reason} == {"the server closed the connection"}


@pytest.mark.parametrize("value", ["7\r\nAction: Originate", "7\n", "7\r", "7\0", "\ud800"])
def test_a_value_cannot_smuggle_an_action(value: str) -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        with pytest.raises(ValueError, match="SessionNumber must"):
            await connection.request("FAXSession", SessionNumber=value)
        await connection.request("Ping")
        assert [action.get("Action") for action in server.ledger] == ["Login", "Ping"]

    asyncio.run(with_connection(scenario))


def test_an_action_id_of_ones_own_is_refused() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        with pytest.raises(ValueError, match="ActionID"):
            await connection.request("Ping", ActionID="1")

    asyncio.run(with_connection(scenario))


async def asked(action: str, sessions: list[Fax], **headers: str) -> list[Message]:
    """The answer of a server with these sessions."""
    async with FakeServer() as server, connected(server) as connection:
        server.sessions = sessions
        return await connection.request(action, **headers)
