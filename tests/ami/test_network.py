"""Networks that trickle, reset or fall silent: faxstore disconnects in time, logs it once, and reconnects."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct

import pytest

from faxstore.ami import poll_rules
from faxstore.ami.connection import Limits
from faxstore.ami.poller import PollTimings
from faxstore.capture.message import Message
from faxstore.observations import Observation, Rejected, ServerObservation
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import SHORT_LIMITS, FakeListener, collecting
from tests.kit.fake_server import BANNER, Client, FakeServer, Fax, Reply, fax_list, no_reply
from tests.kit.played_time import play

TRICKLE = 0.05
"""Seconds between two bytes: the connection is never silent, yet no answer is complete in time."""


async def trickle(client: Client, data: bytes) -> None:
    for byte in data:
        if client.writer.is_closing():
            return
        client.send(bytes([byte]))
        await asyncio.sleep(TRICKLE)


def reset(client: Client) -> None:
    """End the connection with RST, as a firewall or a crashed machine does."""
    sock: socket.socket = client.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.over = True
    client.writer.transport.abort()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_trickling_answer_times_out_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def slowly(client: Client, action: Message) -> None:
        await trickle(client, fax_list(action, [Fax(7, "send", "Active")]).encode())

    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = slowly
            async with collecting(server, listener, limits=Limits(request=0.3)):
                await listener.until_mark("disconnected", 2)
                del server.replies["FAXSessions"]
                await listener.until_mark("polled", 2)
        return listener.texts("mark")

    connected, cut, lost, *_ = play(scenario())
    assert (connected, lost) == ("connected", "disconnected: no answer to FAXSessions within 0.3 s")
    assert cut.startswith("cut off: Resp")
    assert warnings(caplog)[0].startswith("pbx1: connection lost (no answer to FAXSessions within 0.3 s)")


@pytest.mark.parametrize(("delay", "queried"), [(0.0, True), (0.4, False)])
def test_a_list_that_comes_late_is_not_used_to_query(
    monkeypatch: pytest.MonkeyPatch, delay: float, queried: bool
) -> None:
    """res_fax may have been reloaded meanwhile, and a session of the same number may have no engine yet."""
    monkeypatch.setattr(poll_rules, "LIST_IS_FRESH", 0.2)

    async def late(client: Client, action: Message) -> None:
        listed = fax_list(action, [Fax(7, "send", "Active")]).encode()
        await asyncio.sleep(delay)
        client.writer.write(listed)

    async def scenario() -> bool:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            server.replies["FAXSessions"] = late
            async with collecting(server, listener):
                await listener.until_mark("polled", 2)
            return any(action.get("Action") == "FAXSession" for action in server.received)

    assert play(scenario()) is queried


def test_a_reset_within_a_message_keeps_its_first_part(caplog: pytest.LogCaptureFixture) -> None:
    def cut(client: Client, action: Message) -> None:
        client.send("Event: SendFAX\r\nChannel: PJSIP/trunk-00000001\r\nPagesTr")

    async def scenario() -> FakeListener:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = cut
            async with collecting(server, listener):
                await server.until_requested("FAXSessions")
                await asyncio.sleep(0.1)  # a reset overtakes data in the network
                reset(server.clients[0])
                del server.replies["FAXSessions"]
                await listener.until_mark("polled", 2)
        return listener

    listener = play(scenario())
    line_reader = LineReader("pbx1")
    records = [record for line in listener.lines for record in line_reader.feed(line)]
    assert [(record.reason, record.raw[-7:]) for record in records if isinstance(record, Rejected)] == [
        ("the connection ended in the middle of this message", "PagesTr")
    ]
    assert [record for record in records if isinstance(record, Observation)] == []
    ends = [r for r in records if isinstance(r, ServerObservation) and r.event == "Disconnected"]
    assert "reset by peer" in str(ends[0].details["Reason"])
    assert len(warnings(caplog)) == 1


def test_a_half_open_connection_is_detected_between_polls(caplog: pytest.LogCaptureFixture) -> None:
    """Without a FIN or an answer, detection takes the keepalive interval and the timeout of a request."""
    assert PollTimings().keepalive + Limits().request <= 20

    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            timings, limits = PollTimings(keepalive=0.1), Limits(request=0.3)
            async with collecting(server, listener, timings=timings, limits=limits, idle_interval=3600.0):
                await listener.until_mark("polled")
                server.replies["Ping"] = server.replies["FAXSessions"] = no_reply
                await listener.until_mark("disconnected")
        return listener.texts("mark")

    assert "disconnected: no answer to Ping within 0.3 s" in play(scenario())
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    ("banner", "replies", "reason"),
    [
        ("", {}, "no greeting of an Asterisk manager within 0.3 s (does this port speak TLS?)"),
        ("Asterisk Call Mana", {}, "no greeting of an Asterisk manager within 0.3 s (does this port speak TLS?)"),
        (BANNER, {"Login": no_reply}, "no answer to Login within 0.3 s (during login)"),
    ],
)
def test_a_missing_greeting_or_login_answer_is_logged_once_and_retried(
    banner: str, replies: dict[str, Reply], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> FakeListener:
        listener = FakeListener()
        async with FakeServer(banner=banner) as server:
            server.replies |= replies
            async with collecting(server, listener, limits=SHORT_LIMITS):
                await listener.until_mark("disconnected", 3)
        return listener

    listener = play(scenario())
    ends = [mark for mark in listener.texts("mark") if mark != "connected" and not mark.startswith("cut off: ")]
    assert (len(ends) >= 3, set(ends)) == (True, {f"disconnected: {reason}"})
    assert warnings(caplog) == [f"pbx1: cannot connect ({reason}); retrying until it succeeds"]
    line_reader = LineReader("pbx1")
    events = [
        record.event
        for line in listener.lines
        for record in line_reader.feed(line)
        if isinstance(record, ServerObservation)
    ]
    assert events.count("Disconnected") == 1
