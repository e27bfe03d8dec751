"""A server with many fax sessions, in a process of its own; it costs as little as a server in Python can.

    python -m benchmarks.busy_server SESSIONS [MEAN_LIFE]

It prints its port, then serves clients until its standard input ends; for each line of the input it prints a JSON
object with its counts.  With a mean life (seconds), sessions end at random, others take their places, and clients get
the events of both, as from an Asterisk whose user reads the classes call and dialplan.  Without it, the sessions last.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from itertools import count

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 10\r\nLastReload: 10\r\nStatus: Fully Booted\r\n\r\n"
TURN = 0.02
"""Seconds between two looks at which sessions have ended."""
_HEADER = re.compile(rb"(Action|ActionID|SessionNumber|Channel): ([^\r]*)\r\n")


class Session:
    """One session; its page advances with each snapshot, so that no two rows are equal."""

    def __init__(self, number: int, ends_at: float) -> None:
        self.number, self.ends_at = number, ends_at
        self.operation = "send" if number % 2 else "receive"
        self.channel = f"PJSIP/trunk-{number:08x}"
        self.snapshots = 0

    def entry(self, action_id: bytes) -> bytes:
        """Return the list entry (res_fax.c, manager_fax_sessions_entry)."""
        return (
            b"Event: FAXSessionsEntry\r\nActionID: %b\r\nChannel: %b\r\nTechnology: Spandsp\r\nSessionNumber: %d\r\n"
            b"SessionType: G.711\r\nOperation: %b\r\nState: Active\r\nFiles: /var/spool/fax/%d.tif\r\n\r\n"
        ) % (action_id, self.channel.encode(), self.number, self.operation.encode(), self.number)

    def detail(self, action_id: bytes) -> bytes:
        """Return the FAXSession event (res_fax_spandsp.c, spandsp_manager_fax_session)."""
        self.snapshots += 1
        pages = self.snapshots // 20
        sent, received = (pages, 0) if self.operation == "send" else (0, pages)
        return (
            b"Event: FAXSession\r\nActionID: %b\r\nSessionNumber: %d\r\nOperation: %b\r\nState: Active\r\n"
            b"ErrorCorrectionMode: Yes\r\nDataRate: 14400\r\nImageResolution: 8031x3850\r\nPageNumber: %d\r\n"
            b"FileName: /var/spool/fax/%d.tif\r\nPagesTransmitted: %d\r\nPagesReceived: %d\r\nTotalBadLines: 0\r\n\r\n"
        ) % (action_id, self.number, self.operation.encode(), pages + 1, self.number, sent, received)

    def _event(self, name: str, *more: str) -> bytes:
        """Return an event of the session's channel (manager_channels.c, channel_to_string)."""
        headers = (
            f"Event: {name}", "Privilege: call,all", f"Channel: {self.channel}", "ChannelState: 6",
            "ChannelStateDesc: Up", "CallerIDNum: 5550001", "CallerIDName: Rig", "ConnectedLineNum: 5550002",
            "ConnectedLineName: Rig", "Language: en", "AccountCode: acme", "Context: fax", "Exten: s", "Priority: 3",
            f"Uniqueid: 1795423501.{self.number}", f"Linkedid: 1795423501.{self.number}", *more,
        )  # fmt: skip
        return ("\r\n".join(headers) + "\r\n\r\n").encode()

    def beginning(self) -> bytes:
        """Return the events with which the fax begins."""
        application = "SendFAX" if self.operation == "send" else "ReceiveFAX"
        statuses = ("Allocating Resources", "FAX Transmission In Progress")
        reports = (self._event("FAXStatus", f"Operation: {self.operation}", f"Status: {each}") for each in statuses)
        return self._event("Newexten", "Extension: s", f"Application: {application}", "AppData: x") + b"".join(reports)

    def end(self) -> bytes:
        """Return the events with which the fax ends."""
        variables = {"FAXSTATUS": "SUCCESS", "FAXERROR": "", "FAXSTATUSSTRING": "OK", "FAXPAGES": "3"}
        sets = (self._event("VarSet", f"Variable: {name}", f"Value: {text}") for name, text in variables.items())
        event = "SendFAX" if self.operation == "send" else "ReceiveFAX"
        result = (
            "LocalStationID: +49 30 1", "RemoteStationID: +49 30 2", "PagesTransferred: 3", "Resolution: 8031x3850",
            "TransferRate: 14400", f"FileName: /var/spool/fax/{self.number}.tif",
        )  # fmt: skip
        return b"".join(sets) + self._event(event, *result) + self._event("Hangup", "Cause: 16")


