"""Since when the ingestor may hold in memory only what it has read: what a kill may lose.

The judge excuses no other loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SPOOLED_WITHIN = 1.0
"""Seconds; faxstore promises 0.2 on a machine that is less busy than this trial makes it."""

RETRIED_WITHIN = 1.0
"""Seconds from the repair of a full disk until the ingestor tries to write again."""


@dataclass(slots=True)
class Stall:
    """A time in which the ingestor writes nothing: its disk is full, or it is halted.  Times are seconds since 1970."""

    retried_within: float = 0.0
    """Seconds after its end until the ingestor writes again."""
    began: float = -math.inf
    ended: float = -math.inf
    """Infinite while it lasts."""

    def begin(self, now: float) -> None:
        """Begins; what was read in a stall before it may still be in memory."""
        if now >= self._written_by:
            self.began = now
        self.ended = math.inf

    def end(self, now: float) -> None:
        """Ends, if it lasts."""
        self.ended = min(self.ended, now)

    def unwritten_since(self, at: float) -> float:
        """Since when what was read until a time may not be on disk at that time."""
        return (self.began if at < self._written_by else at) - SPOOLED_WITHIN

    @property
    def _written_by(self) -> float:
        return self.ended + self.retried_within + SPOOLED_WITHIN
