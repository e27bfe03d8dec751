"""Reduces the polls of a server that answers slowly, so that polling does not add to its load."""

from __future__ import annotations

import logging

log = logging.getLogger("faxstore.ami")

MAX_POLL_SHARE = 0.25
"""The share of the time that polls may take."""

SLOW_POLLS = 3
"""Consecutive slow polls before the slowness is logged; a single one may be an accident."""


class PollBackoff:
    """The minimum interval between the polls of one connection; interval is the configured one, in seconds."""

    def __init__(self, server: str, interval: float) -> None:
        self._server = server
        self._interval = interval
        self._slow = 0
        self._logged = False

    def min_interval(self, duration: float) -> float:
        """Return the minimum interval from the start of a poll that took duration seconds to the next one's start."""
        minimum = duration / MAX_POLL_SHARE
        self._slow = self._slow + 1 if minimum > self._interval else 0
        if self._slow >= SLOW_POLLS and not self._logged:
            self._logged = True
            log.warning(
                "%s: the server is slow: a poll takes %.2f s; polling every %.1f s instead of %g s",
                self._server, duration, minimum, self._interval,
            )  # fmt: skip
        elif not self._slow and self._logged:
            self._logged = False
            log.info("%s: the server is fast again; polling every %g s", self._server, self._interval)
        return minimum
