"""The lines of one connection as they happen: stamped, in order, and handed to whoever listens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from faxstore.capture.recording import Direction, Line
from faxstore.observations import MICROSECONDS

log = logging.getLogger("faxstore.ami")

CLOCK_SET_BACK = MICROSECONDS // 10
"""Microseconds.  A clock that is this far behind the last stamp was set back, and is followed."""


def now() -> int:
    """Microseconds since 1970 (UTC), by this machine's clock."""
    return time.time_ns() // 1000


class Listener:
    """Whoever takes lines over; that it raises is told in the log, once, and disturbs nobody."""

    def __init__(self, on_line: Callable[[Line], None]) -> None:
        self._on_line = on_line
        self._failed = False

    def __call__(self, line: Line) -> None:
        try:
            self._on_line(line)
        except Exception:
            if not self._failed:
                log.exception("a line could not be taken over; this is said once")
            self._failed = True


class Lines:
    """Stamps lines and hands them on; no two of a connection have the same moment."""

    def __init__(self, on_line: Callable[[Line], None]) -> None:
        self._hand_on = Listener(on_line)
        self._last = 0

    def emit(self, direction: Direction, text: str, moment: int | None = None) -> None:
        """One line; moment is when its last byte came (microseconds), by default now."""
        self._hand_on(Line(self._stamp(now() if moment is None else moment) / MICROSECONDS, direction, text))

    def _stamp(self, moment: int) -> int:
        """Strictly increasing, unless the clock was set back."""
        if moment <= self._last <= moment + CLOCK_SET_BACK:
            moment = self._last + 1
        self._last = moment
        return moment
