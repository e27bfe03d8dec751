"""How long to wait before the next try to connect."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Doubling delays, in seconds, from first up to most.

    With jitter each is between half of it and the whole: collectors that lost the same server together
    do not come back together.
    """

    def __init__(
        self, first: float, most: float, *, jitter: bool, fraction: Callable[[], float] = random.random
    ) -> None:
        self._first = first
        self._most = most
        self._fraction = fraction if jitter else lambda: 1.0
        self._next = first

    def next(self) -> float:
        """The delay before the next try."""
        delay = self._next
        self._next = min(self._most, 2 * delay)
        return delay * (1 + self._fraction()) / 2

    def reset(self) -> None:
        """It went well: the next trouble begins anew."""
        self._next = self._first
