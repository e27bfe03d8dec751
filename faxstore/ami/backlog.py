"""The backlog: lines that were read from the socket and wait to be decoded.

Asterisk disconnects a client that leaves a write waiting for 100 ms (manager.c, default writetimeout), so reading comes
before decoding.  Lines wait in the order received, each with the moment at which it was received.  They are decoded in
slices of a millisecond; between slices, the event loop reads the sockets.  If events arrive faster than they are
decoded, the backlog grows up to a limit; events above the limit are dropped, and a mark among the lines reports them.
Answers to faxstore's own requests are never dropped: the number of requests bounds their number.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Callable

from faxstore.ami.headers import OUR_ACTION_ID
from faxstore.ami.lines import SafeCallback
from faxstore.capture import marks
from faxstore.capture.recording import Line
from faxstore.counted import counted
from faxstore.observations import MICROSECONDS

log = logging.getLogger("faxstore.ami")

MAX_BYTES = 16 * 2**20
"""About 30,000 events: a burst of one or two seconds, which takes as long again to decode.  The limit bounds the memory
that a flood takes, and the time in which a collector stops during a flood (a few seconds)."""

LINE_OVERHEAD = 120
"""Bytes that a line takes in addition to its text: the Line, its timestamp and its place in the queue."""

SLICE = 0.001
"""Seconds of decoding between two reads.  A read of 256 KiB of events takes about 4 ms, so under saturation about 80 %
of the loop reads and 20 % decodes; otherwise decoding gets whatever time is left."""

REPORT_INTERVAL = 10 * MICROSECONDS
"""Microseconds after which a mark reports the drops of an overflow that continues."""


class Backlog:
    """The waiting lines of one server.  It outlives connections, and calls on_line with each line in order."""

    def __init__(self, server: str, on_line: Callable[[Line], None], limit: int = MAX_BYTES) -> None:
        self._server = server
        self._on_line = SafeCallback(on_line)
        self._limit = limit
        self._reason = f"events above {limit / 2**20:g} MiB of waiting lines are dropped"
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._scheduled = False
        self._overflow = _Overflow()

    def put(self, line: Line) -> None:
        """Add a line, or drop it if the backlog is full; call this from within the event loop."""
        if self._bytes >= self._limit and line.dir == "in" and OUR_ACTION_ID not in line.text:
            if not self._overflow.total:
                log.warning("%s: events arrive faster than they are decoded; %s", self._server, self._reason)
            self._overflow.count(round(line.ts * MICROSECONDS))
            return
        self._append(line)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._run_slice)

    async def drain(self) -> None:
        """Decode until no line waits, without blocking the event loop."""
        while self._lines:
            self._decode_slice()
            await asyncio.sleep(0)

    def flush(self) -> None:
        """Decode every waiting line before returning."""
        while self._lines:
            self._decode_next()

    def _append(self, line: Line) -> None:
        self._lines.append(line)
        self._bytes += _size(line)

    def _run_slice(self) -> None:
        self._decode_slice()
        self._scheduled = bool(self._lines)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._run_slice)

    def _decode_slice(self) -> None:
        end = time.monotonic() + SLICE
        while self._lines and time.monotonic() < end:
            self._decode_next()

    def _decode_next(self) -> None:
        line = self._lines.popleft()
        self._bytes -= _size(line)
        self._on_line(line)
        overflow = self._overflow
        if overflow.since is not None and (not self._lines or overflow.last - overflow.since >= REPORT_INTERVAL):
            # Behind the waiting lines, at the moment of the last dropped event: no other line has that moment.
            self._append(Line(overflow.last / MICROSECONDS, "mark", overflow.mark(self._reason)))
        if not self._lines and overflow.total:
            log.warning("%s: overflow ended; dropped %s", self._server, counted(overflow.total, "events"))
            overflow.total = 0


class _Overflow:
    """The dropped events: how many, and when the first and the last one arrived (microseconds since 1970)."""

    def __init__(self) -> None:
        self.since: int | None = None
        """The first event that no mark has reported; None if every drop is reported."""
        self.last = 0
        self.total = 0
        """Events dropped since the backlog was last empty."""
        self._unreported = 0

    def count(self, moment: int) -> None:
        self.since = moment if self.since is None else self.since
        self.last = moment
        self._unreported += 1
        self.total += 1

    def mark(self, reason: str) -> str:
        """Return the mark for the unreported events, which count as reported from now on."""
        since = min(self.since or self.last, self.last)  # the clock may have been set back
        text = marks.dropped(since, self.last, self._unreported, reason)
        self.since, self._unreported = None, 0
        return text


def _size(line: Line) -> int:
    return sys.getsizeof(line.text) + LINE_OVERHEAD
