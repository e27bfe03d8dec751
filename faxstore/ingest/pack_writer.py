"""The PackWriter packs the rows of past days in small steps, between the appends of the carrier."""

from __future__ import annotations

import logging
import time

import psycopg

from faxstore.ingest.step_size import StepSize
from faxstore.store.database import Connection, server_message
from faxstore.store.packs import Period, drop_packed, pack_next, periods

log = logging.getLogger(__name__)

PAUSE = 600.0
"""Seconds until it looks again for rows to pack and partitions to drop, and until the next attempt after an error."""


class PackWriter:
    """Packs the sessions of days that ended `pack_after` days ago, and drops the partitions of packed days."""

    def __init__(self, pack_after: float) -> None:
        self._pack_after = pack_after
        self._size = StepSize()
        self._periods: list[Period] = []
        self._due = time.monotonic()

    def step(self, connection: Connection) -> None:
        """Pack some sessions, if any are due.  Raises psycopg.Error only if the connection is lost."""
        if time.monotonic() < self._due:
            return
        try:
            self._step(connection)
        except psycopg.Error as error:
            if connection.closed:
                raise
            self._due = time.monotonic() + PAUSE
            self._periods = []
            if not isinstance(error, psycopg.errors.LockNotAvailable):  # a long query is reading the history
                log.error("packs: not written (%s); the next attempt is in 10 minutes", server_message(error))

    def _step(self, connection: Connection) -> None:
        if not self._periods:
            drop_packed(connection)
            self._periods = periods(connection, self._pack_after)
        if self._periods:
            period = self._periods[0]
            self._size.run(lambda sessions: pack_next(connection, period, sessions))
            if period.after is None:
                del self._periods[0]
        if not self._periods:  # a packed day is in the list again until PostgreSQL has vacuumed it
            self._due = time.monotonic() + PAUSE
