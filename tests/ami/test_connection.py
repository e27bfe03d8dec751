"""A connection: what it hands on, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging

import pytest

from faxstore.ami.connection import Connection
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from tests.kit.fake_listener import QUICK, Heard, connected, heard_of, settings_of, with_connection
from tests.kit.fake_server import BANNER, Client, FakeServer, Fax, fax_list, silent

HANGUP = "Event: Hangup\r\nChannel: PJSIP/a-1\r\n\r\n"


def test_every_line_of_a_connection_in_the_order_of_the_wire() -> None:
    async def scenario() -> list[Line]:
        heard = Heard()
        async with FakeServer() as server, connected(server, heard) as connection:
            await connection.request("Ping")
        return heard.lines

    lines = asyncio.run(scenario())
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


def test_the_login_asks_for_events_and_its_secret_is_not_shown() -> None:
    async def scenario() -> tuple[Message, list[str]]:
        heard = Heard()
        async with FakeServer() as server, connected(server, heard):
            return server.asked("Login")[0], heard.texts("out")

    sent, shown = asyncio.run(scenario())
    assert (sent.get("Username"), sent.get("Secret"), sent.get("Events")) == ("faxstore", "letmein", "on")
    assert "Secret: ***\r\n" in shown[0]
    assert "letmein" not in shown[0]


@pytest.mark.parametrize("name", ["séance: no 1.tif", "伝真.tif", "\U0001f4e0.tif"])
def test_utf8_survives_segments_of_one_byte(name: str) -> None:
    async def trickled(client: Client, action: Message) -> None:
        await client.trickle(fax_list(action, [Fax(7, "send", "Active", files=name)]).encode())

    async def scenario() -> tuple[list[Message], list[str]]:
        heard = Heard()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = trickled
            async with connected(server, heard) as connection:
                return await connection.request("FAXSessions"), heard.texts("in")

    answer, texts = asyncio.run(scenario())
    assert answer[1].get("Files") == name
    assert any(f"Files: {name}\r\n" in text for text in texts)


def test_bytes_that_are_no_utf8_are_kept_readable() -> None:
    (text,) = asyncio.run(heard_of(b"Event: ReceiveFAX\r\nRemoteStationID: B\xfcro\x00\r\n\r\n"))
    assert text == "Event: ReceiveFAX\r\nRemoteStationID: B\\xfcro\\x00\r\n\r\n"


def test_a_message_cut_by_the_end_of_the_connection_is_handed_on_as_a_mark_of_its_own() -> None:
    """Not as a message: half a number is a number too."""

    async def scenario() -> list[Line]:
        heard = Heard()
        async with FakeServer() as server, connected(server, heard):
            server.send("Event: SendFAX\r\nChannel: PJS")
            server.clients[0].hang_up()
            await heard.until_mark("disconnected")
        return heard.lines

    *_, cut, mark = asyncio.run(scenario())
    assert (cut.dir, cut.text) == ("mark", "cut off: Event: SendFAX\r\nChannel: PJS")
    assert (mark.dir, mark.text) == ("mark", "disconnected: the server closed the connection")


def test_a_listener_that_raises_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    def listener(line: Line) -> None:
        raise RuntimeError("the disk is full")

    async def scenario() -> list[Message]:
        async with FakeServer() as server, connected(server, listener) as connection:
            return await connection.request("Ping")

    (answer,) = asyncio.run(scenario())
    assert answer.get("Ping") == "Pong"
    assert len(caplog.records) == 1


def test_a_shutdown_is_the_reason_of_the_end_that_follows_it() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> str:
        server.send("Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n")
        await connection.request("Ping")  # the server decides when to hang up
        server.clients[0].hang_up()
        return await connection.lost

    assert asyncio.run(with_connection(scenario)) == "the server shut down"


def test_closing_twice_says_goodbye_once() -> None:
    async def scenario() -> tuple[list[Message], list[str]]:
        heard = Heard()
        async with FakeServer() as server, connected(server, heard) as connection:
            await asyncio.gather(connection.close(), connection.close())
            await connection.close()
            return server.asked("Logoff"), heard.texts("mark")

    goodbyes, marks = asyncio.run(scenario())
    assert len(goodbyes) == 1
    assert marks == ["connected", "disconnected: closed by faxstore"]


def test_closing_does_not_wait_for_a_server_that_is_silent() -> None:
    async def scenario(connection: Connection, server: FakeServer) -> str:
        server.replies["Logoff"] = silent
        async with asyncio.timeout(1):
            await connection.close()
        return connection.lost.result()

    assert asyncio.run(with_connection(scenario, QUICK)) == "closed by faxstore"


def test_after_the_end_nothing_more_is_handed_on() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server, connected(server, heard) as connection:
            server.send(HANGUP * 100)
            await heard.until(lambda: HANGUP in heard.texts("in"))
            connection.abort("no more")
            connection.mark("polled")
            server.send(HANGUP)
            await server.changes.until(lambda: server.clients[0].over)
        return heard.texts("mark")

    assert asyncio.run(scenario()) == ["connected", "disconnected: no more"]


def test_connections_leave_nothing_behind() -> None:
    async def scenario() -> int:
        async with FakeServer() as server:
            for _ in range(30):
                async with connected(server) as connection:
                    await connection.request("Ping")
            del connection
            await asyncio.sleep(0)
        gc.collect()
        return sum(isinstance(thing, Connection) for thing in gc.get_objects())

    assert asyncio.run(scenario()) == 0


def test_nothing_that_is_logged_or_shown_holds_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[str]:
        shown: list[str] = []
        async with FakeServer() as server:
            server.replies["Login"] = silent
            opening = asyncio.ensure_future(Connection.open(settings_of(server), Heard(), QUICK))
            await server.until_asked("Login")
            ours = [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith("faxstore.")]
            shown += [repr(thing) for thing in ours if not isinstance(thing, Message)]  # the fake server's ledger
            (failure,) = await asyncio.gather(opening, return_exceptions=True)
            shown += [repr(failure), str(failure)]
        return shown

    with caplog.at_level(logging.DEBUG):
        shown = asyncio.run(scenario())
    assert len(shown) > 3
    assert not [text for text in [*shown, caplog.text] if "letmein" in text]
