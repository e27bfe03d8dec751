"""No text from the wire can break a connection."""

from __future__ import annotations

import pytest

from faxstore.ami.connection import Connection
from faxstore.ami.errors import RequestTimeoutError
from faxstore.capture.message import MAX_MESSAGE_BYTES, Message
from faxstore.capture.recording import Line
from tests.kit.fake_listener import SHORT_LIMITS, FakeListener, connected, lines_for, with_connection
from tests.kit.fake_server import Client, FakeServer, id_header
from tests.kit.played_time import play

HANGUP = "Event: Hangup\r\nChannel: PJSIP/a-1\r\n\r\n"


HOSTILE = {
    "garbage": b"\x00\xff\xfe garbage\r\nmore\r\n\r\n",
    "no colon": b"Event SendFAX\r\nChannel\r\n\r\n",
    "no name": b": value\r\nEvent: \r\n\r\n",
    "no blank after the colon": b"Event:SendFAX\r\nChannel:x\r\n\r\n",
    "a missing blank line": b"Event: A\r\nChannel: x\r\nEvent: B\r\nChannel: y\r\n\r\n",
    "a repeated ActionID": b"Response: Success\r\nActionID: 1\r\nActionID: 2\r\n\r\n",
    "a repeated Response": b"Response: Success\r\nResponse: Error\r\n\r\n",
    "an unknown answer": b"Response: Success\r\nActionID: nobody\r\nMessage: successfully queued\r\n\r\n",
    "names of attributes": b"Event: A\r\nActionID: 9\r\nitems: 1\r\nget: 2\r\nid: 3\r\nlog: 4\r\ncontent: 5\r\n\r\n",
    "a CommandID": b"Event: A\r\nCommandID: 1\r\nCommandID: 2\r\nActionID: 3\r\n\r\n",
    "a body": b"Response: Follows\r\nPrivilege: Command\r\nno headers here\n--END COMMAND--\r\n\r\n",
    "a greeting again": b"Asterisk Call Manager/11.0.0\r\n\r\n",
    "an odd event": b"Event: Shutdown\r\nEvent: Shutdown\r\n\r\n",
    "a wrong result": b"Response: Success\r\nResult: %zz%\r\n\r\n",
    "many headers": b"Event: A\r\n" + b"Key: value\r\n" * 20_000 + b"\r\n",
    "a header of a megabyte": b"Event: A\r\nFileName: " + b"x" * 2**20 + b"\r\n\r\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_ends_the_connection_or_hides_later_messages(kind: str) -> None:
    texts = play(lines_for(HOSTILE[kind] + HANGUP.encode()))
    assert texts[-1] == HANGUP
    assert "".join(texts[:-1]) == HOSTILE[kind].decode("utf-8", "backslashreplace").replace("\0", "\\x00")


@pytest.mark.parametrize("line_ends", [b"\r\n\r\n", b"\r\n" * 7, b"\n\n\r\r"])
def test_blank_lines_are_skipped(line_ends: bytes) -> None:
    assert play(lines_for(line_ends + HANGUP.encode())) == [HANGUP]


def test_a_request_is_answered_although_its_answer_is_joined_with_other_messages() -> None:
    def merged(client: Client, action: Message) -> None:
        client.send(f"Event: A\r\nChannel: x\r\nResponse: Success\r\n{id_header(action)}Ping: Pong\r\nEvent: B\r\n\r\n")

    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener, SHORT_LIMITS) as connection:
            server.replies["Ping"] = merged
            (answer,) = await connection.request("Ping")
            assert answer.get("Ping") == "Pong"
        return listener.texts("in")

    assert any("Ping: Pong\r\nEvent: B\r\n" in text for text in play(scenario()))


def test_a_message_without_an_end_ends_the_connection() -> None:
    async def scenario() -> list[Line]:
        listener = FakeListener()
        async with FakeServer() as server, connected(server, listener) as connection:
            chunk = b"Key: value\r\n" * 2**16
            for _ in range(MAX_MESSAGE_BYTES // len(chunk) + 1):
                server.send(chunk)
            assert await connection.lost == f"received a message of more than {MAX_MESSAGE_BYTES:,} bytes"
        return listener.lines

    lines = play(scenario())
    assert lines[-1].text == f"disconnected: received a message of more than {MAX_MESSAGE_BYTES:,} bytes"
    assert lines[-2].text.startswith("cut off: Key: value\r\n")


def test_an_exception_in_panoramisk_does_not_end_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def choke(self: object, message: object) -> None:
        raise TypeError("unhashable type: 'list'")

    async def scenario(connection: Connection, server: FakeServer) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("panoramisk.ami_protocol.AMIProtocol.handle_message", choke)
            with pytest.raises(RequestTimeoutError):
                await connection.request("Ping")
        await connection.request("Ping")

    play(with_connection(scenario, SHORT_LIMITS))
    assert "the connection continues" in caplog.text
