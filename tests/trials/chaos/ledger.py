"""The ledger of the simulated server: each message, and how far it got."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.trials.chaos import messages as wire


@dataclass(slots=True)
class Message:
    """A message that was queued on a connection; times are seconds since 1970 by this machine's clock."""

    serial: int
    kind: str
    """The event's name; for responses CoreStatus, CoreSettings, Refused (a list), else Success or Error."""
    raw: bytes
    connection: int
    fax: int | None = None
    """The fax that it concerns, as an index into the ledger's list of faxes."""
    registry: int = 0
    """The life of the fax registry in which it was sent."""
    sent_at: float | None = None
    """When the kernel had its last byte."""
    read_at: float | None = None
    """When the trial first knew that the ingestor had read its last byte."""

    @property
    def headers(self) -> wire.Headers:
        return wire.read(self.raw)


@dataclass(frozen=True, slots=True)
class KnownFax:
    """The identity of a fax for the judge; number is None if no session was created."""

    registry: int
    number: int | None
    channel: str
    uniqueid: str
    operation: str


@dataclass(slots=True)
class Kill:
    """A kill -9 of the ingestor, or its end with a full disk: what it read after `since` may be lost."""

    at: float
    since: float
    spooled: set[int] = field(default_factory=set)
    """Serials that were in the spool when it was dead."""


class Ledger:
    """Everything that was sent, in order; a serial is an index."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.faxes: list[KnownFax] = []
        self.kills: list[Kill] = []
        self.crashes: list[str] = []
        """Requests that would have killed the telephone server."""
        self.reloads: set[int] = set()
        """The lives of the fax registry that began with a Load and not with the server."""
        self.lists_read = 0
        self.ended: dict[int, float] = {}
        """When each connection ended, as the server saw it."""

    def entered(self, kind: str, headers: wire.Headers, connection: int, registry: int, fax: int | None) -> Message:
        """Adds a message and returns it with its serial, after ActionID or the first header."""
        serial = len(self.messages)
        at = 2 if len(headers) > 1 and headers[1][0] == "ActionID" else 1
        name = "ListSerial" if kind == "FAXSessionsEntry" else "Serial"
        numbered = [*headers[:at], (name, f"{serial:08d}."), *headers[at:]]
        message = Message(serial, kind, wire.written(numbered), connection, fax, registry)
        self.messages.append(message)
        return message

    def was_read(self, message: Message, now: float) -> None:
        """The ingestor has read its last byte."""
        message.read_at = now
        self.lists_read += message.kind == "FAXSessionsComplete"

    def killed_with(self, message: Message) -> Kill | None:
        """The kill before which it must have been on disk; None if it must be in the history."""
        at = message.read_at
        if at is None:
            return None
        for kill in self.kills:
            if kill.since <= at <= kill.at + 0.5 or (at <= kill.at and self._held_back(message, kill)):
                return kill
        return None

    def _held_back(self, message: Message, kill: Kill) -> bool:
        """Whether it is a list entry that still waited for its detail, in a poll that was running."""
        if message.kind != "FAXSessionsEntry" or self.ended.get(message.connection, kill.at) < kill.since:
            return False
        lists = 0
        for later in self.messages[message.serial + 1 :]:
            if later.connection != message.connection:
                continue
            if later.read_at is None or later.read_at >= kill.since:
                return True
            lists += later.kind == "FAXSessionsComplete"
            if lists == 2 or (later.kind == "FAXSession" and later.fax == message.fax):
                return False
        return True

    def crash(self, what: str) -> None:
        """The ingestor sent a request that kills a server."""
        self.crashes.append(f"{time.strftime('%H:%M:%S')} {what}")
