"""When the polls of one connection begin, and how many there were."""

from __future__ import annotations

from collections import deque
from math import ceil

RATE_SECONDS = 60.0
"""The time over which the rate of polls is measured."""


def next_due(due: float, interval: float, began: float) -> float:
    """Return when the poll after one that was due at `due` and began at `began` is due; all in seconds.

    Polls have a fixed rate: one that begins late does not delay the next, unless less than half an interval would be
    left.  Then polls are left out, so that servers whose polls began at different moments never poll together.
    """
    late = began - due
    return due + interval * max(1, ceil(late / interval + 0.5))


class PollRate:
    """Polls per second, over the last minute."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def count(self, now: float) -> None:
        """Note that a poll began; now is in seconds, by any clock."""
        self._begun.append(now)
        while now - self._begun[0] > RATE_SECONDS:
            self._begun.popleft()

    @property
    def per_second(self) -> float:
        """The rate; 0 before the second poll."""
        polls = len(self._begun) - 1
        return polls / (self._begun[-1] - self._begun[0]) if polls > 0 else 0.0
