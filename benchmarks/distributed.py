"""Appends, totals and usage of one database, to compare one Postgres with a Citus cluster of several nodes.

Usage: python -m benchmarks.distributed DSN [--batches 40]

The database has the schema and no rows.  First, each batch has 2,000 snapshots of the same 200 sessions, of today.
Then each has 10 snapshots of each of 200 new sessions of last month, and these get totals.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg

from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.store.append import Appender
from faxstore.store.compaction import merge_all_rollups
from faxstore.store.database import Connection

SESSIONS, ROWS = 200, 10
TODAY = datetime.now(UTC)
MONTH = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
USAGE = "select sum(sessions) from fax.usage(%s::timestamp, %s::timestamp, 'Europe/Berlin', 'day')"


def main() -> None:
    """Measure one database and print what each step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dsn", help="a database with the schema")
    parser.add_argument("--batches", type=int, default=40, help="batches of new sessions")
    options = parser.parse_args()
    with psycopg.connect(options.dsn, autocommit=True) as connection:
        appender = Appender(connection, "benchmark")
        known = [append(appender, TODAY, 0, turn) for turn in range(8)]
        print(f"known sessions: {median(known[1:]):,.0f} rows/s")
        step = timedelta(days=28) / options.batches
        fresh = [append(appender, MONTH + turn * step, (turn + 1) * SESSIONS, 0) for turn in range(options.batches)]
        print(f"new sessions: {median(fresh):,.0f} rows/s")
        with timed("usage without totals"):
            usage(connection)
        began = time.perf_counter()
        print(f"totals: {write_totals(connection) / (time.perf_counter() - began):,.0f} per second")
        merge_all_rollups(connection)
        for _ in range(3):
            with timed("usage"):
                usage(connection)


def append(appender: Appender, begin: datetime, first: int, turn: int) -> float:
    """Append a batch of snapshots of the sessions from a number on; return rows per second."""
    batch = list(enumerate(snapshots(begin, first, turn)))
    began = time.perf_counter()
    appender.append(batch)
    return len(batch) / (time.perf_counter() - began)


def snapshots(begin: datetime, first: int, turn: int) -> Iterator[Observation]:
    """Yield snapshots of receivers, all sessions in turn, every five seconds."""
    start = round(begin.timestamp()) * MICROSECONDS
    life = Life("pbx", start - MICROSECONDS, started_at=start - 2 * MICROSECONDS)
    for row in range(ROWS):
        for number in range(first, first + SESSIONS):
            yield Observation(
                life,
                start + ((turn * ROWS + row) * 5 * SESSIONS + number - first) * MICROSECONDS // SESSIONS,
                "FAXSession",
                session_number=number,
                channel=f"PJSIP/trunk-{number:08x}",
                technology="Spandsp",
                operation="receive",
                state="Active",
                session_type="G.711",
                error_correction_mode=False,
                data_rate=9600,
                x_resolution=8031,
                y_resolution=3850,
                page_number=1 + row // 3,
                pages_received=row // 3,
            )


def write_totals(connection: Connection) -> int:
    """Write all totals, a thousand at a time; return their number."""
    written = 0
    while True:
        ((some,),) = connection.execute("select fax.write_totals(1000, 0)").fetchall()
        if not some:
            return written
        written += some


def usage(connection: Connection) -> None:
    """Ask for the usage of last month by day."""
    connection.execute(USAGE, [MONTH.replace(tzinfo=None), MONTH.replace(tzinfo=None) + timedelta(days=31)]).fetchall()


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    began = time.perf_counter()
    yield
    print(f"{what}: {(time.perf_counter() - began) * 1000:,.0f} ms")


if __name__ == "__main__":
    main()
