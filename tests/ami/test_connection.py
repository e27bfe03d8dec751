"""A connection: its lines and its end."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging

import pytest

from faxstore.ami.connection import Connection
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from tests.kit.fake_listener import SHORT_LIMITS, FakeListener, connected, lines_for, settings_of, with_connection
from tests.kit.fake_server import BANNER, Client, FakeServer, Fax, fax_list, no_reply
from tests.kit.played_time import play

HANGUP = "Event: Hangup\r\nChannel: PJSIP/a-1\r\n\r\n"


def test_lines_have_the_order_of_the_wire() -> None:
    async def scenario() -> list[Line]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener) as connection:
            await connection.request("Ping")
        return listener.lines

    lines = play(scenario())
    shown = [(line.dir, line.text.split("\r\n")[0]) for line in lines]
    assert shown == [
        ("mark", "connected"),
        ("in", "Asterisk Call Manager/11.0.0"),
        ("out", "Action: Login"),
        ("in", "Response: Success"),
        ("in", "Event: FullyBooted"),
        ("out", "Action: Ping"),
        ("in", "Response: Success"),
        ("out", "Action: Logoff"),
        ("in", "Response: Goodbye"),
        ("mark", "disconnected: closed by faxstore"),
    ]
    assert all(line.text.endswith("\r\n\r\n") for line in lines if line.dir != "mark" and line.text != BANNER)
    assert all(before.ts < after.ts for before, after in itertools.pairwise(lines))


def test_the_login_requests_events_and_its_secret_is_redacted() -> None:
    async def scenario() -> tuple[Message, list[str]]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener):
            return server.requests("Login")[0], listener.texts("out")

    sent, shown = play(scenario())
    assert (sent.get("Username"), sent.get("Secret"), sent.get("Events")) == ("faxstore", "letmein", "on")
    assert "Secret: ***\r\n" in shown[0]
    assert "letmein" not in shown[0]


@pytest.mark.parametrize("name", ["séance: no 1.tif", "伝真.tif", "\U0001f4e0.tif"])
def test_utf8_survives_segments_of_one_byte(name: str) -> None:
    async def trickle(client: Client, action: Message) -> None:
        await client.trickle(fax_list(action, [Fax(7, "send", "Active", files=name)]).encode())

    async def scenario() -> tuple[list[Message], list[str]]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = trickle
            async with connected(server, listener) as connection:
                return await connection.request("FAXSessions"), listener.texts("in")

    answer, texts = play(scenario())
    assert answer[1].get("Files") == name
    assert any(f"Files: {name}\r\n" in text for text in texts)


def test_bytes_that_are_not_utf8_are_escaped() -> None:
    (text,) = play(lines_for(b"Event: ReceiveFAX\r\nRemoteStationID: B\xfcro\x00\r\n\r\n"))
    assert text == "Event: ReceiveFAX\r\nRemoteStationID: B\\xfcro\\x00\r\n\r\n"


def test_a_message_cut_off_by_the_end_becomes_a_mark() -> None:
    """It is not a message, because half a number is a number too."""

    async def scenario() -> list[Line]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener):
            server.send("Event: SendFAX\r\nChannel: PJS")
            server.clients[0].hang_up()
            await listener.until_mark("disconnected")
        return listener.lines

    *_, cut, mark = play(scenario())
    assert (cut.dir, cut.text) == ("mark", "cut off: Event: SendFAX\r\nChannel: PJS")
    assert (mark.dir, mark.text) == ("mark", "disconnected: the server closed the connection")


def test_an_exception_in_on_line_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    def listener(line: Line) -> None:
        raise RuntimeError("the disk is full")

    async def scenario() -> list[Message]:
        async with FakeServer() as server, connected(server, listener) as connection:
            return await connection.request("Ping")

    (answer,) = play(scenario())
    assert answer.get("Ping") == "Pong"
    assert len(caplog.records) == 1


def test_a_shutdown_event_is_the_reason_of_the_end() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> str:
        server.send("Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n")
        await connection.request("Ping")  # the server hangs up later
        server.clients[0].hang_up()
        return await connection.lost

    assert play(with_connection(scenario)) == "the server shut down"


def test_closing_twice_logs_off_once() -> None:
    async def scenario() -> tuple[list[Message], list[str]]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener) as connection:
            await asyncio.gather(connection.close(), connection.close())
            await connection.close()
            return server.requests("Logoff"), listener.texts("mark")

    goodbyes, marks = play(scenario())
    assert len(goodbyes) == 1
    assert marks == ["connected", "disconnected: closed by faxstore"]


def test_closing_does_not_wait_for_a_silent_server() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> str:
        server.replies["Logoff"] = no_reply
        async with asyncio.timeout(1):
            await connection.close()
        return connection.lost.result()

    assert play(with_connection(scenario, SHORT_LIMITS)) == "closed by faxstore"


def test_there_are_no_lines_after_the_end() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener) as connection:
            server.send(HANGUP * 100)
            await listener.until(lambda: HANGUP in listener.texts("in"))
            connection.abort("no more")
            connection.mark("polled")
            server.send(HANGUP)
            await server.changes.until(lambda: server.clients[0].over)
        return listener.texts("mark")

    assert play(scenario()) == ["connected", "disconnected: no more"]


def test_closed_connections_are_garbage_collected() -> None:
    async def scenario() -> int:
        async with FakeServer() as server:
            for _ in range(30):
                async with connected(server) as connection:
                    await connection.request("Ping")
            del connection
            await asyncio.sleep(0)
        gc.collect()
        return sum(isinstance(thing, Connection) for thing in gc.get_objects())

    assert play(scenario()) == 0


def test_no_log_or_repr_contains_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[str]:
        shown: list[str] = []
        async with FakeServer() as server:
            server.replies["Login"] = no_reply
            opening = asyncio.ensure_future(Connection.open(settings_of(server), FakeListener(), SHORT_LIMITS))
            await server.until_requested("Login")
            ours = [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith("faxstore.")]
            shown += [repr(thing) for thing in ours if not isinstance(thing, Message)]  # the fake server's record
            (failure,) = await asyncio.gather(opening, return_exceptions=True)
            shown += [repr(failure), str(failure)]
        return shown

    with caplog.at_level(logging.DEBUG):
        shown = play(scenario())
    assert len(shown) > 3
    assert not [text for text in [*shown, caplog.text] if "letmein" in text]
