"""What a recording shows, put in the order in which a server would have to say it again.

A recording is one or more stretches, one for each connection that its recorder had.  In a stretch the
server sent events of its own accord and answers; an answer is kept whole (Response, entries, Complete)
and stands where its last message stood, so an event that came before it is sent before it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from faxstore.capture import recording as capture
from faxstore.capture.marks import CONNECTED, DISCONNECTED
from faxstore.capture.message import BANNER, MalformedMessageError, Message, parse
from faxstore.capture.recording import Line
from faxstore.errors import UsageError

LIST, DETAIL, STATUS = "faxsessions", "faxsession", "status"
FULLY_BOOTED = "Event: FullyBooted"

_GREETING = "Asterisk Call Manager/11.0.0\r\n"
_LOGIN_ACTIONS = frozenset({"login", "logoff", "challenge"})
_ANSWERING_EVENTS = frozenset(
    {"faxsessionsentry", "faxsessionscomplete", "faxsession", "faxstats", "status", "statuscomplete"}
)
_LISTED = re.compile(r"^SessionNumber: *(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event, or the whole answer to an action, as recorded at ts (seconds since 1970)."""

    ts: float
    messages: tuple[str, ...]
    action: str = ""
    """The action that this answers, in small letters; empty for an event."""
    session: int | None = None
    """The SessionNumber that a FAXSession asked for."""
    channel: str = ""
    """The channel that a Status asked about."""

    @property
    def sessions(self) -> frozenset[int]:
        """The session numbers that these messages name."""
        return frozenset(int(number) for text in self.messages for number in _LISTED.findall(text))


@dataclass(frozen=True, slots=True)
class Stretch:
    """One recorded connection; times in seconds since 1970."""

    opened_at: float
    closed_at: float
    greeting: str
    started_at: float | None
    """When the server started by FullyBooted's Uptime; None where no FullyBooted was seen."""
    booted_from: int
    """How many steps are over when the server is fully booted; 0 for one that was up at the login."""
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """All stretches of one recording, in order; there is at least one."""

    stretches: tuple[Stretch, ...]
    system_name: str
    """The server's own name (asterisk.conf, systemname); empty where the events carry none."""

    @property
    def seconds(self) -> float:
        """How long it took to record."""
        return self.stretches[-1].closed_at - self.stretches[0].opened_at


def load(path: Path | str) -> Recording:
    """The recording in this capture file.  Raises UsageError for a file that is none."""
    recording = arrange(capture.read(str(path)))
    if recording is None:
        raise UsageError(f"{path}: holds no connection to a server")
    return recording


def arrange(lines: Iterable[Line]) -> Recording | None:
    """The recording that these lines are; None for lines without a single message."""
    stretches: list[Stretch] = []
    open_: _OpenStretch | None = None
    system_name = ""
    for line in lines:
        if line.dir == "mark":
            if line.text == CONNECTED or line.text.startswith(DISCONNECTED):
                stretches += [open_.closed(line)] if open_ else []
                open_ = _OpenStretch(line.ts) if line.text == CONNECTED else None
            continue
        if open_ is None:
            open_ = _OpenStretch(line.ts)
        open_.feed(line)
        system_name = system_name or open_.system_name
    stretches += [open_.closed(None)] if open_ else []
    return Recording(tuple(stretches), system_name) if stretches else None


@dataclass(slots=True)
class _Asked:
    """A request and as much of its answer as has come."""

    action: str
    action_id: str
    session: int | None
    channel: str
    messages: list[str] = field(default_factory=list)

    @property
    def lists(self) -> bool:
        """Whether the Response says that a list follows: EventList is Start for fax sessions, start for channels."""
        return bool(self.messages) and parse(self.messages[0]).get("EventList").lower() == "start"

    def owns(self, message: Message) -> bool:
        """Whether this event, which came after the Response, is part of the answer."""
        if not self.messages or self.action_id != message.get("ActionID"):
            return False
        return bool(self.action_id) or message.event.lower() in _ANSWERING_EVENTS


class _OpenStretch:
    def __init__(self, ts: float) -> None:
        self.system_name = ""
        self._opened_at = self._last_ts = ts
        self._greeting = ""
        self._asked: list[_Asked] = []
        self._sent: list[Sent] = []
        self._boot: tuple[int, Sent] | None = None
        self._started_at: float | None = None

    def feed(self, line: Line) -> None:
        self._last_ts = line.ts
        if BANNER.match(line.text):
            self._greeting = line.text
            return
        try:
            message = parse(line.text)
        except MalformedMessageError:
            self._sent += [Sent(line.ts, (line.text,))] if line.dir == "in" else []
            return
        if line.dir == "out":
            number = as_number(message.get("SessionNumber"))
            self._asked.append(
                _Asked(message.get("Action").lower(), message.get("ActionID"), number, message.get("Channel"))
            )
        elif message.event:
            self._event(message, line)
        else:
            self._response(message, line)

    def closed(self, mark: Line | None) -> Stretch:
        """The finished stretch; answers that never came whole are left out."""
        return Stretch(
            self._opened_at,
            mark.ts if mark else self._last_ts,
            self._greeting or _GREETING,
            self._started_at,
            self._place_boot(),
            tuple(self._sent),
        )

    def _place_boot(self) -> int:
        # FullyBooted before the first list is part of the login: every client is told it at its own.
        if self._boot is None or all(sent.action != LIST for sent in self._sent[: self._boot[0]]):
            return 0
        index, event = self._boot
        self._sent.insert(index, event)
        return index + 1

    def _response(self, message: Message, line: Line) -> None:
        by_id = message.get("ActionID")
        asked = next((a for a in self._asked if not a.messages and a.action_id == by_id), None)
        if asked is None:
            return
        asked.messages.append(line.text)
        more = message.get("EventList").lower() == "start" or message.get("Message").endswith("event will follow")
        if not more:
            self._answered(asked, line.ts)

    def _event(self, message: Message, line: Line) -> None:
        self.system_name = self.system_name or message.get("SystemName")
        asked = next((a for a in self._asked if a.owns(message)), None)
        if asked is not None:
            asked.messages.append(line.text)
            if not asked.lists or message.get("EventList").lower() == "complete":
                self._answered(asked, line.ts)
        elif message.event.lower() == "fullybooted":
            self._booted(message, line)
        else:
            self._sent.append(Sent(line.ts, (line.text,)))

    def _booted(self, message: Message, line: Line) -> None:
        uptime = as_number(message.get("Uptime"))
        if self._boot is None and uptime is not None:
            self._started_at = line.ts - uptime
            self._boot = len(self._sent), Sent(line.ts, (line.text,))

    def _answered(self, asked: _Asked, ts: float) -> None:
        self._asked.remove(asked)
        if asked.action not in _LOGIN_ACTIONS:
            self._sent.append(Sent(ts, tuple(asked.messages), asked.action, asked.session, asked.channel))


def as_number(text: str) -> int | None:
    """What sscanf("%u") makes of the text (res_fax.c, manager_fax_session): 32 bits, the rest ignored."""
    match = re.match(r"\s*([+-]?[0-9]{1,40})", text)
    if match is None:
        return None
    number = int(match[1])
    return min(number, 2**32 - 1) if number >= 0 else number % 2**32
