"""DatabaseReadings reads what concerns the whole database, once a minute: the backlog of compaction, and the last seal.

The carrier calls it between two appends, because a scrape must not wait for the database.
"""

from __future__ import annotations

import logging
import time

import psycopg

from faxstore.ingest.snapshot import DatabaseSnapshot
from faxstore.store import backlog
from faxstore.store.database import Connection, server_message

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two readings."""

PAUSE_AFTER_ERROR = 600.0

_SEAL = """
select
    extract(epoch from c.made_at)::float8,
    (
        select extract(epoch from b.appended_at)::float8
        from fax.append_batch b where b.last_position > c.size order by b.last_position limit 1
    )
from fax.checkpoint c
order by c.size desc, c.records desc
limit 1
"""


class DatabaseReadings:
    """The newest state of the database that this process read."""

    def __init__(self, pack_after: float) -> None:
        self.newest: DatabaseSnapshot | None = None
        """None before the first reading."""
        self._pack_after = pack_after
        self._due = 0.0

    def step(self, connection: Connection) -> None:
        """Read the state, if that is due.  Raises psycopg.Error only if the connection is lost."""
        now = time.monotonic()
        if now < self._due:
            return
        try:
            self.newest = self.read(connection)
            self._due = now + EVERY
        except psycopg.Error as error:
            if connection.closed:
                raise
            log.error(
                "metrics: state of the database not read (%s); the next attempt is in 10 minutes",
                server_message(error),
            )
            self._due = now + PAUSE_AFTER_ERROR

    def read(self, connection: Connection) -> DatabaseSnapshot:
        """Read the state now."""
        late = {
            "totals": backlog.sessions_without_totals(connection).number,
            "rollups": backlog.unmerged_rollups(connection),
            "coverage": backlog.uncovered_days(connection).number,
            "reconciliation": backlog.unreconciled_days(connection).number,
            "packs": backlog.unpacked_days(connection, self._pack_after).number,
        }
        return DatabaseSnapshot(time.time(), late, *_seal(connection))


def _seal(connection: Connection) -> tuple[float | None, float | None]:
    """Return when the log was sealed last, and when the first rows were appended that are not sealed yet."""
    last_seal_at, unsealed_since = connection.execute(_SEAL).fetchone() or (None, None)
    return last_seal_at, unsealed_since
