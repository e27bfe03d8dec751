"""Requests: each gets its own answer or an error, in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from faxstore.ami.connection import Connection, Limits
from faxstore.ami.errors import DisconnectedError, IncompleteListError, RefusedError, RequestTimeoutError
from faxstore.capture.message import Message
from tests.kit.fake_listener import SHORT_LIMITS, FakeListener, connected, max_unanswered, with_connection
from tests.kit.fake_server import Client, FakeServer, Fax, fax_list, id_header, no_reply
from tests.kit.played_time import play


def test_the_answer_to_faxsession() -> None:
    answer = play(answer_to("FAXSession", [Fax(7, "receive", "Active")], SessionNumber="7"))
    assert [message.event for message in answer] == ["", "FAXSession"]
    assert answer[1].get("ImageResolution") == "8031x3850"


def test_the_answer_to_faxstats() -> None:
    answer = play(answer_to("FAXStats", []))
    assert [message.event for message in answer] == ["", "FAXStats"]


@pytest.mark.parametrize("count", [0, 1, 300])
def test_the_answer_to_faxsessions(count: int) -> None:
    sessions = [Fax(number, "V.21", "Active", files="") for number in range(count)]
    answer = play(answer_to("FAXSessions", sessions))
    assert [message.get("SessionNumber") for message in answer[1:-1]] == [str(fax.number) for fax in sessions]
    assert answer[-1].get("Total") == str(count)
    assert all("Files" in message for message in answer[1:-1])


def test_concurrent_requests_get_their_own_answers_within_the_window() -> None:
    waiting: list[tuple[Client, Message]] = []

    def answer_five_at_once(client: Client, action: Message) -> None:
        waiting.append((client, action))
        if len(waiting) == 5:
            for earlier, asked_for in reversed(waiting):
                earlier.server.on_faxsession(earlier, asked_for)
            waiting.clear()

    async def scenario() -> tuple[list[list[Message]], int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(20)]
            server.replies["FAXSession"] = answer_five_at_once
            async with connected(server, listener, limits=Limits(window=5)) as connection:
                requests = (connection.request("FAXSession", SessionNumber=str(number)) for number in range(20))
                answers = await asyncio.gather(*requests)
        return answers, max_unanswered(listener, "FAXSession")

    answers, most = play(scenario())
    assert [answer[1].get("SessionNumber") for answer in answers] == [str(number) for number in range(20)]
    assert most == 5


def test_action_ids_are_short_unique_ascii() -> None:
    async def scenario() -> list[str]:
        async with FakeServer() as server:
            for _ in range(3):
                async with connected(server) as connection:
                    await asyncio.gather(*(connection.request("Ping") for _ in range(20)))
            return [action.get("ActionID") for action in server.received]

    ids = play(scenario())
    assert len(ids) == len(set(ids)) == 3 * 22
    assert all(len(action_id) <= 100 and action_id.isascii() for action_id in ids)


def test_the_connection_is_usable_after_a_refusal() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> list[Message]:
        with pytest.raises(RefusedError, match=r"^Session not found$"):
            await connection.request("FAXSession", SessionNumber="99999")
        with pytest.raises(RefusedError, match=r"^Invalid/unknown command: FAXNothing"):
            await connection.request("FAXNothing")
        return await connection.request("Ping")

    assert play(with_connection(scenario))[0].get("Ping") == "Pong"


@pytest.mark.parametrize("total", [0, 1, 3])
def test_a_list_with_a_wrong_total_is_an_error(total: int) -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
        server.replies["FAXSessions"] = lambda client, action: client.send(fax_list(action, sessions, total))
        with pytest.raises(IncompleteListError, match="the list's Total is not the number of entries received, 2"):
            await connection.request("FAXSessions")
        await connection.request("Ping")

    play(with_connection(scenario))


def test_a_missing_answer_is_a_timeout() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        server.replies["FAXSessions"] = no_reply
        with pytest.raises(RequestTimeoutError, match=r"no answer to FAXSessions within 0\.3 s"):
            await connection.request("FAXSessions")
        await connection.request("Ping")

    play(with_connection(scenario, SHORT_LIMITS))


def test_a_missing_event_is_a_timeout_and_a_late_event_is_ignored() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        late: list[Message] = []

        def without_event(client: Client, action: Message) -> None:
            late.append(action)
            client.grant(action, "Message: FAXSession event will follow\r\n")

        server.replies["FAXSession"] = without_event
        with pytest.raises(RequestTimeoutError):
            await connection.request("FAXSession", SessionNumber="7")
        server.send(Fax(7, "send", "Active").detail(id_header(late[0])))
        await connection.request("Ping")
        assert not connection._protocol.responses, "an unanswered request must be forgotten"

    play(with_connection(scenario, SHORT_LIMITS))


def test_a_cancelled_request_is_forgotten() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        server.replies["FAXStats"] = no_reply
        request = asyncio.ensure_future(connection.request("FAXStats"))
        await server.until_requested("FAXStats")
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert not connection._protocol.responses
        await connection.request("Ping")

    play(with_connection(scenario))


def test_a_lost_connection_fails_all_unanswered_requests_at_once() -> None:
    def half_a_list(client: Client, action: Message) -> None:
        text = fax_list(action, [Fax(number, "send", "Active") for number in range(3)])
        client.send(text[: len(text) // 2])
        client.hang_up()

    async def scenario() -> list[Any]:
        async with FakeServer() as server:
            server.replies |= {"FAXStats": no_reply, "FAXSessions": half_a_list}
            async with connected(server, limits=Limits(window=3)) as connection:
                actions = ("FAXStats", "FAXStats", "FAXSessions", "CoreStatus")  # the last one waits for the window
                requests = [connection.request(action) for action in actions]
                async with asyncio.timeout(2):
                    failures = await asyncio.gather(*requests, return_exceptions=True)
                with pytest.raises(DisconnectedError):
                    await connection.request("Ping")
                return [*failures, await connection.lost]

    *failures, reason = play(scenario())
    assert [type(failure) for failure in failures] == [DisconnectedError] * 4
    assert {str(failure) for failure in failures} == {reason} == {"the server closed the connection"}


@pytest.mark.parametrize("value", ["7\r\nAction: Originate", "7\n", "7\r", "7\0", "\ud800"])
def test_a_value_cannot_inject_an_action(value: str) -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        with pytest.raises(ValueError, match="SessionNumber must"):
            await connection.request("FAXSession", SessionNumber=value)
        await connection.request("Ping")
        assert [action.get("Action") for action in server.received] == ["Login", "Ping"]

    play(with_connection(scenario))


def test_a_callers_action_id_is_refused() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> None:
        with pytest.raises(ValueError, match="ActionID"):
            await connection.request("Ping", ActionID="1")

    play(with_connection(scenario))


async def answer_to(action: str, sessions: list[Fax], **headers: str) -> list[Message]:
    """Return the answer of a server with these sessions."""
    async with FakeServer() as server, connected(server) as connection:
        server.sessions = sessions
        return await connection.request(action, **headers)
