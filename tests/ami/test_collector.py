"""The collector: the requests it sends, and that they cannot harm a server."""

from __future__ import annotations

import itertools
import logging

import pytest

from faxstore.ami.connection import Limits
from faxstore.capture.message import Message
from faxstore.observations import Observation
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import RARE_POLLS, SHORT_LIMITS, FakeListener, collecting, max_unanswered
from tests.kit.fake_server import Client, FakeServer, Fax, fax_list, fax_status, no_reply
from tests.kit.played_time import play

STATES = ["Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown", ""]
OPERATIONS = ["send", "receive", "gateway", "V.21", "none", ""]


def test_requests_after_the_login_precede_the_polls() -> None:
    async def scenario() -> list[str]:
        async with FakeServer() as server, collecting(server, FakeListener()):
            await server.until_requested("FAXSessions", 3)
            return [action.get("Action") for action in server.received]

    actions = play(scenario())
    assert actions[:4] == ["Login", "CoreStatus", "CoreSettings", "FAXStats"]
    assert actions[4:] == ["FAXSessions"] * 3


def test_only_sessions_that_cannot_crash_the_server_are_queried() -> None:
    dangerous = [
        Fax(number, operation, state)
        for number, (operation, state) in enumerate(itertools.product(OPERATIONS, STATES), 100)
    ]
    safe = {
        str(fax.number)
        for fax in dangerous
        if (fax.operation in ("send", "receive") and fax.state in ("Active", "Complete"))
        or (fax.operation in ("gateway", "V.21") and fax.state == "Active")
    }

    async def scenario() -> set[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = dangerous
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)
            return {action.get("SessionNumber") for action in server.requests("FAXSession")}

    assert play(scenario()) == safe
    assert len(safe) == 6


def test_a_session_is_queried_only_after_the_newest_list_shows_it_active() -> None:
    """The list after the wake-up still shows it as Initialized, and FAXSession would crash the server."""

    async def scenario() -> tuple[int, int]:
        listener = FakeListener()
        async with FakeServer() as server:
            async with collecting(server, listener, poll_interval=0.02, idle_interval=3600.0):
                await listener.until_mark("polled")
                server.sessions = [Fax(7, "receive", "Initialized")]
                server.send(fax_status("FAX Transmission In Progress"))
                await listener.until_mark("polled", 3)
                while_initialized = len(server.requests("FAXSession"))
                server.sessions[0].state = "Active"
                await server.until_requested("FAXSession")
            return while_initialized, len(server.requests("FAXSession"))

    while_initialized, in_all = play(scenario())
    assert while_initialized == 0
    assert in_all >= 1


def test_a_tone_detector_is_queried_once_and_again_when_its_number_is_reused() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(0, "V.21", "Active", files=""), Fax(1, "gateway", "Active", ecm="no", files="")]
            async with collecting(server, listener):
                await listener.until_mark("polled", 4)
                before = [action.get("SessionNumber") for action in server.requests("FAXSession")]
                server.sessions = []
                await listener.until_mark("polled", len(before) + 6)
                server.sessions = [Fax(0, "V.21", "Active", files="")]
                await server.until_requested("FAXSession", len(server.requests("FAXSession")) + 1)
            return before

    queried = play(scenario())
    assert queried.count("0") == 1
    assert queried.count("1") >= 4


@pytest.mark.parametrize("total", [1, 3])
def test_no_session_of_an_incomplete_list_is_queried(total: int) -> None:
    async def scenario() -> int:
        listener = FakeListener()
        async with FakeServer() as server:
            sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
            server.replies["FAXSessions"] = lambda client, action: client.send(fax_list(action, sessions, total))
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)
            return len(server.requests("FAXSession"))

    assert play(scenario()) == 0


def test_no_session_is_queried_if_one_is_listed_twice() -> None:
    async def scenario() -> int:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(1, "send", "Active"), Fax(1, "send", "Initialized"), Fax(2, "send", "Active")]
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)
            return len(server.requests("FAXSession"))

    assert play(scenario()) == 0


