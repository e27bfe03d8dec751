"""What the played server has said: each message, and how far it got."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.trials.chaos import messages as wire


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
    """A kill -9 of the ingestor, or its end with a full disk: what it read since `since` may be lost."""

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

    def killed_with(self, message: Message) -> Kill | None:
        """The kill that came before it must have been on disk; None: it must have been."""
        at = message.read_at
        if at is None:
            return None
        for kill in self.kills:
            if kill.since <= at <= kill.at + 0.5 or (at <= kill.at and self._held_back(message, kill)):
                return kill
        return None

    def _held_back(self, message: Message, kill: Kill) -> bool:
        """Whether it is a list's entry that still waited for its detail, in a poll that was under way."""
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
        """The ingestor asked what kills a server."""
        self.crashes.append(f"{time.strftime('%H:%M:%S')} {what}")
