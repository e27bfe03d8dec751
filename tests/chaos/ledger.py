"""What the played server has said: each message, and how far it got."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.chaos import wire


@dataclass(slots=True)
class Message:
    """One message that was put into a connection's queue; times are seconds since 1970, this machine's clock."""

    serial: int
    kind: str
    """The event's name; of responses CoreStatus, CoreSettings, Refused (a list), else Success or Error."""
    raw: bytes
    connection: int
    fax: int | None = None
    """The fax that it is about, by its place in the ledger's list of faxes."""
    registry: int = 0
    """The life of the fax registry in which it was said."""
    handed_at: float | None = None
    """When its last byte was in the kernel."""
    read_at: float | None = None
    """When it was first known that the ingestor had read its last byte."""

    @property
    def headers(self) -> wire.Headers:
        return wire.read(self.raw)


@dataclass(frozen=True, slots=True)
class KnownFax:
    """Who a fax is, for the judge; number: None where no session was made."""

    registry: int
    number: int | None
    channel: str
    uniqueid: str
    operation: str


@dataclass(slots=True)
class Kill:
    """A kill -9 of the ingestor, or its end with a full disk; what it read since `since` may have been in memory only."""

    at: float
    since: float
    spooled: set[int] = field(default_factory=set)
    """Serials that were in the spool when it was dead."""


class Ledger:
    """Everything said, in order; serial = place."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.faxes: list[KnownFax] = []
        self.kills: list[Kill] = []
        self.crashes: list[str] = []
        """What would have killed the telephone server."""
        self.reloads: set[int] = set()
        """The lives of the fax registry that began with a Load, not with the server."""
        self.lists_read = 0
        self.ended: dict[int, float] = {}
        """When each connection ended, as the server saw it."""

    def entered(self, kind: str, headers: wire.Headers, connection: int, registry: int, fax: int | None) -> Message:
        """A message with its serial, behind the ActionID or the first header."""
        serial = len(self.messages)
        at = 2 if len(headers) > 1 and headers[1][0] == "ActionID" else 1
        name = "ListSerial" if kind == "FAXSessionsEntry" else "Serial"
        numbered = [*headers[:at], (name, f"{serial:08d}."), *headers[at:]]
        message = Message(serial, kind, wire.written(numbered), connection, fax, registry)
        self.messages.append(message)
        return message

    def was_read(self, message: Message, now: float) -> None:
        """The ingestor has taken its last byte."""
        message.read_at = now
        self.lists_read += message.kind == "FAXSessionsComplete"

    def may_be_lost(self, message: Message) -> bool:
        """Whether a kill came before it must have been on disk."""
        at = message.read_at
        return at is not None and any(kill.since <= at <= kill.at + 0.5 for kill in self.kills)

    def crash(self, what: str) -> None:
        """The ingestor asked what kills a server."""
        self.crashes.append(f"{time.strftime('%H:%M:%S')} {what}")
