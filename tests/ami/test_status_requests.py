"""Status requests: once per new session, without effect on the polls."""

from __future__ import annotations

import logging

import pytest

from faxstore.ami.connection import Limits
from faxstore.ami.poll_rules import ListedSession
from faxstore.ami.status_requests import MAX_NAME_BYTES, PAUSE_AFTER_TIMEOUT, StatusRequests, may_request
from faxstore.observations import Observation
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import RARE_POLLS, FakeListener, collecting, max_unanswered
from tests.kit.fake_server import Client, FakeServer, Fax, no_reply
from tests.kit.played_time import play


def listed(*sessions: tuple[int, str]) -> list[ListedSession]:
    return [ListedSession(number, "send", "Active", channel) for number, channel in sessions]


# -- the rules ---------------------------------------------------------------------------------------


def test_a_new_session_is_queried_once() -> None:
    requests = StatusRequests()
    assert requests.due(listed((7, "a"), (8, "b")), 0) == ["a", "b"]
    assert requests.due(listed((7, "a"), (8, "b"), (9, "c")), 1) == ["c"]
    assert requests.due(listed((8, "b")), 2) == []


def test_sessions_of_one_channel_need_one_request() -> None:
    requests = StatusRequests()
    assert requests.due(listed((4, "a"), (5, "a")), 0) == ["a"]
    assert requests.due(listed((4, "a"), (5, "a"), (6, "a")), 1) == ["a"]


def test_a_reused_number_is_another_session() -> None:
    requests = StatusRequests()
    requests.due(listed((7, "a")), 0)
    requests.due([], 1)
    assert requests.due(listed((7, "b")), 2) == ["b"]


def test_a_new_connection_queries_again() -> None:
    requests = StatusRequests()
    requests.due(listed((7, "a")), 0)
    requests.connected()
    assert requests.due(listed((7, "a")), 1) == ["a"]


def test_a_hanging_channel_is_not_queried_again_and_others_after_a_pause() -> None:
    requests = StatusRequests()
    entries = listed((7, "a"), (8, "b"))
    requests.due(entries, 0)
    requests.timed_out("a", entries, 10)
    requests.connected()
    assert requests.due(entries, 11) == []
    assert requests.due(entries, 10 + PAUSE_AFTER_TIMEOUT) == ["b"]
    requests.due([], 80)
    assert requests.due(listed((9, "a")), 81) == ["a"]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("PJSIP/trunk-00000001", True),
        ("Local/recv@rx-00000000;1", True),
        ("SIP/büro \u2603", True),
        ("", False),  # Asterisk would report every channel
        ("  ", False),
        ("a\rb", False),
        ("a\nAction: Command", False),
        ("a\0", False),
        ("x" * MAX_NAME_BYTES, True),
        ("x" * (MAX_NAME_BYTES + 1), False),
        ("\u2603" * MAX_NAME_BYTES, False),
    ],
)
def test_only_names_that_can_be_a_header_are_queried(name: str, may: bool) -> None:
    assert may_request(name) is may


# -- with a server -----------------------------------------------------------------------------------


def test_channels_of_new_sessions_are_queried_after_the_details() -> None:
    async def scenario() -> tuple[list[str], list[str]]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active", "a"), Fax(8, "V.21", "Active", "b"), Fax(9, "none", "?", "b")]
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)
            actions = [action.get("Action") for action in server.received[4:9]]
            return actions, [action.get("Channel") for action in server.requests("Status")]

    actions, channels = play(scenario())
    assert actions == ["FAXSessions", "FAXSession", "FAXSession", "Status", "Status"]
    assert channels == ["a", "b"]


def test_the_status_of_a_channel_becomes_an_observation_of_its_session() -> None:
    async def scenario() -> list[Observation]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active"), Fax(8, "receive", "Initialized", "PJSIP/b")]
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until(lambda: len([e for e in listener.events if e.event == "StatusComplete"]) == 2)
        line_reader = LineReader("pbx1")
        records = [record for line in listener.lines for record in line_reader.feed(line)]
        return [record for record in records if isinstance(record, Observation)]

    seen = play(scenario())
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


def test_a_channel_that_ended_is_not_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["Status"] = lambda client, action: client.refuse(action, "No such channel")
            async with collecting(server, listener):
                await server.until_requested("Status")
                await listener.until_mark("polled", 3)
            assert len(server.requests("Status")) == 1

    play(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_missing_class_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active", "a"), Fax(8, "send", "Active", "b")]
            server.replies["Status"] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, FakeListener()):
                await server.until_requested("Status", 2)
                server.sessions.append(Fax(9, "send", "Active", "c"))
                await server.until_requested("Status", 3)

    play(scenario())
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == [
        "pbx1: Status: Permission denied (the user needs write class system, call or reporting in manager.conf; "
        "without it accounts and numbers of calls are known only from events)"
    ]


def test_a_hanging_channel_does_not_stop_the_polls(caplog: pytest.LogCaptureFixture) -> None:
    """The missing answer costs one timeout, also over the next connection."""

    async def scenario() -> tuple[int, int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active", f"c{number}") for number in range(10)]
            server.replies["Status"] = no_reply
            async with collecting(server, listener, limits=Limits(request=0.2, window=2)):
                await listener.until_mark("polled", 4)
                server.clients[0].hang_up()
                await listener.until_mark("connected", 2)
                await listener.until_mark("polled", 8)
            return len(server.requests("Status")), len(server.requests("FAXSession"))

    queried, details = play(scenario())
    assert queried <= 2, "the window"
    assert details >= 70
    messages = [record.message for record in caplog.records if "Status" in record.message]
    assert messages == ["pbx1: Status: no answer to Status within 0.2 s"]


def test_a_name_that_cannot_be_a_header_is_skipped() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            names = ["", "a\rb", "x" * 2000, "PJSIP/good-1"]
            server.sessions = [Fax(number, "send", "Active", name) for number, name in enumerate(names)]
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)
            return [action.get("Channel") for action in server.requests("Status")]

    assert play(scenario()) == ["PJSIP/good-1"]


def test_an_incomplete_answer_is_logged_and_polling_continues(caplog: pytest.LogCaptureFixture) -> None:
    def without_event(client: Client, action: object) -> None:
        text = f"Response: Success\r\nActionID: {client.received[-1].get('ActionID')}\r\nEventList: start\r\n\r\n"
        client.send(text + "Event: StatusComplete\r\n" + text.split("\r\n")[1] + "\r\nEventList: Complete\r\n"
                    "ListItems: 1\r\nItems: 1\r\n\r\n")  # fmt: skip

    async def scenario() -> None:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["Status"] = without_event
            async with collecting(server, listener):
                await listener.until_mark("polled", 3)

    play(scenario())
    messages = [record.message for record in caplog.records if record.levelno > logging.INFO]
    assert messages == ["pbx1: Status: the list's ListItems is not the number of entries received, 0"]


def test_a_thousand_channels_are_queried_within_the_window() -> None:
    async def scenario() -> tuple[int, int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "V.21", "Active", f"PJSIP/{number}") for number in range(1000)]
            async with collecting(server, listener, **RARE_POLLS):
                await server.until_requested("Status", 1000)
            return len(server.requests("Status")), max_unanswered(listener, "Status", "StatusComplete")

    queried, most = play(scenario())
    assert queried == 1000
    assert most <= Limits().window
