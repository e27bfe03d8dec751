"""Compaction: totals of quiet sessions (fax.session_total), their roll-ups (fax.usage_rollup), and finished days.

Of a finished day of a server, its coverage and its rows of fax.reconciliation are stored.

Packs are in faxstore.store.packs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import LiteralString

from faxstore.store.database import Connection

BATCH = 100
"""Sessions per call: an append waits while their totals are stored."""

ROLLUPS = 1000
"""Rows of fax.usage_rollup per call, about."""

BUSY = 0.1
"""Seconds until the next call if another connection is at it."""

_WRITE = "select fax.write_totals(%s, %s)"
_MERGE = "select fax.merge_rollups(%s)"
WRITE_COVERAGE = "select fax.write_coverage()"
WRITE_RECONCILIATION = "select fax.write_reconciliation()"
"""Store what belongs to one finished day of a server, and return 0 if none is due."""


def write_totals(connection: Connection, most: int, quiet_seconds: float) -> int | None:
    """Write totals of at most `most` sessions that had no row for `quiet_seconds`.

    Returns their number, None if another connection is writing totals.
    """
    return _number(connection, _WRITE, most, quiet_seconds)


def merge_rollups(connection: Connection, most: int = ROLLUPS) -> int | None:
    """Add up rows of fax.usage_rollup: those of the groups of at most `most` rows that were not added up yet.

    Returns the number of these rows, None if another connection is adding up rows.
    """
    return _number(connection, _MERGE, most)


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


def merge_all_rollups(connection: Connection) -> None:
    """Add up all rows of fax.usage_rollup, each batch in a transaction of its own."""
    while (merged := merge_rollups(connection)) != 0:
        if merged is None:
            time.sleep(BUSY)


def write_all_days(connection: Connection) -> tuple[int, int]:
    """Store the coverage and the reconciliation of all finished days that lack them, a day in each transaction.

    Returns the numbers of days.  The reconciliation of a day waits for the totals of its sessions.
    """
    return _write_all(connection, WRITE_COVERAGE), _write_all(connection, WRITE_RECONCILIATION)


def _write_all(connection: Connection, query: LiteralString) -> int:
    total = 0
    while written := _number(connection, query):
        total += written
    return total


def _number(connection: Connection, query: LiteralString, *parameters: float) -> int | None:
    """The number that a function of compaction returns, or NULL."""
    ((number,),) = connection.execute(query, parameters).fetchall()
    return None if number is None else int(number)
