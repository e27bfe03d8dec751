r"""A fake AMI server, which records every action it receives.

It answers with Asterisk's own format strings (res_fax.c, res_fax_spandsp.c, manager.c; the captures agree).  A test
sets `sessions`, or sets a function in `replies` for one action::

    async with FakeServer() as server:
        server.sessions = [Fax(7, "send", "Active")]
        server.replies["FAXStats"] = lambda client, action: client.refuse(action, "Permission denied")
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from faxstore.capture.message import Message, parse

BANNER = "Asterisk Call Manager/11.0.0\r\n"
TIMEOUT = 10
"""Seconds that a test waits for a condition before it fails."""


class Changes:
    """Lets a test wait for a condition that only this process can make true."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[None]]] = []

    def notify(self) -> None:
        """Check the conditions that a test waits for."""
        for condition, future in self._waiting:
            if not future.done() and condition():
                future.set_result(None)
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition is true; fail after TIMEOUT."""
        if condition():
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, future))
        async with asyncio.timeout(TIMEOUT):
            await future


@dataclass
class Fax:
    """One session of the server."""

    number: int
    operation: str
    state: str
    channel: str = "PJSIP/trunk-00000001"
    ecm: str = "Yes"
    resolution: str = "8031x3850"
    files: str = "/var/spool/fax/a.tif"

    def entry(self, action_id: str) -> str:
        """Return the list entry (res_fax.c, manager_fax_sessions_entry)."""
        return (
            f"Event: FAXSessionsEntry\r\n{action_id}Channel: {self.channel}\r\nTechnology: Spandsp\r\n"
            f"SessionNumber: {self.number}\r\nSessionType: G.711\r\nOperation: {self.operation}\r\n"
            f"State: {self.state}\r\nFiles: {self.files}\r\n\r\n"
        )

    def detail(self, action_id: str) -> str:
        """Return the FAXSession event (res_fax_spandsp.c, spandsp_manager_fax_session)."""
        head = (
            f"Event: FAXSession\r\n{action_id}SessionNumber: {self.number}\r\nOperation: {self.operation}\r\n"
            f"State: {self.state}\r\n"
        )
        if self.operation == "V.21":
            return head + "\r\n"
        head += f"ErrorCorrectionMode: {self.ecm}\r\nDataRate: 14400\r\n"
        if self.operation == "gateway":
            return head + "PageNumber: 1\r\n\r\n"
        return head + (
            f"ImageResolution: {self.resolution}\r\nPageNumber: 2\r\nFileName: {self.files}\r\n"
            f"PagesTransmitted: 1\r\nPagesReceived: 0\r\nTotalBadLines: 0\r\n\r\n"
        )

    def status(self, action_id: str) -> str:
        """Return the Status event (manager.c, generate_status), with the ActionID last as in 22.10.1 and 16.28.0."""
        application = "ReceiveFAX" if self.operation == "receive" else "SendFAX"
        return (
            f"Event: Status\r\nPrivilege: Call\r\nChannel: {self.channel}\r\nChannelState: 6\r\n"
            "ChannelStateDesc: Up\r\nCallerIDNum: 5550001\r\nCallerIDName: Rig\r\nConnectedLineNum: 5550001\r\n"
            "ConnectedLineName: Rig\r\nLanguage: en\r\nAccountCode: acme\r\nContext: tx\r\nExten: send\r\n"
            "Priority: 2\r\nUniqueid: 1795423501.0\r\nLinkedid: 1795423501.0\r\nType: PJSIP\r\nDNID: \r\n"
            "EffectiveConnectedLineNum: 5550001\r\nEffectiveConnectedLineName: Rig\r\nTimeToHangup: 0\r\n"
            f"BridgeID: \r\nApplication: {application}\r\nData: {self.files},\r\nNativeformats: (slin)\r\n"
            "Readformat: slin\r\nReadtrans: \r\nWriteformat: slin\r\nWritetrans: \r\nCallgroup: 0\r\n"
            f"Pickupgroup: 0\r\nSeconds: 5\r\n{action_id}\r\n"
        )


class Client:
    """One connection to the server; `received` contains the actions it sent."""

    def __init__(self, server: FakeServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader, self.writer = reader, writer
        self.received: list[Message] = []
        self.over = False

    def send(self, text: str | bytes) -> None:
        """Send text or bytes unchanged."""
        if not self.writer.is_closing():
            self.writer.write(text.encode() if isinstance(text, str) else text)

    async def trickle(self, data: bytes) -> None:
        """Send one byte at a time, each in its own TCP segment if the network does not join them."""
        for byte in data:
            self.send(bytes([byte]))
            await self.writer.drain()
            await asyncio.sleep(0)

    def grant(self, action: Message, rest: str) -> None:
        """Send a Success response (manager.c, astman_send_response_full); rest follows the ActionID."""
        self.send(f"Response: Success\r\n{id_header(action)}{rest}\r\n")

    def refuse(self, action: Message, why: str) -> None:
        """Send an Error response (manager.c, astman_send_error)."""
        self.send(f"Response: Error\r\n{id_header(action)}Message: {why}\r\n\r\n")

    def hang_up(self) -> None:
        """Close the connection."""
        self.over = True
        self.writer.close()


Reply = Callable[[Client, Message], object]


class FakeServer:
    """Listens on 127.0.0.1; `received` contains the actions of all connections, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None, banner: str | bytes = BANNER) -> None:
        self._tls = tls
        self._server: asyncio.Server | None = None
        self.port = 0
        self.banner = banner
        self.secret = "letmein"
        self.sessions: list[Fax] = []
        self.replies: dict[str, Reply] = {}
        self.clients: list[Client] = []
        self.received: list[Message] = []
        self._counts: Counter[str] = Counter()
        self.changes = Changes()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after stop(), on the same port again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and abort every connection."""
        if self._server:
            self._server.close()
            for client in self.clients:
                client.writer.transport.abort()
            await self.changes.until(lambda: all(client.over for client in self.clients))
            await self._server.wait_closed()
            self._server = None

    def requests(self, action: str) -> list[Message]:
        """Return the received actions with that name."""
        return [message for message in self.received if message.get("Action") == action]

    async def until_requested(self, action: str, times: int = 1) -> None:
        """Wait until the action was received that many times in all."""
        await self.changes.until(lambda: self._counts[action] >= times)

    def send(self, text: str | bytes) -> None:
        """Send to every client."""
        for client in self.clients:
            client.send(text)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, reader, writer)
        self.clients.append(client)
        try:
            client.send(self.banner)
            self.changes.notify()
            while not client.over:
                await self._answer(client, parse((await reader.readuntil(b"\r\n\r\n")).decode()))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            client.over = True
            writer.close()
            self.changes.notify()

    async def _answer(self, client: Client, action: Message) -> None:
        self.received.append(action)
        self._counts[action.get("Action")] += 1
        client.received.append(action)
        name = action.get("Action")
        reply = self.replies.get(name) or getattr(self, f"on_{name.lower()}", None)
        if reply is None:
            what = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            client.refuse(action, what)
        else:
            result = reply(client, action)
            if asyncio.iscoroutine(result):
                await result
        self.changes.notify()

    # -- the answers of Asterisk -----------------------------------------------------------------------

    def on_login(self, client: Client, action: Message) -> None:
        if action.get("Secret") != self.secret:
            client.refuse(action, "Authentication failed")  # Asterisk waits one second first
            client.hang_up()
            return
        client.grant(action, "Message: Authentication accepted\r\n")
        client.send(
            "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 10\r\nLastReload: 10\r\n"
            "Status: Fully Booted\r\n\r\n"
        )

    def on_corestatus(self, client: Client, action: Message) -> None:
        client.grant(
            action,
            "CoreStartupDate: 2026-11-23\r\nCoreStartupTime: 08:45:00\r\nCoreReloadDate: 2026-11-23\r\n"
            "CoreReloadTime: 08:45:00\r\nCoreCurrentCalls: 0\r\nCoreProcessedCalls: 0\r\n",
        )

    def on_coresettings(self, client: Client, action: Message) -> None:
        client.grant(action, "AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\nSystemName: \r\n")

    def on_faxstats(self, client: Client, action: Message) -> None:
        client.grant(action, "Message: FAXStats event will follow\r\n")
        client.send(
            f"Event: FAXStats\r\n{id_header(action)}CurrentSessions: 0\r\nReservedSessions: 0\r\n"
            "TransmitAttempts: 0\r\nReceiveAttempts: 0\r\nCompletedFAXes: 0\r\nFailedFAXes: 0\r\n\r\n"
        )

    def on_faxsessions(self, client: Client, action: Message) -> None:
        client.send(fax_list(action, self.sessions))

    def on_faxsession(self, client: Client, action: Message) -> None:
        found = [fax for fax in self.sessions if str(fax.number) == action.get("SessionNumber")]
        if found:
            client.grant(action, "Message: FAXSession event will follow\r\n")
            client.send(found[0].detail(id_header(action)))
        else:
            client.refuse(action, "Session not found")

    def on_status(self, client: Client, action: Message) -> None:
        """Answer for one channel, or for all if none is named (manager.c, action_status)."""
        wanted = action.get("Channel")
        by_channel = {fax.channel: fax for fax in self.sessions if wanted in ("", fax.channel)}
        if wanted and not by_channel:
            client.refuse(action, "No such channel")
            return
        client.grant(action, "EventList: start\r\nMessage: Channel status will follow\r\n")
        for fax in by_channel.values():
            client.send(fax.status(id_header(action)))
        client.send(
            f"Event: StatusComplete\r\n{id_header(action)}EventList: Complete\r\nListItems: {len(by_channel)}\r\n"
            f"Items: {len(by_channel)}\r\n\r\n"
        )

    def on_ping(self, client: Client, action: Message) -> None:
        client.grant(action, f"Ping: Pong\r\nTimestamp: {time.time():.6f}\r\n")

    def on_logoff(self, client: Client, action: Message) -> None:
        client.send(f"Response: Goodbye\r\n{id_header(action)}Message: Thanks for all the fish.\r\n\r\n")
        client.hang_up()


def no_reply(client: Client, action: Message) -> None:
    """Do not answer."""


def id_header(action: Message) -> str:
    """Return the ActionID header of an answer; empty if the action has none."""
    action_id = action.get("ActionID")
    return f"ActionID: {action_id}\r\n" if action_id else ""


def fax_list(action: Message, sessions: list[Fax], total: int | None = None) -> str:
    """Return a list of sessions (res_fax.c, manager_fax_sessions); total replaces the number of entries."""
    total = len(sessions) if total is None else total
    entries = "".join(fax.entry(id_header(action)) for fax in sessions)
    return (
        f"Response: Success\r\n{id_header(action)}EventList: Start\r\n"
        f"Message: FAXSessionsEntry event list will follow\r\n\r\n{entries}"
        f"Event: FAXSessionsComplete\r\n{id_header(action)}EventList: Complete\r\nListItems: {total}\r\n"
        f"Total: {total}\r\n\r\n"
    )


def fax_status(status: str, channel: str = "PJSIP/trunk-00000001") -> str:
    """Return a FAXStatus event (manager_channels.c, channel_fax_cb)."""
    return (
        f"Event: FAXStatus\r\nPrivilege: call,all\r\nChannel: {channel}\r\nUniqueid: 1795423501.0\r\n"
        f"Operation: send\r\nStatus: {status}\r\nLocalStationID: +1 555 0100\r\nFileName: /a.tif\r\n\r\n"
    )
