"""The start time that the played server reports.

A playback is faster than its recording, but Uptime is in seconds of this machine's clock.  Any observer treats starts
within 2 s of each other, by Uptime, as one start, so two starts of a played server must be further apart than that.
"""

from __future__ import annotations

import time

from faxstore.demo.recording import Segment

SECONDS_BETWEEN_STARTS = 5.0
"""Least time between two starts of one played server."""

_SAME_START = 2.0


class Uptime:
    """The start of the played server in seconds since 1970, as every client sees it; None if it reports no start."""

    def __init__(self) -> None:
        self.started_at: float | None = None

    def begin(self, first: Segment, *, restarts: bool) -> None:
        """Set the start for the first segment.

        A server that will restart has been up a little longer than recorded, to make up for the time between its starts
        that acceleration removes.
        """
        if first.started_at is not None:
            self.started_at = time.time() - _up(first, first.started_at) - (SECONDS_BETWEEN_STARTS if restarts else 0)

    @property
    def seconds(self) -> int:
        """Whole seconds since the start, as in FullyBooted (manager.c, action_login)."""
        return 0 if self.started_at is None else int(time.time() - self.started_at)

    def downtime(self, segment: Segment, following: Segment) -> float:
        """Seconds that the server must stay down between these two segments."""
        if self.started_at is None or _same_start(segment, following):
            return 0.0
        return max(0.0, self.started_at + SECONDS_BETWEEN_STARTS - time.time())

    def restart(self, segment: Segment, following: Segment, stopped_at: float) -> None:
        """Set the start for the following segment; it cannot be before stopped_at, when the server went down."""
        if following.started_at is None:
            self.started_at = None
        elif not _same_start(segment, following):
            self.started_at = max(stopped_at, time.time() - _up(following, following.started_at))


def _up(segment: Segment, started_at: float) -> float:
    """Seconds that the server had been up when the recorder connected."""
    return max(0.0, segment.opened_at - started_at)


def _same_start(segment: Segment, following: Segment) -> bool:
    """Whether only the connection was lost between the two segments."""
    if segment.started_at is None or following.started_at is None:
        return False
    return abs(segment.started_at - following.started_at) <= _SAME_START
