"""What is going on now: the faxes in progress, those that ended since the last look, and whether servers are polled.

A look reads the open faxes of the newest life of each server, so it takes as long after years as on the first day.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg.rows import dict_row

from faxstore import sql
from faxstore.errors import UnreachableError
from faxstore.follow.reconnecting import reconnecting
from faxstore.follow.wakeups import Wakeups
from faxstore.report.formats import Row
from faxstore.store.database import Connection
from faxstore.store.distribution import refuse_distributed
from faxstore.store.known_values import require_servers

WATCHING_EVERY = 5.0
"""Seconds between two looks at what changes slowly: polls and appends."""

REST = 4
"""A pause between two looks is at least this number of times as long as a look took, so that the database has time."""

_LIVE = sql.text("queries/report/live_faxes")
_ENDED = sql.text("queries/report/ended_faxes")
_POLLED = sql.text("queries/report/polled_now")
_LAST_APPEND = sql.text("queries/report/last_append")


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether faxstore observes everything at this moment."""

    servers: Sequence[Row]
    """Each server that was ever polled; `reason` and `seconds` of a gap that lasts until now, or NULL."""
    last_append: Row | None
    """The ingestor that appended last from its spool, and the seconds since."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was in the database at one moment."""

    live: Sequence[Row]
    """The faxes in progress."""
    ended: Sequence[Row]
    """Those of the look before that have ended since."""
    watching: Watching


def looks(dsn: str, servers: Sequence[str]) -> Iterator[Look | UnreachableError]:
    """Yield a look each second, and at once when a fax has ended; an error for each attempt to reach a lost database.

    Raises UnreachableError if it never reached the database; UsageError for an unknown server.
    """
    return reconnecting(dsn, Looking(servers).looks)


class Looking:
    """Looks again and again, also over a new connection."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = servers
        self._live: set[object] = set()
        """The ids of the faxes in progress at the last look."""

    def looks(self, connection: Connection) -> Iterator[Look]:
        """Yield looks over a connection, and first what has ended since the last one over another connection."""
        refuse_distributed(connection, "faxstore watch")
        require_servers(connection, self._servers)
        wakeups = Wakeups(connection)
        due, watching = 0.0, Watching((), None)
        while True:
            wakeups.clear()
            began = time.monotonic()
            if began >= due:
                watching, due = self._watching(connection), began + WATCHING_EVERY
            live = self._rows(connection, _LIVE)
            yield Look(live, self._ended(connection, live), watching)
            time.sleep(REST * (time.monotonic() - began))
            wakeups.wait()

    def _ended(self, connection: Connection, live: Sequence[Row]) -> Sequence[Row]:
        before, self._live = self._live, {row["session_id"] for row in live}
        gone = list(before - self._live)
        return self._rows(connection, _ENDED, sessions=gone) if gone else ()

    def _watching(self, connection: Connection) -> Watching:
        last = self._rows(connection, _LAST_APPEND)
        return Watching(self._rows(connection, _POLLED), last[0] if last else None)

    def _rows(self, connection: Connection, query: str, **parameters: object) -> Sequence[Row]:
        given = {"servers": list(self._servers) or None, **parameters}
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), given, prepare=True).fetchall()
