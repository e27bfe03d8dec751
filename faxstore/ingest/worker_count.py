"""How many workers `faxstore ingest` starts."""

from __future__ import annotations

import math
import os

import psycopg

from faxstore import sql
from faxstore.store.database import Connection

SESSIONS_PER_WORKER = 1_000
"""Live sessions that one worker is to poll.  On a free core one can poll 5,000 (docs/performance.md, Capacity);
the rest is room for Postgres, for events and for growth."""

LONGEST_COUNT = 2_000
"""Milliseconds that the count of sessions may take at a start."""

_SESSIONS_AT_ONCE = sql.text("queries/store/sessions_at_once")


def worker_count(wanted: int | None, sessions: int, servers: int, cores: int) -> int:
    """Return the number of workers: as many as wanted, else one per 1,000 sessions and at most one per core.

    There is at least one and at most one per server.
    """
    if wanted is None:
        wanted = min(math.ceil(sessions / SESSIONS_PER_WORKER), cores)
    return max(1, min(wanted, servers))


def sessions_at_once(connection: Connection) -> int:
    """Return about how many sessions were live at once in the busiest two minutes of the last 7 days.

    If there are too many to count them in two seconds, the result is large enough for any number of cores.
    """
    try:
        with connection.transaction():
            connection.execute("select set_config('statement_timeout', %s, true)", [str(LONGEST_COUNT)])
            row = connection.execute(_SESSIONS_AT_ONCE).fetchone()
    except psycopg.errors.QueryCanceled:
        return SESSIONS_PER_WORKER * usable_cores()
    return int(row[0]) if row else 0


def usable_cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
