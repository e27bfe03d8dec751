"""The TotalsWriter writes totals and adds up roll-ups in small steps, between the appends of the carrier."""

from __future__ import annotations

import logging
import time

import psycopg

from faxstore.store.compaction import ROLLUPS, merge_rollups, write_totals
from faxstore.store.database import Connection, server_message

log = logging.getLogger(__name__)

STEP = 0.05
"""Seconds that a step may take, about: records that arrive meanwhile wait in the spool."""

PAUSE = 10.0
"""Seconds until the next step if no session is left."""

PAUSE_AFTER_ERROR = 600.0
"""Seconds until the next step after an error: totals save time, and the history does not need them."""

FIRST = 8
"""Sessions of the first step; those that follow have as many as STEP allows."""


class TotalsWriter:
    """Writes the totals of sessions that had no row for `total_after` seconds.

    If no session is left, it adds up the rows of fax.usage_rollup that their totals added.
    """

    def __init__(self, total_after: float) -> None:
        self._total_after = total_after
        self._most = FIRST
        self._due = time.monotonic()

    def step(self, connection: Connection) -> None:
        """Write some totals, if any are due.  Raises psycopg.Error only if the connection is lost."""
        began = time.monotonic()
        if began < self._due:
            return
        try:
            if not self._write(connection) and merge_rollups(connection) != ROLLUPS:
                self._due = began + PAUSE
        except psycopg.Error as error:
            if connection.closed:
                raise
            log.error("totals: not written (%s); the next attempt is in 10 minutes", server_message(error))
            self._due = began + PAUSE_AFTER_ERROR

    def _write(self, connection: Connection) -> bool:
        """Write totals of as many sessions as STEP allows; return whether sessions may be left."""
        began = time.monotonic()
        most = self._most
        written = write_totals(connection, most, self._total_after)
        seconds = time.monotonic() - began
        self._most = max(1, min(2 * most, int(most * STEP / seconds)))
        return written == most
