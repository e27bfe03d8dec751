"""Polls come less often while the server is slow to answer: whoever is short of time is not asked for more of it."""

from __future__ import annotations

import logging

log = logging.getLogger("faxstore.ami")

MOST_OF_THE_TIME = 0.25
"""The share of the time in which a poll may be under way."""

IN_A_ROW = 3
"""Polls that must have been slow before that is said: one may be slow by chance."""


class Stretch:
    """Of the polls of one connection; interval is what the settings want while a fax is live, in seconds."""

    def __init__(self, server: str, interval: float) -> None:
        self._server = server
        self._interval = interval
        self._slow = 0
        self._said = False

    def least(self, took: float) -> float:
        """A poll took so many seconds: the least from its beginning to the next one's."""
        least = took / MOST_OF_THE_TIME
        self._slow = self._slow + 1 if least > self._interval else 0
        if self._slow >= IN_A_ROW and not self._said:
            self._said = True
            log.warning(
                "%s: a poll takes %.2f s, so the next comes after %.1f s instead of %g s until the server is quicker",
                self._server, took, least, self._interval,
            )  # fmt: skip
        elif not self._slow and self._said:
            self._said = False
            log.info("%s: the server answers quickly again; polls every %g s", self._server, self._interval)
        return least
