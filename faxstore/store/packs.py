"""Packing: the rows of each session of a past day become one compressed row (fax.session_pack).

fax.pack_sessions() moves the rows of some sessions per transaction, so that packing can end at any moment and go on
later, and appends never wait for long.  fax.session_history shows the same rows before and after.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection

SESSIONS = 100
"""Sessions per transaction: about 10,000 rows."""

ATTEMPTS = 60
PAUSE = 1.0
"""How often, and after how many seconds, to try again to create a partition while long queries read the history."""

_PERIODS = "select began - interval '1 microsecond', ends from fax.periods_to_pack(now() - %s * interval '1 day')"
_PACK = "select packed_until, packed_rows from fax.pack_sessions(%s, %s, %s)"


@dataclass(slots=True)
class Period:
    """A period of time whose sessions are packed, in the order of their start."""

    after: datetime | None
    """The start of the last session that was packed; None if all are packed."""
    ends: datetime
    """The moment before which its sessions started."""


def periods(connection: Connection, pack_after: float) -> list[Period]:
    """Return the periods with rows to pack: past days that ended `pack_after` days ago, and rows without a day."""
    return [Period(*row) for row in connection.execute(_PERIODS, [pack_after]).fetchall()]


def pack_next(connection: Connection, period: Period, most: int) -> int:
    """Pack at most `most` sessions of a period, and those that started with the last of them; return their rows.

    Raises psycopg.errors.LockNotAvailable if a query that reads the history leaves no moment to create a partition.
    """
    ((period.after, rows),) = connection.execute(_PACK, [period.after, period.ends, most]).fetchall()
    return int(rows)


def pack_all(connection: Connection, pack_after: float, progress: Callable[[int], None]) -> int:
    """Pack everything that is due, and return the number of rows.  Calls `progress` with the rows so far.

    Raises FaxstoreError if readers leave no moment to create a partition for a minute.
    """
    rows = 0
    for period in periods(connection, pack_after):
        while period.after is not None:
            rows += _patiently(connection, period)
            progress(rows)
    return rows


def drop_packed(connection: Connection) -> list[str]:
    """Drop the partitions of packed days that are empty, and return their names.

    A partition that was packed now is dropped by a later call, once PostgreSQL has vacuumed it.
    """
    return [name for (name,) in connection.execute("select * from fax.drop_packed_partitions()")]


def _patiently(connection: Connection, period: Period) -> int:
    for _ in range(ATTEMPTS):
        try:
            return pack_next(connection, period, SESSIONS)
        except psycopg.errors.LockNotAvailable:
            time.sleep(PAUSE)
    raise FaxstoreError(
        "a query has been reading the history for a minute: run faxstore compact again when it has ended"
    )
