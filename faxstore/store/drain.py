"""From the spool into the history, batch by batch.

A record that the database refuses for what it holds must not stop the rest: the batch is halved until it
stands alone, and then it goes to fax.rejected_message.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from faxstore.observations import Record, Rejected, decode
from faxstore.spool import Spool
from faxstore.store.append import Appended, Appender
from faxstore.store.database import one_line

BATCH = 2_000
"""Records an append takes at most: a few megabytes of memory, and a twentieth of a second under the lock."""

_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, ValueError)
"""Errors that trying again would meet again."""


class Drain:
    """Takes what is behind its place in the spool to an appender; entries that wait stay in the spool."""

    def __init__(self, spool: Spool, appender: Callable[[], Appender]) -> None:
        self._spool = spool
        self._new_appender = appender
        self._appender = appender()
        self._place = 0
        self._limit = BATCH
        self._suspect = 0

    @property
    def waiting(self) -> int:
        """Entries that were taken and wait for their session."""
        return self._appender.waiting

    def step(self) -> Appended | None:
        """Appends the next batch and discards what is done; None: there is nothing more for now.

        Raises psycopg.Error where the database is not there or not willing; this object is then of no
        further use, and nothing was discarded that was not appended.
        """
        entries = self._spool.peek(self._place, self._limit)
        if not entries:
            return None
        try:
            appended = self._appender.append((key, decode(body)) for key, body in entries)
        except _REFUSED as error:
            if len(entries) > 1:
                return self._again_in_halves(entries[-1][0], len(entries) // 2)
            appended = self._set_aside(*entries[0], error)
        self._spool.discard(appended.done)
        self._place = entries[-1][0]
        if self._place >= self._suspect:
            self._limit = BATCH
        return appended

    def _again_in_halves(self, suspect: int, limit: int) -> Appended:
        self._suspect, self._limit = max(self._suspect, suspect), limit
        self._restart()
        return Appended()

    def _restart(self) -> None:
        """From the front: what waited was known to the old appender alone."""
        self._appender = self._new_appender()
        self._place = 0

    def _set_aside(self, key: int, body: bytes, error: Exception) -> Appended:
        self._appender = self._new_appender()
        reason = f"the database refused it: {one_line(error)[:300]}"
        return self._appender.append([(key, _refused(body, reason))])


def _refused(body: bytes, reason: str) -> Record:
    raw = body.decode("utf-8", "backslashreplace")
    try:
        record = decode(body)
    except ValueError:
        return Rejected("?", 0, reason, raw)
    server = record.server if not hasattr(record, "life") else record.life.server
    return Rejected(server, record.observed_at, reason, raw)
