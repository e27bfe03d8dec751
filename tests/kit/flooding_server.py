"""A server in a separate process that floods its client with events, and disconnects it if it does not read.

    python -m tests.kit.flooding_server KIND RATE SECONDS

KIND: other (events irrelevant to faxes) or fax; RATE: events per second, of about 400 bytes.  The server prints its
port, serves one connection, prints "over" when the flood ends, and at the end prints its Report as JSON.  The client is
the parent of this process.
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
"""Seconds.  A write that waits longer ends the session (manager.c).  Time in which this process or the client waits for
a CPU does not count: on a busy machine it is not the client's fault."""
BATCH = 100
"""Events per write.  Asterisk writes one by one, which costs the sender more and the reader the same."""
SESSIONS = 20


@dataclass
class Report:
    """What the server did."""

    sent: int = 0
    seconds: float = 0.0
    longest_wait: float = 0.0
    """Seconds that a write waited, without the time without a CPU."""
    without_cpu: float = 0.0
    """Seconds that the two processes waited for a CPU while a write waited."""
    polls: int = 0
    """FAXSessions requests during the flood."""
    stalled: bool = False
    """Whether the server disconnected the client."""


class Stalled(Exception):  # noqa: N818 - not an error in this program
    """The client did not read in time."""


class Flood(FakeServer):
    """A server without asyncio; it inherits only the answers of FakeServer."""

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
            while self._answer_requests(client, timeout=5.0):
                pass
        except Stalled:
            self.report.stalled = True
        except ConnectionError:
            pass  # the client is gone
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
            self._answer_requests(client, timeout=5.0)

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
                self._answer_requests(client, timeout=0.0)
            self._answer_requests(client, timeout=0.001)

    def _answer_requests(self, client: Direct, timeout: float) -> bool:
        """Answer pending requests; return False if the client is gone or sent nothing within the timeout."""
        if not select.select([self._socket], [], [], timeout)[0]:
            return False
        data = self._socket.recv(65536)
        *actions, self._received = (self._received + data).split(b"\r\n\r\n")
        for text in actions:
            action = parse(text.decode())
            self.report.polls += action.get("Action") == "FAXSessions"
            getattr(self, f"on_{action.get('Action').lower()}")(client, action)
        return bool(data)


class Direct(Client):
    """Writes answers directly to the socket, between the events."""

    def __init__(self, flood: Flood) -> None:
        self.server: Flood = flood

    def send(self, text: str | bytes) -> None:
        self.server.write(text.encode() if isinstance(text, str) else text)

    def hang_up(self) -> None:
        raise ConnectionError


def _waited_for_cpu() -> float:
    """Return the seconds that this process and its parent were ready to run but had no CPU (schedstat)."""
    files = (Path(f"/proc/{process}/schedstat") for process in (os.getpid(), os.getppid()))
    return sum(int(file.read_text().split()[1]) for file in files if file.exists()) / 1e9


def _event(name: str, number: int, *more: str) -> bytes:
    """Return an event with the headers of a channel (manager_channels.c, channel_to_string) and its own."""
    headers = [
        f"Event: {name}", "Privilege: call,all", f"Channel: PJSIP/trunk-{number:08x}", "ChannelState: 6",
        "ChannelStateDesc: Up", "CallerIDNum: 5550001", "CallerIDName: Rig", "ConnectedLineNum: 5550002",
        "ConnectedLineName: Rig", "Language: en", "AccountCode: acme", "Context: from-trunk", "Exten: 5550002",
        "Priority: 3", f"Uniqueid: 1795423501.{number}", f"Linkedid: 1795423501.{number}", *more,
    ]  # fmt: skip
    return ("\r\n".join(headers) + "\r\n\r\n").encode()


def events(kind: str) -> list[bytes]:
    """Return about a thousand events, to be sent repeatedly."""
    wire: list[bytes] = []
    for number in range(300 + BATCH):
        if kind == "fax":
            wire += [
                _event("FAXStatus", number, "Operation: send", "Status: T.38 Negotiated", "FileName: /a.tif"),
                _event("VarSet", number, "Variable: FAXSTATUSSTRING", "Value: OK"),
            ]
        else:
            wire += [
                _event("RTCPSent", number, "To: 10.0.0.5:4000", "SentPackets: 1000"),
                _event("VarSet", number, "Variable: RTPAUDIOQOS", "Value: ssrc=1;themssrc=2;lp=0"),
                _event("Newexten", number, "Extension: 5550002", "Application: Dial", "AppData: PJSIP/x"),
            ]
    return wire


def main() -> None:
    kind, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    flood = Flood(events(kind), rate, seconds)
    flood.serve(listener)
    print(json.dumps(asdict(flood.report)), flush=True)


if __name__ == "__main__":
    main()
