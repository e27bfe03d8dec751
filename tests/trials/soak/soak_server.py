"""A busy server for the soak trial: it answers at once, and each list advances its time by a second.

Faxes begin and end all the time, each with its own number, channel and Uniqueid.  The texts are those of the
recordings (res_fax.c, res_fax_spandsp.c, manager.c), as a user with the documented event filter receives them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

SECONDS_PER_PAGE = 20
DURATIONS = (20, 100)
"""Shortest and longest duration of a fax in seconds."""

UNLISTED = 0.02
"""The share of faxes that fail before any list shows them."""

BETWEEN_CUTS = 3_600
"""Seconds after which the server drops the connection."""

UPTIME = 100
"""Seconds that the server has run at the first list."""

_CHANNEL = (
    "Channel: {0.channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 5550001\r\nCallerIDName: Rig\r\n"
    "ConnectedLineNum: 5550001\r\nConnectedLineName: Rig\r\nLanguage: en\r\nAccountCode: acme\r\nContext: fax\r\n"
    "Exten: fax\r\nPriority: 2\r\nUniqueid: {0.uniqueid}\r\nLinkedid: {0.uniqueid}\r\n"
)
_VARIABLE = "Event: VarSet\r\nPrivilege: dialplan,all\r\n" + _CHANNEL + "Variable: {1}\r\nValue: {2}\r\n\r\n"
_BEGIN = (
    "Event: Newexten\r\nPrivilege: dialplan,all\r\n" + _CHANNEL + "Extension: fax\r\nApplication: {0.application}\r\n"
    "AppData: {0.file}\r\n\r\n"
)
_STATUS_EVENT = (
    "Event: FAXStatus\r\nPrivilege: call,all\r\n" + _CHANNEL + "Operation: {0.operation}\r\n"
    "Status: Allocating Resources\r\nLocalStationID: +1 555 0100\r\nFileName: {0.file}\r\n\r\n"
)
_END = (
    "Event: {0.application}\r\nPrivilege: call,all\r\n" + _CHANNEL + "LocalStationID: +1 555 0100\r\n"
    "RemoteStationID: +1 555 0199\r\nPagesTransferred: {0.pages}\r\nResolution: 8031x3850\r\nTransferRate: 14400\r\n"
    "FileName: {0.file}\r\n\r\n"
)
_HANGUP = "Event: Hangup\r\nPrivilege: call,all\r\n" + _CHANNEL + "Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"
_ENTRY = (
    "Event: FAXSessionsEntry\r\n{1}Channel: {0.channel}\r\nTechnology: Spandsp\r\nSessionNumber: {0.number}\r\n"
    "SessionType: G.711\r\nOperation: {0.operation}\r\nState: Active\r\nFiles: {0.file}\r\n\r\n"
)
_DETAIL = (
    "Response: Success\r\n{1}Message: FAXSession event will follow\r\n\r\nEvent: FAXSession\r\n{1}"
    "SessionNumber: {0.number}\r\nOperation: {0.operation}\r\nState: Active\r\nErrorCorrectionMode: No\r\n"
    "DataRate: 14400\r\nImageResolution: 8031x3850\r\nPageNumber: {2}\r\nFileName: {0.file}\r\n"
    "PagesTransmitted: {3}\r\nPagesReceived: {4}\r\nTotalBadLines: {5}\r\n\r\n"
)
_STATUS = (
    "Response: Success\r\n{1}EventList: start\r\nMessage: Channel status will follow\r\n\r\n"
    "Event: Status\r\nPrivilege: Call\r\n" + _CHANNEL + "Type: PJSIP\r\nApplication: {0.application}\r\n"
    "Data: {0.file}\r\nSeconds: 1\r\n{1}\r\nEvent: StatusComplete\r\n{1}EventList: Complete\r\nListItems: 1\r\n"
    "Items: 1\r\n\r\n"
)
_CLEARED = (("FAXSTATUS", "FAILED"), ("FAXPAGES", "0"), ("FAXSTATUS", "FAILED"), ("FAXERROR", "INIT_ERROR"))
_RESULT = (("FAXSTATUS", "SUCCESS"), ("FAXERROR", "NO_ERROR"), ("FAXSTATUSSTRING", "OK"), ("FAXMODE", "audio"))


@dataclass(slots=True)
class Fax:
    """One fax; times are seconds of the server's clock.  `number` is None if no list ever contains it."""

    ordinal: int
    number: int | None
    began: int
    ends: int

    @property
    def operation(self) -> str:
        return "receive" if self.ordinal % 2 else "send"

    @property
    def application(self) -> str:
        return "ReceiveFAX" if self.ordinal % 2 else "SendFAX"

    @property
    def channel(self) -> str:
        return f"PJSIP/trunk-{self.ordinal:08x}"

    @property
    def uniqueid(self) -> str:
        return f"1795424024.{self.ordinal}"

    @property
    def file(self) -> str:
        return f"/var/spool/asterisk/fax/{self.uniqueid}.tif"

    @property
    def pages(self) -> int:
        return 0 if self.number is None else (self.ends - self.began) // SECONDS_PER_PAGE

    def detail(self, action_id: str, now: int) -> str:
        """Return the answer to FAXSession."""
        pages, line = divmod(now - self.began, SECONDS_PER_PAGE)
        sent, received, bad_lines = (0, pages, line) if self.operation == "receive" else (pages, 0, 0)
        return _DETAIL.format(self, action_id, pages + 1, sent, received, bad_lines)


