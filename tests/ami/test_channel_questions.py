"""The status of each new session's channel: asked once, at no price for the polls."""

from __future__ import annotations

import asyncio
import logging

import pytest

from faxstore.ami.connection import Limits
from faxstore.ami.poll_rules import Listed
from faxstore.ami.status_requests import LONGEST_NAME, REST, ChannelQuestions, may_ask
from faxstore.observations import Observation
from faxstore.reader.line_reader import Tracker
from tests.kit.fake_listener import SLOW, Heard, collecting, most_unanswered
from tests.kit.fake_server import Client, FakeServer, Fax, silent


def listed(*sessions: tuple[int, str]) -> list[Listed]:
    return [Listed(number, "send", "Active", channel) for number, channel in sessions]


# -- the rules ---------------------------------------------------------------------------------------


def test_a_session_that_is_new_is_asked_about_once() -> None:
    questions = ChannelQuestions()
    assert questions.due(listed((7, "a"), (8, "b")), 0) == ["a", "b"]
    assert questions.due(listed((7, "a"), (8, "b"), (9, "c")), 1) == ["c"]
    assert questions.due(listed((8, "b")), 2) == []


def test_sessions_of_one_channel_are_one_question() -> None:
    questions = ChannelQuestions()
    assert questions.due(listed((4, "a"), (5, "a")), 0) == ["a"]
    assert questions.due(listed((4, "a"), (5, "a"), (6, "a")), 1) == ["a"]


def test_a_number_that_comes_again_is_another_session() -> None:
    questions = ChannelQuestions()
    questions.due(listed((7, "a")), 0)
    questions.due([], 1)
    assert questions.due(listed((7, "b")), 2) == ["b"]


def test_another_connection_asks_anew() -> None:
    questions = ChannelQuestions()
    questions.due(listed((7, "a")), 0)
    questions.connected()
    assert questions.due(listed((7, "a")), 1) == ["a"]


def test_a_channel_that_hangs_is_not_asked_about_again_and_the_others_after_a_rest() -> None:
    questions = ChannelQuestions()
    entries = listed((7, "a"), (8, "b"))
    questions.due(entries, 0)
    questions.silent("a", entries, 10)
    questions.connected()
    assert questions.due(entries, 11) == []
    assert questions.due(entries, 10 + REST) == ["b"]
    questions.due([], 80)
    assert questions.due(listed((9, "a")), 81) == ["a"]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("PJSIP/trunk-00000001", True),
        ("Local/recv@rx-00000000;1", True),
        ("SIP/büro \u2603", True),
        ("", False),  # Asterisk would tell of every channel
        ("  ", False),
        ("a\rb", False),
        ("a\nAction: Command", False),
        ("a\0", False),
        ("x" * LONGEST_NAME, True),
        ("x" * (LONGEST_NAME + 1), False),
        ("\u2603" * LONGEST_NAME, False),
    ],
)
def test_only_what_can_be_a_header_is_asked(name: str, may: bool) -> None:
    assert may_ask(name) is may


# -- at a server -------------------------------------------------------------------------------------


def test_the_channels_of_new_sessions_are_asked_after_their_details() -> None:
    async def scenario() -> tuple[list[str], list[str]]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active", "a"), Fax(8, "V.21", "Active", "b"), Fax(9, "none", "?", "b")]
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)
            actions = [action.get("Action") for action in server.ledger[4:9]]
            return actions, [action.get("Channel") for action in server.asked("Status")]

    actions, channels = asyncio.run(scenario())
    assert actions == ["FAXSessions", "FAXSession", "FAXSession", "Status", "Status"]
    assert channels == ["a", "b"]


