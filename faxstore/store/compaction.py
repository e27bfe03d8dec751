"""Compaction: totals of quiet sessions (fax.session_total), and the coverage of finished days (fax.coverage_day)."""

from __future__ import annotations

import time
from collections.abc import Callable

from faxstore.store.database import Connection

BATCH = 100
"""Sessions per call: an append waits while their totals are stored."""

BUSY = 0.1
"""Seconds until the next call if another connection is writing totals."""

_WRITE = "select fax.write_totals(%s, %s)"


def write_totals(connection: Connection, most: int, quiet_seconds: float) -> int | None:
    """Write totals of at most `most` sessions that had no row for `quiet_seconds`.

    Returns their number, None if another connection is writing totals.
    """
    row = connection.execute(_WRITE, [most, quiet_seconds]).fetchone()
    written: int | None = row[0] if row else None
    return written


def write_all_totals(connection: Connection, quiet_seconds: float, progress: Callable[[int], None]) -> int:
    """Write the totals of all sessions that had no row for `quiet_seconds` when it was called; return their number.

    Each batch is a transaction of its own, so it can be interrupted at any time.
    """
    began, total = time.monotonic(), 0
    # A session whose rows go on would otherwise have a total again and again.
    while (written := write_totals(connection, BATCH, quiet_seconds + time.monotonic() - began)) != 0:
        if written is None:
            time.sleep(BUSY)
            continue
        total += written
        progress(total)
    return total


def write_all_coverage(connection: Connection) -> int:
    """Store the coverage of all finished days that lack it, each in a transaction of its own; return their number."""
    total = 0
    while written := _days_written(connection):
        total += written
    return total


def _days_written(connection: Connection) -> int:
    ((days,),) = connection.execute("select fax.write_coverage()").fetchall()
    return int(days)
