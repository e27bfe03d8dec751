"""What one ingestor counts of the polls of one server, from its start: they outlive connections and terms as collector.

Seconds come from a steady clock, except for the time of the newest poll.
"""

from __future__ import annotations

import math
import time


class PollFigures:
    """Counts of polls, and the time that no poll covered while this ingestor was to collect.

    A gap lasts from a good poll to the next one, if the connection was lost in between, or if more than
    `longest_pause` seconds passed.  Before the first poll it lasts from the start of collecting.
    """

    def __init__(self, longest_pause: float = math.inf) -> None:
        self.connections = 0
        """Accepted logins."""
        self.polls = 0
        """Polls that returned a complete list."""
        self.failed_polls = 0
        self.poll_seconds = 0.0
        """Duration of all good polls together, from the request to the last answer."""
        self.live_sessions = 0
        """Faxes in the newest list; 0 without a connection."""
        self.last_poll_at: float | None = None
        """When the newest good poll ended, in seconds since 1970; None before the first one."""
        self._longest_pause = longest_pause
        self._closed_gaps = 0.0
        self._covered_until: float | None = None
        """Up to when polls cover the server; None while this ingestor is not to collect."""
        self._interrupted = False

    def begin(self, now: float) -> None:
        """Begin to collect."""
        self._covered_until, self._interrupted = now, True

    def connected(self) -> None:
        """Count an accepted login."""
        self.connections += 1

    def disconnected(self) -> None:
        """Note that a connection ended."""
        self._interrupted, self.live_sessions = True, 0

    def polled(self, now: float, seconds: float, live_sessions: int) -> None:
        """Count a poll that returned a complete list."""
        self.polls += 1
        self.poll_seconds += seconds
        self.live_sessions = live_sessions
        self.last_poll_at = time.time()
        self._closed_gaps += self._open_gap(now)
        self._covered_until, self._interrupted = now, False

    def poll_failed(self) -> None:
        """Count a poll without a complete list."""
        self.failed_polls += 1

    def end(self, now: float) -> None:
        """End collecting: from now on nothing is a gap of this ingestor."""
        self._closed_gaps += self._open_gap(now)
        self._covered_until = None

    def has_gap(self, now: float) -> bool:
        """Return whether a gap is open."""
        return self._open_gap(now) > 0

    def gap_seconds(self, now: float) -> float:
        """Return the length of all gaps so far; it never falls."""
        return self._closed_gaps + self._open_gap(now)

    def _open_gap(self, now: float) -> float:
        if self._covered_until is None:
            return 0.0
        pause = now - self._covered_until
        return max(0.0, pause) if self._interrupted or pause > self._longest_pause else 0.0
