"""Lines that were read and wait to be decoded: the socket comes first, decoding gets the time that is left.

Asterisk cuts off a client that lets a write wait for 100 ms (manager.c, default writetimeout).  Lines go on in the
order they came, each with the moment of its coming, in slices of a millisecond between which the event loop reads
the sockets.  Where events come quicker than that for long, those above a bound are dropped, and a mark among
the lines tells so; answers to requests of ours are never dropped: they are no more than was asked for.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Callable

from faxstore.ami.guard import OUR_ACTION_ID
from faxstore.ami.lines import Listener
from faxstore.capture import marks
from faxstore.capture.recording import Line
from faxstore.observations import MICROSECONDS

log = logging.getLogger("faxstore.ami")

MOST_WAITING = 16 * 2**20
"""Bytes.  Some 30,000 events: a burst of a second or two, which are decoded in as much time again; so a collector
that is stopped in the middle of a flood is done in a few seconds, and a flood costs this much memory and no more."""

OVERHEAD = 120
"""Bytes that a line takes beside its text: the Line, its stamp and its place in the queue."""

SLICE = 0.001
"""Seconds of decoding before the sockets are looked at again.  A read of 256 KiB of events takes some 4 ms, so where
reads are always full (no time is left) four fifths go to reading, and else decoding gets all that reading leaves."""

TELL_AFTER = 10 * MICROSECONDS
"""A flood that goes on is told of after so long."""


class Backlog:
    """Of one server, through all its connections; put() takes a line, on_line gets it soon after."""

    def __init__(self, server: str, on_line: Callable[[Line], None], limit: int = MOST_WAITING) -> None:
        self._server = server
        self._hand_on = Listener(on_line)
        self._limit = limit
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._scheduled = False
        self._lost = _Lost()

    def put(self, line: Line) -> None:
        """Take a line; to be called from within the event loop."""
        if self._bytes >= self._limit and _may_be_dropped(line):
            self._drop(line)
            return
        self._append(line)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._slice)

    async def drained(self) -> None:
        """Until nothing waits; the loop goes on meanwhile."""
        while self._lines:
            self._decode()
            await asyncio.sleep(0)

    def flush(self) -> None:
        """Hand on all that waits, at once."""
        while self._lines:
            self._next()

    def _append(self, line: Line) -> None:
        self._lines.append(line)
        self._bytes += _size(line)

    def _decode(self) -> None:
        end = time.monotonic() + SLICE
        while self._lines and time.monotonic() < end:
            self._next()

    def _slice(self) -> None:
        self._decode()
        self._scheduled = bool(self._lines)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._slice)

    def _next(self) -> None:
        line = self._lines.popleft()
        self._bytes -= _size(line)
        self._hand_on(line)
        if self._lost.since is not None and (not self._lines or self._lost.lasted >= TELL_AFTER):
            self._tell()
        if not self._lines and self._lost.in_all:
            log.warning("%s: events are taken again; %d were dropped", self._server, self._lost.in_all)
            self._lost.in_all = 0

    def _drop(self, line: Line) -> None:
        if not self._lost.in_all:
            log.warning("%s: events come quicker than they can be decoded; %s", self._server, self._reason)
        self._lost.count(round(line.ts * MICROSECONDS))

    def _tell(self) -> None:
        """Behind what waits, with the moment of the last event that was dropped: no other line has it."""
        self._append(Line(self._lost.last / MICROSECONDS, "mark", self._lost.told(self._reason)))

    @property
    def _reason(self) -> str:
        return f"events above the {self._limit / 2**20:g} MiB that may wait are dropped"


class _Lost:
    """The events that were dropped: since when, until when, how many; times in microseconds since 1970."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.last = 0
        self.in_all = 0
        self._events = 0

    def count(self, moment: int) -> None:
        self.since = moment if self.since is None else self.since
        self.last = moment
        self._events += 1
        self.in_all += 1

    @property
    def lasted(self) -> int:
        return self.last - self.since if self.since is not None else 0

    def told(self, reason: str) -> str:
        """The mark, and begin anew."""
        since = min(self.since or self.last, self.last)  # the clock may have been set back
        text = marks.dropped(since, self.last, self._events, reason)
        self.since, self._events = None, 0
        return text


def _may_be_dropped(line: Line) -> bool:
    return line.dir == "in" and OUR_ACTION_ID not in line.text


def _size(line: Line) -> int:
    return sys.getsizeof(line.text) + OVERHEAD
