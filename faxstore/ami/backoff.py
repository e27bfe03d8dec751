"""Delays between attempts to connect, and between the polls of a server that answers slowly."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

log = logging.getLogger("faxstore.ami")

MAX_POLL_SHARE = 0.25
"""The share of the time that a server may spend on answers to polls."""

SLOW_POLLS = 3
"""Consecutive slow polls before the slowness is logged; a single one may be an accident."""


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


class PollBackoff:
    """Reduces the polls of a server that answers slowly, so that polling does not add to its load.

    There is one for each connection; interval is the configured one, in seconds.
    """

    def __init__(self, server: str, interval: float) -> None:
        self._server = server
        self._interval = interval
        self._slow = 0
        self._logged = False

    def min_interval(self, answered: float) -> float:
        """Return the minimum interval from the start of a poll to the next one's start, in seconds.

        `answered` is the time that the server took to answer the poll, without the time that faxstore took to read it.
        """
        minimum = answered / MAX_POLL_SHARE
        self._slow = self._slow + 1 if minimum > self._interval else 0
        if self._slow >= SLOW_POLLS and not self._logged:
            self._logged = True
            log.warning(
                "%s: the server is slow: it takes %.2f s to answer a poll; polling every %.1f s instead of %g s",
                self._server, answered, minimum, self._interval,
            )  # fmt: skip
        elif not self._slow and self._logged:
            self._logged = False
            log.info("%s: the server is fast again; polling every %g s", self._server, self._interval)
        return minimum
