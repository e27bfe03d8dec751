"""A server, in a process of its own, that floods whoever logs in, and cuts off who does not read, as Asterisk does.

    python -m tests.kit.flooding_server KIND RATE SECONDS

KIND: other (events that say nothing of a fax) or fax; RATE: events a second, of some 400 bytes.  Writes the port to
standard output, serves one connection, writes "over" when the flood is, and at the end what it saw as JSON (Report).
The client is the parent of this process.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from faxstore.capture.message import parse
from tests.kit.fake_server import BANNER, Client, FakeServer, Fax

WRITE_TIMEOUT = 0.1
"""Seconds.  manager.c: a write that waits longer ends the session.  Time in which a busy machine let this process or
the client wait for a CPU does not count: it says nothing of the client."""
BATCH = 100
"""Events in one write; Asterisk writes one by one, which costs the sender more and the reader the same."""
SESSIONS = 20


@dataclass
class Report:
    """What the server did; stalled: it cut the client off."""

    sent: int = 0
    seconds: float = 0.0
    longest_wait: float = 0.0
    """Of a write; the time without a CPU left out."""
    without_cpu: float = 0.0
    """Seconds that the two processes waited for a CPU while a write waited."""
    polls: int = 0
    """FAXSessions that were asked while the flood lasted."""
    stalled: bool = False


class Stalled(Exception):  # noqa: N818 - not an error of this program
    """The client did not read in time."""


class Flood(FakeServer):
    """Asks nothing of asyncio: only the answers are those of FakeServer."""

    def __init__(self, events: list[bytes], rate: float, seconds: float) -> None:
        super().__init__()
        self.sessions = [Fax(number, "send", "Active") for number in range(SESSIONS)]
        self.report = Report()
        self._events, self._rate, self._seconds = events, rate, seconds
        self._received = b""

    def serve(self, listener: socket.socket) -> None:
        self._socket, _ = listener.accept()
        self._socket.setblocking(False)
        client = Direct(self)
        self.write(BANNER.encode())
        try:
            self._until_polled(client)
            self._flood(client, time.monotonic())
            print("over", flush=True)
            while self._answer_what_came(client, patience=5.0):
                pass
        except Stalled:
            self.report.stalled = True
        except ConnectionError:
            pass  # the client has left
        self._socket.close()

    def write(self, data: bytes) -> None:
        while data:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                self._wait_until_writable()

    def _wait_until_writable(self) -> None:
        begun, starved = time.monotonic(), _waited_for_cpu()
        writable, waited = False, 0.0
        while not writable and waited < WRITE_TIMEOUT:
            writable = bool(select.select([], [self._socket], [], WRITE_TIMEOUT - waited)[1])
            without = _waited_for_cpu() - starved
            waited = time.monotonic() - begun - without
        self.report.longest_wait = max(self.report.longest_wait, waited)
        self.report.without_cpu += without
        if not writable:
            raise Stalled

    def _until_polled(self, client: Direct) -> None:
        while self.report.polls == 0:
            self._answer_what_came(client, patience=5.0)

    def _flood(self, client: Direct, begun: float) -> None:
        self.report.polls = 0
        total, report = int(self._rate * self._seconds), self.report
        while report.sent < total:
            due = min(total, int((time.monotonic() - begun) * self._rate))
            while report.sent < due:
                many = min(BATCH, due - report.sent)
                first = report.sent % (len(self._events) - BATCH)
                self.write(b"".join(self._events[first : first + many]))
                report.sent += many
                report.seconds = time.monotonic() - begun
                self._answer_what_came(client, patience=0.0)
            self._answer_what_came(client, patience=0.001)

    def _answer_what_came(self, client: Direct, patience: float) -> bool:
        """False: the client has left, or said nothing for as long as that."""
        if not select.select([self._socket], [], [], patience)[0]:
            return False
        data = self._socket.recv(65536)
        *actions, self._received = (self._received + data).split(b"\r\n\r\n")
        for text in actions:
            action = parse(text.decode())
            self.report.polls += action.get("Action") == "FAXSessions"
            getattr(self, f"on_{action.get('Action').lower()}")(client, action)
        return bool(data)


class Direct(Client):
    """Answers go straight to the socket, in turn with the events."""

    def __init__(self, flood: Flood) -> None:
        self.server: Flood = flood

    def send(self, text: str | bytes) -> None:
        self.server.write(text.encode() if isinstance(text, str) else text)

    def hang_up(self) -> None:
        raise ConnectionError


def _waited_for_cpu() -> float:
    """Seconds that this process and its parent were ready to run and did not (the kernel's sched-stats)."""
    files = (Path(f"/proc/{process}/schedstat") for process in (os.getpid(), os.getppid()))
    return sum(int(file.read_text().split()[1]) for file in files if file.exists()) / 1e9


def _event(name: str, number: int, *more: str) -> bytes:
    """manager_channels.c, channel_to_string, and what the event has of its own."""
    headers = [
        f"Event: {name}", "Privilege: call,all", f"Channel: PJSIP/trunk-{number:08x}", "ChannelState: 6",
        "ChannelStateDesc: Up", "CallerIDNum: 5550001", "CallerIDName: Rig", "ConnectedLineNum: 5550002",
        "ConnectedLineName: Rig", "Language: en", "AccountCode: acme", "Context: from-trunk", "Exten: 5550002",
        "Priority: 3", f"Uniqueid: 1795423501.{number}", f"Linkedid: 1795423501.{number}", *more,
    ]  # fmt: skip
    return ("\r\n".join(headers) + "\r\n\r\n").encode()


def events(kind: str) -> list[bytes]:
    """A thousand and some of them, to be sent again and again."""
    made: list[bytes] = []
    for number in range(300 + BATCH):
        if kind == "fax":
            made += [
                _event("FAXStatus", number, "Operation: send", "Status: T.38 Negotiated", "FileName: /a.tif"),
                _event("VarSet", number, "Variable: FAXSTATUSSTRING", "Value: OK"),
            ]
        else:
            made += [
                _event("RTCPSent", number, "To: 10.0.0.5:4000", "SentPackets: 1000"),
                _event("VarSet", number, "Variable: RTPAUDIOQOS", "Value: ssrc=1;themssrc=2;lp=0"),
                _event("Newexten", number, "Extension: 5550002", "Application: Dial", "AppData: PJSIP/x"),
            ]
    return made


def main() -> None:
    kind, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    flood = Flood(events(kind), rate, seconds)
    flood.serve(listener)
    print(json.dumps(asdict(flood.report)), flush=True)


if __name__ == "__main__":
    main()
