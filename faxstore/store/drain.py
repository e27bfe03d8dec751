"""From the spool into the history, batch by batch."""

from __future__ import annotations

from faxstore.observations import decode
from faxstore.spool import Spool
from faxstore.store.append import Appended, Appender

BATCH = 5_000
"""Records an append takes at most: some megabytes of memory, and a tenth of a second under the lock."""


class Drain:
    """Takes what is behind its place in the spool to one appender; entries that wait stay in the spool."""

    def __init__(self, spool: Spool, appender: Appender) -> None:
        self._spool = spool
        self._appender = appender
        self._place = 0

    def step(self) -> Appended | None:
        """Appends the next batch and discards what is done; None: there is nothing more for now."""
        entries = self._spool.peek(self._place, BATCH)
        if not entries:
            return None
        appended = self._appender.append((key, decode(body)) for key, body in entries)
        self._spool.discard(appended.done)
        self._place = entries[-1][0]
        return appended