def test_a_truncated_list_leads_to_no_query_and_to_another_connection() -> None:
    def cut(client: Client, action: Message) -> None:
        text = fax_list(action, [Fax(number, "send", "Active") for number in range(10)])
        client.send(text[: len(text) * 2 // 3])
        client.hang_up()

    async def scenario() -> tuple[int, list[str]]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = cut
            async with collecting(server, listener):
                await listener.until_mark("connected", 3)
            return len(server.requests("FAXSession")), listener.texts("mark")

    queried, marks = play(scenario())
    assert queried == 0
    assert [mark.partition(": Event: FAXSessionsEntry")[0] for mark in marks[:6]] == [
        "connected",
        "cut off",
        "disconnected: the server closed the connection",
    ] * 2
    assert "polled" not in marks


def test_a_session_that_ends_between_list_and_query_is_not_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
            server.replies["FAXSession"] = lambda client, action: client.refuse(action, "Session not found")
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)

    play(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_thousand_sessions_are_queried_within_the_window() -> None:
    async def scenario() -> tuple[int, int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(1000)]
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until_mark("polled")
            return len(server.requests("FAXSession")), max_unanswered(listener, "FAXSession")

    queried, most = play(scenario())
    assert queried == 1000
    assert most <= Limits().window


def test_a_missing_event_ends_the_poll_and_the_next_poll_queries_again() -> None:
    def without_event(client: Client, action: Message) -> None:
        client.grant(action, "Message: FAXSession event will follow\r\n")

    async def scenario() -> tuple[list[str], int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(10)]
            server.replies["FAXSession"] = without_event
            async with collecting(server, listener, limits=Limits(detail=0.1, window=2)):
                await listener.until_mark("polled")
                queried = len(server.requests("FAXSession"))
                del server.replies["FAXSession"]
                await listener.until(lambda: len([e for e in listener.events if e.event == "FAXSession"]) >= 10)
        return listener.texts("mark"), queried

    marks, queried = play(scenario())
    assert marks[:3] == ["connected", "polled", "polled"]
    assert queried <= 4, "a timeout ends the queries of a poll"


def test_the_reader_gets_sessions_with_their_details() -> None:
    async def scenario() -> list[Observation]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active"), Fax(8, "receive", "Initialized")]
            async with collecting(server, listener):
                await listener.until_mark("polled")
                server.sessions = []
                await listener.until_mark("polled", 3)
        line_reader = LineReader("pbx1")
        records = [record for line in listener.lines for record in line_reader.feed(line)]
        return [record for record in records if isinstance(record, Observation)]

    seen = {(observation.event, observation.session_number) for observation in play(scenario())}
    assert seen == {("FAXSession", 7), ("FAXSessionsEntry", 8), ("Gone", 7), ("Gone", 8)}


def test_the_failure_of_one_server_does_not_affect_another() -> None:
    async def scenario() -> tuple[set[str], set[str], list[str]]:
        first, second = FakeListener(), FakeListener()
        async with FakeServer() as good, FakeServer() as bad:
            good.sessions = [Fax(1, "send", "Active")]
            bad.sessions = [Fax(2, "receive", "Active")]
            bad.replies["FAXStats"] = no_reply
            async with (
                collecting(good, first, name="pbx1"),
                collecting(bad, second, name="pbx2", limits=SHORT_LIMITS),
            ):
                await first.until_mark("polled", 3)
                await second.until_mark("polled", 1)
                await bad.stop()
                await second.until_mark("connect:", 2)
                await first.until_mark("polled", len(first.texts("mark")) + 3)
            queried = ({action.get("SessionNumber") for action in s.requests("FAXSession")} for s in (good, bad))
            return *queried, first.texts("mark")  # type: ignore[return-value]

    good, bad, marks = play(scenario())
    assert (good, bad) == ({"1"}, {"2"})
    assert [mark for mark in marks if mark != "polled"] == ["connected", "disconnected: closed by faxstore"]
