"""What the carrier counts of its appends.  Only its thread writes these numbers."""

from __future__ import annotations

import time
from collections import Counter

from faxstore.observations import MICROSECONDS
from faxstore.store.append import Appended


class AppendFigures:
    """Counts of the records that this process appended."""

    def __init__(self) -> None:
        self.records = 0
        self.rejected: Counter[str] = Counter()
        """Rejected messages, by server."""
        self.last_at: float | None = None
        """When records were appended last."""
        self.lag_seconds = 0.0
        """Seconds from the observation of the oldest record of the newest batch until it was committed."""

    def add(self, batch: Appended) -> None:
        """Count a committed batch."""
        if not batch.done:
            return
        self.records += len(batch.done)
        self.rejected += batch.rejected
        self.last_at = time.time()
        if batch.oldest_at is not None:
            self.lag_seconds = max(0.0, self.last_at - batch.oldest_at / MICROSECONDS)
