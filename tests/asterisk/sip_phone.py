"""A SIP phone on 127.0.0.1: it calls a server, transfers a call to another one, and takes the place of another call.

It sends no sound of its own.  Two of its calls may be connected: then each hears what the other receives, and a fax
passes through the phone.  A call to the phone rings and is never answered; one to forward*EXTENSION is forwarded to
that extension of the server (302).
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.asterisk import sip_text
from tests.asterisk.sip_text import HOST, SipMessage, fresh_id

LIMIT = 20.0
"""Seconds that the phone waits for an answer of the server."""

_LARGEST = 65_535
_STOPS_WITHIN = 0.2


class Call:
    """A call from the phone to an extension of the server."""

    def __init__(self, phone: Phone, extension: str) -> None:
        self._phone = phone
        self._sound = _bound(0)
        self._server_sound: tuple[str, int] | None = None
        self._other: Call | None = None
        self._requests = 0
        self._target = self.address = f"sip:{extension}@{HOST}:{phone.server_port}"
        self.id, self.tag, self.server_tag = fresh_id(), fresh_id(), ""
        self.answered, self.transferred, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.refusal = ""

    def start(self, replaced: Call | None = None) -> None:
        """Calls, and waits for the answer; the call takes the place of `replaced` (INVITE with Replaces)."""
        if replaced is not None and replaced._other is not None:
            self.connect(replaced._other)
        headers = [f"Replaces: {replaced.dialog}"] if replaced else []
        body = sip_text.session_description(self._sound.getsockname()[1])
        self._request("INVITE", *headers, body=body)
        self._wait(self.answered, "an answer")

    def transfer_to(self, other: Call) -> None:
        """Connects the far ends of both calls (REFER with Replaces) and waits until the server has done it."""
        self._request("REFER", f"Refer-To: <{other.address}?Replaces={quote(other.dialog, safe='')}>")
        self._wait(self.transferred, "the transfer")

    def connect(self, other: Call) -> None:
        """From now on, each of the two calls hears what the other one receives, and ends with it."""
        self._other, other._other = other, self

    def hang_up(self) -> None:
        """Ends the call."""
        self._request("BYE")
        self._wait(self.ended, "the end")

    @property
    def dialog(self) -> str:
        """The call as a Replaces header names it, seen from the server (RFC 3891)."""
        return f"{self.id};to-tag={self.server_tag};from-tag={self.tag}"

    def handle(self, message: SipMessage) -> None:
        """Handles a message of the server about this call."""
        if message.status is None:
            self._handle_request(message)
        elif message.method == "INVITE" and message.status >= 200:
            self._end_invite(message, message.status)
        elif message.method == "REFER" and message.status >= 300:
            self._refuse(message, self.transferred)
        elif message.method == "BYE":
            self.ended.set()

    def pass_sound_on(self, stop: threading.Event) -> None:
        """Sends what this call receives to the call that it is connected to, until `stop` is set."""
        for packet in _datagrams(self._sound, stop):
            other = self._other
            if other is not None and other._server_sound is not None:
                with suppress(OSError):  # the other call has ended
                    other._sound.sendto(packet, other._server_sound)

    def close(self) -> None:
        """Gives back the port for the sound."""
        self._sound.close()

    def _handle_request(self, message: SipMessage) -> None:
        if message.method == "ACK":
            return
        body = sip_text.session_description(self._sound.getsockname()[1]) if message.method == "INVITE" else ""
        self._phone.send(message.response("200 OK", self._phone.contact, body=body))
        if message.method == "INVITE" and message.sound_port:
            self._server_sound = (HOST, message.sound_port)
        if message.method == "BYE":
            self.ended.set()
            if self._other is not None and self._other._other is self:
                self._other._request("BYE")
        if message.method == "NOTIFY" and message.body.startswith("SIP/2.0 2"):
            self.transferred.set()

    def _end_invite(self, message: SipMessage, status: int) -> None:
        self.server_tag = message.to_tag
        if status < 300:
            self._target = message.contact or self._target
            self._server_sound = (HOST, message.sound_port)
        self._request("ACK")
        if status < 300:
            self.answered.set()
        else:
            self._refuse(message, self.answered)

    def _refuse(self, message: SipMessage, event: threading.Event) -> None:
        self.refusal = message.start
        event.set()

    def _request(self, method: str, *headers: str, body: str = "") -> None:
        if method != "ACK":  # it acknowledges the first request
            self._requests += 1
        number = 1 if method == "ACK" else self._requests
        tag = f";tag={self.server_tag}" if self.server_tag else ""
        lines = [
            f"Via: SIP/2.0/UDP {HOST}:{self._phone.port};branch=z9hG4bK{fresh_id()};rport",
            "Max-Forwards: 70",
            f"From: <sip:phone@{HOST}>;tag={self.tag}",
            f"To: <{self.address}>{tag}",
            f"Call-ID: {self.id}",
            f"CSeq: {number} {method}",
            self._phone.contact,
            "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REFER, NOTIFY",
            "Supported: replaces",
        ]
        self._phone.send(sip_text.as_bytes(f"{method} {self._target} SIP/2.0", [*lines, *headers], body))

    def _wait(self, event: threading.Event, what: str) -> None:
        assert event.wait(LIMIT), f"no sign of {what} of {self.address} within {LIMIT} s"
        assert not self.refusal, f"{self.address}: {self.refusal}"


class Phone:
    """The phone.  Use it as a context manager; at the end it ends the calls that still exist."""

    def __init__(self, port: int, server_port: int) -> None:
        self.port, self.server_port = port, server_port
        self.contact = f"Contact: <sip:phone@{HOST}:{port}>"
        self.ringing = threading.Event()
        self._socket = _bound(port)
        self._calls: dict[str, Call] = {}
        self._rung: SipMessage | None = None
        self._tag = fresh_id()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._run(self._receive)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for call in self._calls.values():
            if call.answered.is_set() and not call.ended.is_set() and not call.refusal:
                call.hang_up()
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for call in self._calls.values():
            call.close()
        self._socket.close()

    def call(self, extension: str, replaced: Call | None = None) -> Call:
        """A call to an extension that the server has answered; with `replaced`, it takes the place of that call."""
        call = Call(self, extension)
        self._calls[call.id] = call
        self._run(lambda: call.pass_sound_on(self._stop))
        call.start(replaced)
        return call

    def send(self, data: bytes) -> None:
        """Sends a datagram to the server."""
        self._socket.sendto(data, (HOST, self.server_port))

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _receive(self) -> None:
        for data in _datagrams(self._socket, self._stop):
            message = sip_text.parse(data)
            call = self._calls.get(message["call-id"])
            if call is not None:
                call.handle(message)
            elif message.status is None:
                self._handle_incoming(message)

    def _handle_incoming(self, message: SipMessage) -> None:
        forwarded = re.match(r"INVITE sip:forward\*([^@]+)@", message.start)
        if forwarded:
            target = f"Contact: <sip:{forwarded[1]}@{HOST}:{self.server_port}>"
            self.send(message.response("302 Moved Temporarily", target, tag=self._tag))
        elif message.method == "INVITE":
            self._rung = message
            self.send(message.response("180 Ringing", self.contact, tag=self._tag))
            self.ringing.set()
        elif message.method == "CANCEL" and self._rung is not None:
            self.send(message.response("200 OK", tag=self._tag))
            self.send(self._rung.response("487 Request Terminated", tag=self._tag))
        elif message.method != "ACK":
            self.send(message.response("200 OK", tag=self._tag))


def _bound(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, port))
    sock.settimeout(_STOPS_WITHIN)
    return sock


def _datagrams(sock: socket.socket, stop: threading.Event) -> Iterator[bytes]:
    """Yields what arrives until `stop` is set."""
    while not stop.is_set():
        with suppress(TimeoutError):
            yield sock.recv(_LARGEST)
