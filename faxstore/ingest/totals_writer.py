"""The TotalsWriter writes totals and adds up roll-ups in small steps, between the appends of the carrier."""

from __future__ import annotations

import logging
import time

import psycopg

from faxstore.ingest.step_size import StepSize
from faxstore.store.compaction import ROLLUPS, merge_rollups, write_totals
from faxstore.store.database import Connection, server_message

log = logging.getLogger(__name__)

PAUSE = 10.0
"""Seconds until the next step if no session is left."""

PAUSE_AFTER_ERROR = 600.0
"""Seconds until the next step after an error: totals save time, and the history does not need them."""


class TotalsWriter:
    """Writes the totals of sessions that had no row for `total_after` seconds.

    If no session is left, it adds up the rows of fax.usage_rollup that their totals added.
    """

    def __init__(self, total_after: float) -> None:
        self._total_after = total_after
        self._size = StepSize()
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
        """Write totals of some sessions; return whether sessions may be left."""
        most = self._size.sessions
        return self._size.run(lambda sessions: write_totals(connection, sessions, self._total_after) or 0) == most
