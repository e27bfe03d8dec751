"""From the spool into the history, batch by batch.

A record that the database refuses for what it holds must not stop the rest: the batch is halved until it
stands alone, and then it goes to fax.rejected_message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import psycopg

from faxstore.errors import one_line
from faxstore.observations import Record, Rejected, decode
from faxstore.settings.loading import MAX_NAME
from faxstore.spool.queue import Spool
from faxstore.store.append import Appended, Appender

log = logging.getLogger(__name__)

BATCH = 2_000
"""Records an append takes at most: what it holds in memory, and how long others wait for the lock, stay small."""

_OF_THE_RECORD = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.CardinalityViolation,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""Errors that trying again would meet again: it is what a record holds that went wrong."""

UNKNOWN_SERVER = "?"
_FAR_FUTURE = 250_000_000_000_000_000
"""Microseconds since 1970 that Postgres and Python can both hold as a moment."""


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

    def step(self, most: int | None = None) -> Appended | None:
        """Appends the next batch and discards what is done; None: there is nothing more for now.

        `most`: how many records it may take, if not BATCH.

        Raises psycopg.Error where the database is not there or not willing; this object is then of no
        further use, and nothing was discarded that was not appended.
        """
        entries = self._spool.peek(self._place, min(self._limit, most or BATCH))
        if not entries:
            return None
        try:
            appended = self._appender.append((key, decode(body)) for key, body in entries)
        except _OF_THE_RECORD as error:
            if len(entries) > 1:
                return self._again_in_halves(entries[-1][0], len(entries) // 2)
            return self._set_aside(*entries[0], error)
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
        reason = f"the database refused it: {one_line(error)[:300]}".replace("\0", "")
        log.error("a record is set aside in fax.rejected_message: %s", reason)
        appended = self._new_appender().append([(key, _refused(body, reason))])
        self._spool.discard(appended.done)
        self._restart()
        return appended


def _refused(body: bytes, reason: str) -> Record:
    """The record as one that the database takes, whatever is in it: its bytes are kept as they are."""
    raw = body.decode("utf-8", "backslashreplace")
    try:
        record = decode(body)
    except ValueError:
        return Rejected(UNKNOWN_SERVER, 0, reason, raw)
    server: object = record.life.server if hasattr(record, "life") else record.server
    at: object = record.observed_at
    known_at = at if isinstance(at, int) and 0 <= at < _FAR_FUTURE else 0
    named = server if isinstance(server, str) and server.isprintable() and server else UNKNOWN_SERVER
    return Rejected(named[:MAX_NAME], known_at, reason, raw)
