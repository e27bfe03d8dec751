r"""An AMI server that does what a test tells it, and keeps a ledger of what it was asked.

It speaks Asterisk's own format strings (res_fax.c, res_fax_spandsp.c, manager.c; the captures agree).  A test
changes `sessions`, or puts a function of its own into `replies` for one action::

    async with FakeServer() as server:
        server.sessions = [Fax(7, "send", "Active")]
        server.replies["FAXStats"] = lambda client, action: client.refuse(action, "Permission denied")
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from faxstore.capture.message import Message, parse

BANNER = "Asterisk Call Manager/11.0.0\r\n"
PATIENCE = 10
"""Seconds that a test waits for something to happen before it fails."""


class Changes:
    """Lets a test wait until something is true that only this process can make true."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[None]]] = []

    def happened(self) -> None:
        """Look again whether what is waited for is true."""
        for condition, future in self._waiting:
            if not future.done() and condition():
                future.set_result(None)
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]

    async def until(self, condition: Callable[[], object]) -> None:
        if condition():
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, future))
        async with asyncio.timeout(PATIENCE):
            await future


@dataclass
class Fax:
    """One session of the server; detail is what FAXSession says after State."""

    number: int
    operation: str
    state: str
    channel: str = "PJSIP/trunk-00000001"
    ecm: str = "Yes"
    resolution: str = "8031x3850"
    files: str = "/var/spool/fax/a.tif"

    def entry(self, action_id: str) -> str:
        """res_fax.c, manager_fax_sessions_entry."""
        return (
            f"Event: FAXSessionsEntry\r\n{action_id}Channel: {self.channel}\r\nTechnology: Spandsp\r\n"
            f"SessionNumber: {self.number}\r\nSessionType: G.711\r\nOperation: {self.operation}\r\n"
            f"State: {self.state}\r\nFiles: {self.files}\r\n\r\n"
        )

    def detail(self, action_id: str) -> str:
        """res_fax_spandsp.c, spandsp_manager_fax_session."""
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
        """manager.c, generate_status; 22.10.1 and 16.28.0 say the same, with the ActionID at the end."""
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
    """One connection to the server; `asked` is what it sent, `at` when (the event loop's clock)."""

    def __init__(self, server: FakeServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader, self.writer = reader, writer
        self.asked: list[Message] = []
        self.over = False

    def send(self, text: str | bytes) -> None:
        """Bytes as they stand."""
        if not self.writer.is_closing():
            self.writer.write(text.encode() if isinstance(text, str) else text)

    async def trickle(self, data: bytes) -> None:
        """One byte at a time, each in a TCP segment of its own as far as the network keeps to that."""
        for byte in data:
            self.send(bytes([byte]))
            await self.writer.drain()
            await asyncio.sleep(0)

    def grant(self, action: Message, rest: str) -> None:
        """manager.c, astman_send_response_full; rest is what comes after the ActionID."""
        self.send(f"Response: Success\r\n{id_of(action)}{rest}\r\n")

    def refuse(self, action: Message, why: str) -> None:
        """manager.c, astman_send_error."""
        self.send(f"Response: Error\r\n{id_of(action)}Message: {why}\r\n\r\n")

    def hang_up(self) -> None:
        self.over = True
        self.writer.close()


Reply = Callable[[Client, Message], object]


class FakeServer:
    """Listens on 127.0.0.1; `asked` is the ledger of all connections, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None, banner: str | bytes = BANNER) -> None:
        self._tls = tls
        self._server: asyncio.Server | None = None
        self.port = 0
        self.banner = banner
        self.secret = "letmein"
        self.sessions: list[Fax] = []
        self.replies: dict[str, Reply] = {}
        self.clients: list[Client] = []
        self.ledger: list[Message] = []
        self.changes = Changes()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a stop on the same port again."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and cut every connection."""
        if self._server:
            self._server.close()
            for client in self.clients:
                client.writer.transport.abort()
            await self.changes.until(lambda: all(client.over for client in self.clients))
            await self._server.wait_closed()
            self._server = None

    def asked(self, action: str) -> list[Message]:
        """All actions of that name so far."""
        return [message for message in self.ledger if message.get("Action") == action]

    async def until_asked(self, action: str, times: int = 1) -> None:
        """Until that action came so often in all."""
        await self.changes.until(lambda: len(self.asked(action)) >= times)

    def send(self, text: str | bytes) -> None:
        """To every client that is logged in or about to."""
        for client in self.clients:
            client.send(text)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(self, reader, writer)
        self.clients.append(client)
        try:
            client.send(self.banner)
            self.changes.happened()
            while not client.over:
                await self._answer(client, parse((await reader.readuntil(b"\r\n\r\n")).decode()))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            client.over = True
            writer.close()
            self.changes.happened()

    async def _answer(self, client: Client, action: Message) -> None:
        self.ledger.append(action)
        client.asked.append(action)
        name = action.get("Action")
        reply = self.replies.get(name) or getattr(self, f"on_{name.lower()}", None)
        if reply is None:
            what = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            client.refuse(action, what)
        else:
            result = reply(client, action)
            if asyncio.iscoroutine(result):
                await result
        self.changes.happened()

    # -- what Asterisk answers -----------------------------------------------------------------------

    def on_login(self, client: Client, action: Message) -> None:
        if action.get("Secret") != self.secret:
            client.refuse(action, "Authentication failed")  # after a second, which a test need not wait
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
            f"Event: FAXStats\r\n{id_of(action)}CurrentSessions: 0\r\nReservedSessions: 0\r\nTransmitAttempts: 0\r\n"
            "ReceiveAttempts: 0\r\nCompletedFAXes: 0\r\nFailedFAXes: 0\r\n\r\n"
        )

    def on_faxsessions(self, client: Client, action: Message) -> None:
        client.send(fax_list(action, self.sessions))

    def on_faxsession(self, client: Client, action: Message) -> None:
        found = [fax for fax in self.sessions if str(fax.number) == action.get("SessionNumber")]
        if found:
            client.grant(action, "Message: FAXSession event will follow\r\n")
            client.send(found[0].detail(id_of(action)))
        else:
            client.refuse(action, "Session not found")

    def on_status(self, client: Client, action: Message) -> None:
        """manager.c, action_status: of one channel, or of all where none is named."""
        wanted = action.get("Channel")
        by_channel = {fax.channel: fax for fax in self.sessions if wanted in ("", fax.channel)}
        if wanted and not by_channel:
            client.refuse(action, "No such channel")
            return
        client.grant(action, "EventList: start\r\nMessage: Channel status will follow\r\n")
        for fax in by_channel.values():
            client.send(fax.status(id_of(action)))
        client.send(
            f"Event: StatusComplete\r\n{id_of(action)}EventList: Complete\r\nListItems: {len(by_channel)}\r\n"
            f"Items: {len(by_channel)}\r\n\r\n"
        )

    def on_ping(self, client: Client, action: Message) -> None:
        client.grant(action, f"Ping: Pong\r\nTimestamp: {time.time():.6f}\r\n")

    def on_logoff(self, client: Client, action: Message) -> None:
        client.send(f"Response: Goodbye\r\n{id_of(action)}Message: Thanks for all the fish.\r\n\r\n")
        client.hang_up()