class Faxes:
    """Keeps `live` faxes running until stop()."""

    def __init__(self, live: int) -> None:
        self._wanted = live
        self._rng = random.Random(1)
        self._begun = 0
        self.live: dict[int, Fax] = {}
        self.by_channel: dict[str, Fax] = {}
        self.now = 0
        self.listed = 0
        """Number of sessions in the lists so far."""
        self.unlisted = 0
        self.details = 0
        """Number of FAXSession events so far."""

    def stop(self) -> None:
        """Begin no further faxes; the running ones end in their time."""
        self._wanted = 0

    def second(self) -> str:
        """Advance by a second; return the events of faxes that end and begin."""
        self.now += 1
        ended = [fax for fax in self.live.values() if fax.ends <= self.now]
        events = [text for fax in ended for text in self._end(fax)]
        while len(self.live) < self._wanted:
            events += self._begin()
        return "".join(events)

    def _begin(self) -> Iterator[str]:
        self._begun += 1
        unlisted = self._rng.random() < UNLISTED
        fax = Fax(self._begun, None if unlisted else self.listed, self.now, self.now + self._rng.randint(*DURATIONS))
        if fax.number is not None:
            self.live[fax.number] = self.by_channel[fax.channel] = fax
            self.listed += 1
        yield _BEGIN.format(fax)
        yield from (_VARIABLE.format(fax, *variable) for variable in _CLEARED)
        yield _STATUS_EVENT.format(fax)
        if unlisted:
            self.unlisted += 1
            yield _END.format(fax)
            yield _HANGUP.format(fax)

    def _end(self, fax: Fax) -> Iterator[str]:
        if fax.number is not None:
            del self.live[fax.number], self.by_channel[fax.channel]
        yield from (_VARIABLE.format(fax, *variable) for variable in _RESULT)
        yield _END.format(fax)
        yield _HANGUP.format(fax)

    def list(self, action_id: str) -> str:
        """Return the answer to FAXSessions."""
        entries = "".join(_ENTRY.format(fax, action_id) for fax in self.live.values())
        count = len(self.live)
        return (
            f"Response: Success\r\n{action_id}EventList: Start\r\nMessage: FAXSessionsEntry event list will follow\r\n"
            f"\r\n{entries}Event: FAXSessionsComplete\r\n{action_id}EventList: Complete\r\nListItems: {count}\r\n"
            f"Total: {count}\r\n\r\n"
        )

    def stats(self, action_id: str) -> str:
        """Return the answer to FAXStats."""
        live, begun = len(self.live), self._begun // 2
        return (
            f"Response: Success\r\n{action_id}Message: FAXStats event will follow\r\n\r\nEvent: FAXStats\r\n{action_id}"
            f"CurrentSessions: {live}\r\nReservedSessions: 0\r\nTransmitAttempts: {begun}\r\n"
            f"ReceiveAttempts: {begun}\r\n"
            f"CompletedFAXes: {self._begun - live}\r\nFailedFAXes: {self.unlisted}\r\n\r\n"
        )


class Connection(asyncio.Protocol):
    """One client.  While `open_gate` is cleared, its next list is delayed."""

    def __init__(self, faxes: Faxes, open_gate: asyncio.Event) -> None:
        self._faxes = faxes
        self._open_gate = open_gate
        self._buffer = b""
        self._waiting: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"Asterisk Call Manager/11.0.0\r\n")

    def data_received(self, data: bytes) -> None:
        *actions, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for action in actions:
            headers = dict(line.split(": ", 1) for line in action.decode().split("\r\n"))
            action_id = f"ActionID: {headers['ActionID']}\r\n"
            if headers["Action"] == "FAXSessions":
                waiting = asyncio.ensure_future(self._list(action_id))
                self._waiting.add(waiting)
                waiting.add_done_callback(self._waiting.discard)
            else:
                self._transport.write(self._answer(headers, action_id).encode())

    async def _list(self, action_id: str) -> None:
        await self._open_gate.wait()
        events = self._faxes.second()
        if self._faxes.now % BETWEEN_CUTS == 0:
            self._transport.write(events.encode())
            self._transport.close()
        else:
            self._transport.write((events + self._faxes.list(action_id)).encode())

    def _answer(self, headers: dict[str, str], action_id: str) -> str:
        faxes = self._faxes
        if headers["Action"] == "FAXSession":
            faxes.details += 1
            return faxes.live[int(headers["SessionNumber"])].detail(action_id, faxes.now)
        if headers["Action"] == "Status":
            return _STATUS.format(faxes.by_channel[headers["Channel"]], action_id)
        if headers["Action"] == "FAXStats":
            return faxes.stats(action_id)
        return _GRANTED.get(headers["Action"], "Response: Success\r\n{0}\r\n").format(action_id, UPTIME + faxes.now)


_GRANTED = {
    "Login": "Response: Success\r\n{0}Message: Authentication accepted\r\n\r\nEvent: FullyBooted\r\n"
    "Privilege: system,all\r\nUptime: {1}\r\nLastReload: {1}\r\nStatus: Fully Booted\r\n\r\n",
    "CoreStatus": "Response: Success\r\n{0}CoreStartupDate: 2026-11-23\r\nCoreStartupTime: 08:45:00\r\n"
    "CoreReloadDate: 2026-11-23\r\nCoreReloadTime: 08:45:00\r\nCoreCurrentCalls: 0\r\n\r\n",
    "CoreSettings": "Response: Success\r\n{0}AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\nSystemName: \r\n\r\n",
    "Logoff": "Response: Goodbye\r\n{0}Message: Thanks for all the fish.\r\n\r\n",
}