class BusyServer:
    """The sessions, and the clients that get their events."""

    def __init__(self, sessions: int, mean_life: float) -> None:
        self._mean_life = mean_life
        self._random = random.Random(13)
        self._numbers = count()
        self.sessions: dict[int, Session] = {}
        for _ in range(sessions):
            self._begin()
        self.clients: list[Client] = []
        self.counts = {"lists": 0, "details": 0, "statuses": 0, "faxes": 0, "cpu_seconds": 0.0}

    def _begin(self) -> Session:
        life = self._random.expovariate(1 / self._mean_life) if self._mean_life else float("inf")
        session = Session(next(self._numbers), time.monotonic() + life)
        self.sessions[session.number] = session
        return session

    async def replace_ended(self) -> None:
        """Replace sessions whose life is over, until cancelled."""
        while self._mean_life:
            await asyncio.sleep(TURN)
            now = time.monotonic()
            for session in [each for each in self.sessions.values() if each.ends_at <= now]:
                del self.sessions[session.number]
                events = session.end() + self._begin().beginning()
                self.counts["faxes"] += 1
                for client in self.clients:
                    client.transport.write(events)


class Client(asyncio.Protocol):
    """One connection: answers what a collector requests."""

    transport: asyncio.WriteTransport

    def __init__(self, server: BusyServer) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(BANNER)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._server.clients:
            self._server.clients.remove(self)

    def data_received(self, data: bytes) -> None:
        *actions, self._received = (self._received + data).split(b"\r\n\r\n")
        self.transport.write(b"".join(self._answer(dict(_HEADER.findall(action + b"\r\n"))) for action in actions))

    def _answer(self, action: dict[bytes, bytes]) -> bytes:
        name, action_id = action[b"Action"], action.get(b"ActionID", b"")
        head = b"Response: Success\r\nActionID: %b\r\n" % action_id
        if name == b"FAXSession":
            self._server.counts["details"] += 1
            session = self._server.sessions.get(int(action[b"SessionNumber"]))
            if session is None:
                return b"Response: Error\r\nActionID: %b\r\nMessage: Session not found\r\n\r\n" % action_id
            return head + b"Message: FAXSession event will follow\r\n\r\n" + session.detail(action_id)
        if name == b"FAXSessions":
            return head + self._list(action_id)
        if name == b"Login":
            self._server.clients.append(self)
            return head + b"Message: Authentication accepted\r\n\r\n" + BOOTED
        if name == b"CoreStatus":
            return head + b"CoreStartupDate: 2026-11-23\r\nCoreStartupTime: 08:45:00\r\nCoreCurrentCalls: 0\r\n\r\n"
        if name == b"FAXStats":
            counters = b"TransmitAttempts: 0\r\nReceiveAttempts: 0\r\nCompletedFAXes: 0\r\nFailedFAXes: 0\r\n\r\n"
            return (
                head
                + b"Message: FAXStats event will follow\r\n\r\nEvent: FAXStats\r\n"
                + (b"ActionID: %b\r\nCurrentSessions: 0\r\n" % action_id + counters)
            )
        return self._status(action, head, action_id) if name == b"Status" else head + b"\r\n"

    def _list(self, action_id: bytes) -> bytes:
        self._server.counts["lists"] += 1
        entries = [session.entry(action_id) for session in self._server.sessions.values()]
        return b"EventList: Start\r\nMessage: FAXSessionsEntry event list will follow\r\n\r\n%b" % b"".join(entries) + (
            b"Event: FAXSessionsComplete\r\nActionID: %b\r\nEventList: Complete\r\nListItems: %d\r\nTotal: %d\r\n\r\n"
        ) % (action_id, len(entries), len(entries))

    def _status(self, action: dict[bytes, bytes], head: bytes, action_id: bytes) -> bytes:
        self._server.counts["statuses"] += 1
        channel = action[b"Channel"].decode()
        number = int(channel.rpartition("-")[2], 16)
        return (
            head
            + b"EventList: start\r\nMessage: Channel status will follow\r\n\r\n"
            + (
                b"Event: Status\r\nPrivilege: Call\r\nChannel: %b\r\nChannelState: 6\r\nCallerIDNum: 5550001\r\n"
                b"AccountCode: acme\r\nUniqueid: 1795423501.%d\r\nSeconds: 5\r\nActionID: %b\r\n\r\n"
                b"Event: StatusComplete\r\nActionID: %b\r\nEventList: Complete\r\nListItems: 1\r\nItems: 1\r\n\r\n"
            )
            % (action[b"Channel"], number, action_id, action_id)
        )


async def serve(sessions: int, mean_life: float) -> None:
    """Serve until standard input ends."""
    server = BusyServer(sessions, mean_life)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Client(server), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    replacing = asyncio.ensure_future(server.replace_ended())
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(server.counts | {"cpu_seconds": time.process_time()}), flush=True)
    replacing.cancel()
    listening.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
