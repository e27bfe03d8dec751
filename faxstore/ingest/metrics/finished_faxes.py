"""FinishedFaxes counts each fax once, when it has ended, with the figures of the view fax.sessions.

Pages, bad lines and results depend on many rows, and the views decide what they mean.  So the carrier reads them some
time after the last row of a session that it appended, rather than computing them a second time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from msgspec.structs import replace

from faxstore import sql
from faxstore.ingest.snapshot import FaxCounts
from faxstore.ingest.step_size import StepSize
from faxstore.store.database import Connection, server_message

log = logging.getLogger(__name__)

QUIET = 30.0
"""Seconds after the last row of a session until it is read: variables of the dialplan may follow its end."""

LONGEST_WAIT = 3600.0
"""Most seconds until a session that had not ended is read again."""

EVERY = 5.0
"""Seconds between two looks at which sessions are due."""

PAUSE_AFTER_ERROR = 600.0

REMEMBERED = 10_000
"""Counted sessions that are remembered, so that a late row does not count them again."""

_QUERY = sql.text("queries/store/finished_faxes")


class _Waiting(NamedTuple):
    due: float
    wait: float


class FinishedFaxes:
    """Counts the faxes of the sessions that were added.  Only the carrier's thread calls its methods."""

    def __init__(self, quiet: float = QUIET) -> None:
        self.counts: dict[str, FaxCounts] = {}
        """By server.  Replaced, never changed, so that any thread can read it."""
        self._quiet = quiet
        self._waiting: dict[UUID, _Waiting] = {}
        self._counted: dict[UUID, None] = {}
        self._size = StepSize()
        self._due = 0.0

    def add(self, sessions: Iterable[UUID]) -> None:
        """Note that rows of these sessions were appended."""
        waiting = _Waiting(time.monotonic() + self._quiet, self._quiet)
        self._waiting.update((each, waiting) for each in sessions if each not in self._counted)

    def step(self, connection: Connection) -> None:
        """Count some faxes that are due.  Raises psycopg.Error only if the connection is lost."""
        now = time.monotonic()
        if now < self._due:
            return
        due = [session for session, waiting in self._waiting.items() if waiting.due <= now]
        try:
            if not due or self._size.run(lambda most: self._count(connection, due[:most])) == len(due):
                self._due = now + min(EVERY, self._quiet)
        except psycopg.Error as error:
            if connection.closed:
                raise
            log.error("metrics: finished faxes not read (%s); the next attempt is in 10 minutes", server_message(error))
            self._due = now + PAUSE_AFTER_ERROR

    def _count(self, connection: Connection, sessions: list[UUID]) -> int:
        rows = connection.execute(_QUERY, [sessions]).fetchall()
        is_open = {row[0] for row in rows if not row[-1]}
        counts = dict(self.counts)
        for _, server, *figures, ended in rows:
            if ended:
                counts[server] = _added(counts.get(server, FaxCounts()), *figures)
        self.counts = counts
        for session in sessions:
            waiting = self._waiting.pop(session)
            if session in is_open:
                wait = min(2 * waiting.wait, LONGEST_WAIT)
                self._waiting[session] = _Waiting(time.monotonic() + wait, wait)
            else:
                self._counted[session] = None
        for session in list(self._counted)[:-REMEMBERED]:
            del self._counted[session]
        return len(sessions)


def _added(
    counts: FaxCounts,
    direction: str | None,
    result: str,
    result_class: str | None,
    pages: int | None,
    bad_lines: int | None,
) -> FaxCounts:
    """Return the counts with one fax more."""
    way = direction or "unknown"
    changes: dict[str, Any] = {
        "sessions": {**counts.sessions, way: _plus(counts.sessions.get(way, {}), result, 1)},
        "pages": _plus(counts.pages, way, pages or 0),
    }
    if result == "failed":
        changes["failures"] = _plus(counts.failures, result_class or "unknown_error", 1)
    if bad_lines is not None:
        changes |= {"bad_lines": counts.bad_lines + bad_lines, "measured_pages": counts.measured_pages + (pages or 0)}
    return replace(counts, **changes)


def _plus(counts: dict[str, int], key: str, number: int) -> dict[str, int]:
    return {**counts, key: counts.get(key, 0) + number}
