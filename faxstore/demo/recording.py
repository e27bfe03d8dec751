"""A recording as the steps that a server repeats when it plays it.

A recording consists of segments, one for each connection that its recorder had.  A segment consists of steps: an event,
or the whole answer to a request (Response, entries, Complete).  An answer takes the position of its last message, so an
event that was recorded before that message is sent before the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from faxstore.ami.answers import Answer
from faxstore.capture import recording as capture
from faxstore.capture.marks import CONNECTED, DISCONNECTED
from faxstore.capture.message import BANNER, MalformedMessageError, Message, parse
from faxstore.capture.recording import Line
from faxstore.errors import UsageError

LIST, DETAIL, STATUS = "faxsessions", "faxsession", "status"
FULLY_BOOTED = "Event: FullyBooted"

_GREETING = "Asterisk Call Manager/11.0.0\r\n"
_LOGIN_ACTIONS = ("login", "logoff", "challenge")
_ANSWERING_EVENTS = ("faxsessionsentry", "faxsessionscomplete", "faxsession", "faxstats", "status", "statuscomplete")
_LISTED = re.compile(r"^SessionNumber: *(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """An event, or the whole answer to an action, recorded at ts (seconds since 1970)."""

    ts: float
    messages: tuple[str, ...]
    action: str = ""
    """The action that this answers, in lower case; empty for an event."""
    session: int | None = None
    """The SessionNumber of a FAXSession request."""
    channel: str = ""
    """The channel of a Status request."""

    @property
    def sessions(self) -> frozenset[int]:
        """The session numbers in these messages."""
        return frozenset(int(number) for text in self.messages for number in _LISTED.findall(text))


@dataclass(frozen=True, slots=True)
class Segment:
    """One recorded connection.  Times are seconds since 1970."""

    opened_at: float
    closed_at: float
    greeting: str
    started_at: float | None
    """When the server started, by FullyBooted's Uptime; None if there was no FullyBooted."""
    booted_from: int
    """Number of steps before the server is fully booted; 0 if it was at the login."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """The segments of one recording in order, at least one."""

    segments: tuple[Segment, ...]
    system_name: str
    """The server's own name (asterisk.conf, systemname); empty if the events do not contain it."""

    @property
    def seconds(self) -> float:
        """Duration of the recording."""
        return self.segments[-1].closed_at - self.segments[0].opened_at


def load(path: Path | str) -> Recording:
    """Return the recording in this file.  Raises UsageError if the file is not a recording."""
    recording = from_lines(capture.read(str(path)))
    if recording is None:
        raise UsageError(f"{path}: contains no connection to a server")
    return recording


def from_lines(lines: Iterable[Line]) -> Recording | None:
    """Return the recording in these lines; None if they contain no message."""
    segments: list[Segment] = []
    current: _SegmentBuilder | None = None
    system_name = ""
    for line in lines:
        if line.dir == "mark":
            if line.text == CONNECTED or line.text.startswith(DISCONNECTED):
                segments += [current.finish(line.ts)] if current else []
                current = _SegmentBuilder(line.ts) if line.text == CONNECTED else None
            continue
        if current is None:
            current = _SegmentBuilder(line.ts)
        current.feed(line)
        system_name = system_name or current.system_name
    segments += [current.finish()] if current else []
    return Recording(tuple(segments), system_name) if segments else None


@dataclass(slots=True)
class _Request:
    """A request, and the texts of the part of its answer that has arrived."""

    request: Message
    texts: list[str] = field(default_factory=list)
    answer: Answer = field(default_factory=Answer)

    def owns(self, message: Message) -> bool:
        """Whether this message, the Response or an event after it, belongs to the answer."""
        action_id = self.request.get("ActionID")
        if action_id != message.get("ActionID") or bool(self.texts) != bool(message.event):
            return False
        return bool(action_id) or not self.texts or message.event.lower() in _ANSWERING_EVENTS


class _SegmentBuilder:
    """Collects the lines of one connection into a Segment."""

    def __init__(self, ts: float) -> None:
        self.system_name = ""
        self._opened_at = self._last_ts = ts
        self._greeting = ""
        self._pending: list[_Request] = []
        self._steps: list[Step] = []
        self._boot: tuple[int, Step] | None = None
        self._started_at: float | None = None

    def feed(self, line: Line) -> None:
        self._last_ts = line.ts
        if BANNER.match(line.text):
            self._greeting = line.text
            return
        try:
            message = parse(line.text)
        except MalformedMessageError:
            self._steps += [Step(line.ts, (line.text,))] if line.dir == "in" else []
            return
        if line.dir == "out":
            self._pending.append(_Request(message))
        else:
            self._receive(message, line)

    def finish(self, closed_at: float | None = None) -> Segment:
        """Return the segment, without incomplete answers; it closed at closed_at, by default with its last line."""
        closed_at, greeting, booted_from = closed_at or self._last_ts, self._greeting or _GREETING, self._place_boot()
        return Segment(self._opened_at, closed_at, greeting, self._started_at, booted_from, tuple(self._steps))

    def _place_boot(self) -> int:
        # FullyBooted before the first list is part of the login: each client gets it at its own login.
        if self._boot is None or all(step.action != LIST for step in self._steps[: self._boot[0]]):
            return 0
        index, event = self._boot
        self._steps.insert(index, event)
        return index + 1

    def _receive(self, message: Message, line: Line) -> None:
        if message.event:
            self.system_name = self.system_name or message.get("SystemName")
        request = next((one for one in self._pending if one.owns(message)), None)
        if request is not None:
            request.texts.append(line.text)
            if request.answer.add(message):
                self._finish_answer(request, line.ts)
        elif message.event.lower() == "fullybooted":
            self._booted(message, line)
        elif message.event:
            self._steps.append(Step(line.ts, (line.text,)))

    def _booted(self, message: Message, line: Line) -> None:
        uptime = as_number(message.get("Uptime"))
        if self._boot is None and uptime is not None:
            self._started_at = line.ts - uptime
            self._boot = len(self._steps), Step(line.ts, (line.text,))

    def _finish_answer(self, pending: _Request, ts: float) -> None:
        self._pending.remove(pending)
        request, action = pending.request, pending.request.get("Action").lower()
        if action not in _LOGIN_ACTIONS:
            session = as_number(request.get("SessionNumber"))
            self._steps.append(Step(ts, tuple(pending.texts), action, session, request.get("Channel")))


def as_number(text: str) -> int | None:
    """Parse a number as sscanf("%u") does (res_fax.c, manager_fax_session): 32 bits, the rest of the text ignored."""
    match = re.match(r"\s*([+-]?[0-9]{1,40})", text)
    if match is None:
        return None
    number = int(match[1])
    return min(number, 2**32 - 1) if number >= 0 else number % 2**32
