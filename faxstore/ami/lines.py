"""Lines of one connection: messages and marks with their timestamps, as they happen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from faxstore.capture.message import Found
from faxstore.capture.recording import Direction, Line
from faxstore.observations import MICROSECONDS

log = logging.getLogger("faxstore.ami")

CLOCK_SET_BACK = MICROSECONDS // 10
"""Microseconds.  If the clock is more than this behind the last timestamp, it was set back, and timestamps follow."""


def now() -> int:
    """Return the time of this machine's clock, in microseconds since 1970 (UTC)."""
    return time.time_ns() // 1000


class SafeCallback:
    """Calls on_line.  An exception in it does not propagate; the first one is logged."""

    def __init__(self, on_line: Callable[[Line], None]) -> None:
        self._on_line = on_line
        self._failed = False

    def __call__(self, line: Line) -> None:
        try:
            self._on_line(line)
        except Exception:
            if not self._failed:
                log.exception("a line could not be processed; further failures are not logged")
            self._failed = True


class LineEmitter:
    """Adds timestamps to the lines of one connection and passes them to on_line; no timestamp occurs twice."""

    def __init__(self, on_line: Callable[[Line], None]) -> None:
        self._on_line = SafeCallback(on_line)
        self._last = 0

    def emit(self, direction: Direction, text: str, moment: int | None = None, found: Found | None = None) -> None:
        """Emit one line; moment is when its last byte was received (microseconds), by default now.

        `found` is what was found in the text, if it was read already.
        """
        moment = now() if moment is None else moment
        if moment <= self._last <= moment + CLOCK_SET_BACK:
            moment = self._last + 1
        self._last = moment
        self._on_line(Line(moment / MICROSECONDS, direction, text, found))
