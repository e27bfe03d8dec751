"""The collector: what it asks a server, and that it can never harm one."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest

from faxstore.ami.connection import Limits
from faxstore.capture.message import Message
from faxstore.observations import Observation
from faxstore.reader.line_reader import Tracker
from tests.kit.fake_listener import QUICK, SLOW, Heard, collecting, most_unanswered
from tests.kit.fake_server import Client, FakeServer, Fax, fax_list, fax_status, silent

STATES = ["Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown", ""]
OPERATIONS = ["send", "receive", "gateway", "V.21", "none", ""]


def test_after_the_login_the_server_is_asked_who_it_is_before_it_is_polled() -> None:
    async def scenario() -> list[str]:
        async with FakeServer() as server, collecting(server, Heard()):
            await server.until_asked("FAXSessions", 3)
            return [action.get("Action") for action in server.ledger]

    actions = asyncio.run(scenario())
    assert actions[:4] == ["Login", "CoreStatus", "CoreSettings", "FAXStats"]
    assert actions[4:] == ["FAXSessions"] * 3


def test_only_sessions_that_cannot_crash_the_server_are_asked() -> None:
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
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = dangerous
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)
            return {action.get("SessionNumber") for action in server.asked("FAXSession")}

    assert asyncio.run(scenario()) == safe
    assert len(safe) == 6


def test_a_session_is_asked_only_once_its_newest_list_shows_it_active() -> None:
    """The list after the wake-up shows it Initialized still; the server of this test would crash."""

    async def scenario() -> tuple[int, int]:
        heard = Heard()
        async with FakeServer() as server:
            async with collecting(server, heard, poll_interval=0.02, idle_interval=3600.0):
                await heard.until_mark("polled")
                server.sessions = [Fax(7, "receive", "Initialized")]
                server.send(fax_status("FAX Transmission In Progress"))
                await heard.until_mark("polled", 3)
                while_initialized = len(server.asked("FAXSession"))
                server.sessions[0].state = "Active"
                await server.until_asked("FAXSession")
            return while_initialized, len(server.asked("FAXSession"))

    while_initialized, in_all = asyncio.run(scenario())
    assert while_initialized == 0
    assert in_all >= 1


def test_a_tone_detector_is_asked_once_and_again_when_its_number_is_another_sessions() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(0, "V.21", "Active", files=""), Fax(1, "gateway", "Active", ecm="no", files="")]
            async with collecting(server, heard):
                await heard.until_mark("polled", 4)
                before = [action.get("SessionNumber") for action in server.asked("FAXSession")]
                server.sessions = []
                await heard.until_mark("polled", len(before) + 6)
                server.sessions = [Fax(0, "V.21", "Active", files="")]
                await server.until_asked("FAXSession", len(server.asked("FAXSession")) + 1)
            return before

    asked = asyncio.run(scenario())
    assert asked.count("0") == 1
    assert asked.count("1") >= 4


@pytest.mark.parametrize("total", [1, 3])
def test_a_list_that_disagrees_with_itself_leads_to_no_question(total: int) -> None:
    async def scenario() -> int:
        heard = Heard()
        async with FakeServer() as server:
            sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
            server.replies["FAXSessions"] = lambda client, action: client.send(fax_list(action, sessions, total))
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)
            return len(server.asked("FAXSession"))

    assert asyncio.run(scenario()) == 0


def test_a_session_listed_twice_is_not_asked() -> None:
    async def scenario() -> int:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(1, "send", "Active"), Fax(1, "send", "Initialized"), Fax(2, "send", "Active")]
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)
            return len(server.asked("FAXSession"))

    assert asyncio.run(scenario()) == 0


def test_a_list_cut_in_the_middle_leads_to_no_question_and_to_another_connection() -> None:
    def cut(client: Client, action: Message) -> None:
        text = fax_list(action, [Fax(number, "send", "Active") for number in range(10)])
        client.send(text[: len(text) * 2 // 3])
        client.hang_up()

    async def scenario() -> tuple[int, list[str]]:
        heard = Heard()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = cut
            async with collecting(server, heard):
                await heard.until_mark("connected", 3)
            return len(server.asked("FAXSession")), heard.texts("mark")

    asked, marks = asyncio.run(scenario())
    assert asked == 0
    assert [mark.partition(": Event: FAXSessionsEntry")[0] for mark in marks[:6]] == [
        "connected",
        "cut off",
        "disconnected: the server closed the connection",
    ] * 2
    assert "polled" not in marks


def test_a_session_that_ends_between_list_and_question_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(1, "send", "Active"), Fax(2, "send", "Active")]
            server.replies["FAXSession"] = lambda client, action: client.refuse(action, "Session not found")
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)

    asyncio.run(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_thousand_sessions_are_asked_within_the_window() -> None:
    async def scenario() -> tuple[int, int]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(1000)]
            async with collecting(server, heard, **SLOW):
                await heard.until_mark("polled")
            return len(server.asked("FAXSession")), most_unanswered(heard, "FAXSession")

    asked, most = asyncio.run(scenario())
    assert asked == 1000
    assert most <= Limits().window


def test_after_an_event_that_never_comes_the_poll_ends_and_the_next_one_asks_again() -> None:
    def without_event(client: Client, action: Message) -> None:
        client.grant(action, "Message: FAXSession event will follow\r\n")

    async def scenario() -> tuple[list[str], int]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(10)]
            server.replies["FAXSession"] = without_event
            async with collecting(server, heard, limits=Limits(detail=0.1, window=2)):
                await heard.until_mark("polled")
                asked = len(server.asked("FAXSession"))
                del server.replies["FAXSession"]
                await heard.until(lambda: len([e for e in heard.events if e.event == "FAXSession"]) >= 10)
        return heard.texts("mark"), asked

    marks, asked = asyncio.run(scenario())
    assert marks[:3] == ["connected", "polled", "polled"]
    assert asked <= 4, "no more are asked once one of them is not answered"


def test_the_lines_give_a_tracker_the_sessions_with_their_details() -> None:
    async def scenario() -> list[Observation]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active"), Fax(8, "receive", "Initialized")]
            async with collecting(server, heard):
                await heard.until_mark("polled")
                server.sessions = []
                await heard.until_mark("polled", 3)
        tracker = Tracker("pbx1")
        records = [record for line in heard.lines for record in tracker.feed(line)]
        return [record for record in records if isinstance(record, Observation)]

    seen = {(observation.event, observation.session_number) for observation in asyncio.run(scenario())}
    assert seen == {("FAXSession", 7), ("FAXSessionsEntry", 8), ("Gone", 7), ("Gone", 8)}


def test_two_servers_at_once_and_the_trouble_of_one_is_not_the_others() -> None:
    async def scenario() -> tuple[set[str], set[str], list[str]]:
        first, second = Heard(), Heard()
        async with FakeServer() as good, FakeServer() as bad:
            good.sessions = [Fax(1, "send", "Active")]
            bad.sessions = [Fax(2, "receive", "Active")]
            bad.replies["FAXStats"] = silent
            async with (
                collecting(good, first, name="pbx1"),
                collecting(bad, second, name="pbx2", limits=QUICK),
            ):
                await first.until_mark("polled", 3)
                await second.until_mark("polled", 1)
                await bad.stop()
                await second.until_mark("connect:", 2)
                await first.until_mark("polled", len(first.texts("mark")) + 3)
            asked = ({action.get("SessionNumber") for action in s.asked("FAXSession")} for s in (good, bad))
            return *asked, first.texts("mark")  # type: ignore[return-value]

    good, bad, marks = asyncio.run(scenario())
    assert (good, bad) == ({"1"}, {"2"})
    assert [mark for mark in marks if mark != "polled"] == ["connected", "disconnected: closed by faxstore"]
