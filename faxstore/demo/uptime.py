"""When the played server says that it started.

A play is quicker than its recording, but Uptime is in seconds of this machine's clock.  Starts that Uptime
puts within 2 s of each other are one start to any observer, so two of them may not come that close.
"""

from __future__ import annotations

import time

from faxstore.demo.recording import Stretch

APART = 5.0
"""Seconds between two starts of one server, at least."""

_SAME_START = 2.0


class Uptime:
    """The start of the server as every client is told it, in seconds since 1970; None: not told at all."""

    def __init__(self) -> None:
        self.started_at: float | None = None

    def first(self, first: Stretch, *, restarts: bool) -> None:
        """The play begins.  A server that will restart has been up a little longer than recorded, for the
        time between its starts that acceleration takes away.
        """
        if first.started_at is not None:
            self.started_at = time.time() - _up(first, first.started_at) - (APART if restarts else 0)

    @property
    def seconds(self) -> int:
        """Whole seconds since the start, as FullyBooted has them (manager.c, action_login)."""
        return 0 if self.started_at is None else int(time.time() - self.started_at)

    def wait(self, before: Stretch, after: Stretch) -> float:
        """Seconds that the server must stay down between these two stretches."""
        if self.started_at is None or _same_start(before, after):
            return 0.0
        return max(0.0, self.started_at + APART - time.time())

    def again(self, before: Stretch, after: Stretch, stopped_at: float) -> None:
        """The server is there again, and was not since stopped_at: no start can lie before that."""
        if after.started_at is None:
            self.started_at = None
        elif not _same_start(before, after):
            self.started_at = max(stopped_at, time.time() - _up(after, after.started_at))


def _up(stretch: Stretch, started_at: float) -> float:
    """Seconds that the server had been up when the connection was made."""
    return max(0.0, stretch.opened_at - started_at)


def _same_start(before: Stretch, after: Stretch) -> bool:
    """Whether only the connection was lost."""
    if before.started_at is None or after.started_at is None:
        return False
    return abs(before.started_at - after.started_at) <= _SAME_START