def test_what_the_server_says_of_a_channel_reaches_the_session() -> None:
    async def scenario() -> list[Observation]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active"), Fax(8, "receive", "Initialized", "PJSIP/b")]
            async with collecting(server, heard, **SLOW):
                await heard.until(lambda: len([e for e in heard.events if e.event == "StatusComplete"]) == 2)
        tracker = Tracker("pbx1")
        records = [record for line in heard.lines for record in tracker.feed(line)]
        return [record for record in records if isinstance(record, Observation)]

    seen = asyncio.run(scenario())
    assert [(one.event, one.session_number) for one in seen] == [
        ("FAXSession", 7),
        ("FAXSessionsEntry", 8),
        ("Status", 7),
        ("Status", 8),
    ]
    status = seen[2]
    assert (status.channel, status.uniqueid, status.operation) == ("PJSIP/trunk-00000001", "1795423501.0", None)
    assert (status.details["AccountCode"], status.details["CallerIDNum"]) == ("acme", "5550001")
    assert len({(one.session_number, one.observed_at) for one in seen}) == len(seen)


def test_a_channel_that_is_gone_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["Status"] = lambda client, action: client.refuse(action, "No such channel")
            async with collecting(server, heard):
                await server.until_asked("Status")
                await heard.until_mark("polled", 3)
            assert len(server.asked("Status")) == 1

    asyncio.run(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_user_who_may_not_ask_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active", "a"), Fax(8, "send", "Active", "b")]
            server.replies["Status"] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, Heard()):
                await server.until_asked("Status", 2)
                server.sessions.append(Fax(9, "send", "Active", "c"))
                await server.until_asked("Status", 3)

    asyncio.run(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == [
        "pbx1: Status: Permission denied (the user needs write class system, call or reporting in manager.conf; "
        "without it accounts and numbers of calls are known only from events)"
    ]


def test_a_channel_that_hangs_does_not_stop_the_polls(caplog: pytest.LogCaptureFixture) -> None:
    """The answer that never comes is waited for once, also over the next connection."""

    async def scenario() -> tuple[int, int]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active", f"c{number}") for number in range(10)]
            server.replies["Status"] = silent
            async with collecting(server, heard, limits=Limits(request=0.2, window=2)):
                await heard.until_mark("polled", 4)
                server.clients[0].hang_up()
                await heard.until_mark("connected", 2)
                await heard.until_mark("polled", 8)
            return len(server.asked("Status")), len(server.asked("FAXSession"))

    asked, details = asyncio.run(scenario())
    assert asked <= 2, "as many as may be unanswered at once"
    assert details >= 70
    said = [record.message for record in caplog.records if "Status" in record.message]
    assert said == ["pbx1: Status: no answer to Status within 0.2 s"]


def test_a_name_that_cannot_be_a_header_is_not_asked_and_breaks_nothing() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            names = ["", "a\rb", "x" * 2000, "PJSIP/good-1"]
            server.sessions = [Fax(number, "send", "Active", name) for number, name in enumerate(names)]
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)
            return [action.get("Channel") for action in server.asked("Status")]

    assert asyncio.run(scenario()) == ["PJSIP/good-1"]


def test_an_answer_that_is_not_whole_is_told_and_the_polls_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def without_event(client: Client, action: object) -> None:
        text = f"Response: Success\r\nActionID: {client.asked[-1].get('ActionID')}\r\nEventList: start\r\n\r\n"
        client.send(text + "Event: StatusComplete\r\n" + text.split("\r\n")[1] + "\r\nEventList: Complete\r\n"
                    "ListItems: 1\r\nItems: 1\r\n\r\n")  # fmt: skip

    async def scenario() -> None:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["Status"] = without_event
            async with collecting(server, heard):
                await heard.until_mark("polled", 3)

    asyncio.run(scenario())
    said = [record.message for record in caplog.records if record.levelno > logging.INFO]
    assert said == ["pbx1: Status: StatusComplete says ListItems 1 and 0 entries came"]


def test_a_thousand_channels_are_asked_within_the_window() -> None:
    async def scenario() -> tuple[int, int]:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "V.21", "Active", f"PJSIP/{number}") for number in range(1000)]
            async with collecting(server, heard, **SLOW):
                await server.until_asked("Status", 1000)
            return len(server.asked("Status")), most_unanswered(heard, "Status", "StatusComplete")

    asked, most = asyncio.run(scenario())
    assert asked == 1000
    assert most <= Limits().window
