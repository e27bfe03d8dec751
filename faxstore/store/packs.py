"""Packing: the rows of each session of a finished month become one compressed row (fax.session_pack).

fax.pack_sessions() moves the rows of some sessions per transaction, so that packing can end at any moment and go on
later, and appends never wait for long.  fax.session_history shows the same rows before and after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg

from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection

SESSIONS = 100
"""Sessions per transaction: about 10,000 rows."""

ATTEMPTS = 60
PAUSE = 1.0
"""How often, and after how many seconds, to try again to create a partition while long queries read the history."""

AFTER = timedelta(days=2)
"""A month is packed this long after its end: by then, almost all of its sessions have their last rows."""

_MONTHS = r"""
select m.began_at - interval '1 microsecond', least(m.ends_at, %(until)s)
from (
    select n.began at time zone 'UTC' as began_at, (n.began + interval '1 month') at time zone 'UTC' as ends_at, c.oid
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (values (to_date(substring(c.relname from '\d{4}_\d{2}$'), 'YYYY_MM')::timestamp)) n (began)
    where i.inhparent = 'fax.observation'::regclass
) m
where m.began_at < %(until)s and pg_relation_size(m.oid) > 0
order by 1
"""
"""The months whose partition may have rows: a moment just before each, and its end, or `until`."""


def finished_months(now: datetime) -> datetime:
    """Return the end of the last month that is packed at a moment: the start of a month (UTC)."""
    return (now - AFTER).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def pack(connection: Connection, until: datetime, progress: Callable[[int], None]) -> tuple[int, list[str]]:
    """Pack the sessions that started before a moment.

    Return the number of rows packed, and the names of partitions dropped because they are empty; a partition that was
    packed now is dropped by a later call, once PostgreSQL has vacuumed it.  Calls `progress` with the rows so far.
    """
    dropped = [name for (name,) in connection.execute("select * from fax.drop_packed_partitions()")]
    rows = 0
    for began, end in connection.execute(_MONTHS, {"until": until}).fetchall():
        after: datetime | None = began
        while after is not None:
            after, packed = _step(connection, after, end)
            rows += packed
            progress(rows)
    return rows, dropped


def _step(connection: Connection, after: datetime, end: datetime) -> tuple[datetime | None, int]:
    """Pack the next sessions; return the start of the last of them, None if there are none, and their rows.

    Raises FaxstoreError if readers leave no moment to create a partition for a minute.
    """
    query = "select packed_until, packed_rows from fax.pack_sessions(%s, %s, %s)"
    for _ in range(ATTEMPTS):
        try:
            ((packed_until, rows),) = connection.execute(query, [after, end, SESSIONS]).fetchall()
            return packed_until, rows
        except psycopg.errors.LockNotAvailable:
            time.sleep(PAUSE)
    raise FaxstoreError(
        "a query has been reading the history for a minute: run faxstore compact again when it has ended"
    )