def silent(client: Client, action: Message) -> None:
    """A reply that never comes."""


def id_of(action: Message) -> str:
    """The header that an answer has only where the action had one."""
    action_id = action.get("ActionID")
    return f"ActionID: {action_id}\r\n" if action_id else ""


def fax_list(action: Message, sessions: list[Fax], total: int | None = None) -> str:
    """res_fax.c, manager_fax_sessions; a total of one's own is what a broken list says."""
    total = len(sessions) if total is None else total
    entries = "".join(fax.entry(id_of(action)) for fax in sessions)
    return (
        f"Response: Success\r\n{id_of(action)}EventList: Start\r\n"
        f"Message: FAXSessionsEntry event list will follow\r\n\r\n{entries}"
        f"Event: FAXSessionsComplete\r\n{id_of(action)}EventList: Complete\r\nListItems: {total}\r\n"
        f"Total: {total}\r\n\r\n"
    )


def fax_status(status: str, channel: str = "PJSIP/trunk-00000001") -> str:
    """manager_channels.c, channel_fax_cb."""
    return (
        f"Event: FAXStatus\r\nPrivilege: call,all\r\nChannel: {channel}\r\nUniqueid: 1795423501.0\r\n"
        f"Operation: send\r\nStatus: {status}\r\nLocalStationID: +1 555 0100\r\nFileName: /a.tif\r\n\r\n"
    )
