"""Delays between attempts."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Delays in seconds that double from first to longest.

    With jitter, each delay is a random value between half and all of it: collectors that lost the same server at the
    same moment do not reconnect at the same moment.
    """

    def __init__(
        self, first: float, longest: float, *, jitter: bool, fraction: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._longest = longest
        self._fraction = fraction if jitter else lambda: 1.0
        self._next = first

    def next(self) -> float:
        """Return the delay before the next attempt."""
        delay = self._next
        self._next = min(self._longest, 2 * delay)
        return delay * (1 + self._fraction()) / 2

    def reset(self) -> None:
        """Begin with the first delay again, after a success."""
        self._next = self._first
