"""The PackWriter packs the rows of past days in small steps, between the appends of the carrier."""

from __future__ import annotations

import logging
import time

import psycopg

from faxstore.store.database import Connection, server_message
from faxstore.store.packs import Period, drop_packed, pack_next, periods

log = logging.getLogger(__name__)

STEP = 0.05
"""Seconds that a step may take, about: records that arrive meanwhile wait in the spool."""

PAUSE = 600.0
"""Seconds until it looks again for rows to pack and partitions to drop, and until the next attempt after an error."""

FIRST = 8
"""Sessions of the first step; those that follow have as many as STEP allows."""


class PackWriter:
    """Packs the sessions of days that ended `pack_after` days ago, and drops the partitions of packed days."""

    def __init__(self, pack_after: float) -> None:
        self._pack_after = pack_after
        self._most = FIRST
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
            self._pack(connection, self._periods[0])
            if self._periods[0].after is None:
                del self._periods[0]
        if not self._periods:  # a packed day is in the list again until PostgreSQL has vacuumed it
            self._due = time.monotonic() + PAUSE

    def _pack(self, connection: Connection, period: Period) -> None:
        """Pack as many sessions of a period as STEP allows."""
        began = time.monotonic()
        pack_next(connection, period, self._most)
        seconds = time.monotonic() - began
        self._most = max(1, min(2 * self._most, int(self._most * STEP / seconds)))
