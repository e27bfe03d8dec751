"""Measures what a look of faxstore watch costs the database, by the length of the history and the faxes in progress.

    python -m benchmarks.look

A fax in progress has a snapshot per second for a minute.  Prints milliseconds of the server's processor time and those
that a client waits (mean and median of the looks after the first ten, in which PostgreSQL chooses its plans).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from benchmarks import fill
from benchmarks.append_rate import database, server
from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.follow import wakeups
from faxstore.report import live
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect
from tests.kit.given import START, life, snapshot

HISTORIES = (0, 100_000)
"""Rows of ended faxes, 100 each."""

FAXES = (1, 20, 300)
SECONDS = 60
LOOKS = 60


def append_live(connection: Connection, first: int, count: int) -> None:
    """Append the rows of faxes in progress."""
    now = (datetime.now(UTC) - START).total_seconds()
    of = life("pbx1", started=now - 600)
    appender = Appender(connection, "measured")
    for number in range(first, first + count):
        rows = (snapshot(now - SECONDS + second, number, of=of, channel=f"x/{number}") for second in range(SECONDS))
        appender.append(enumerate(rows))


def looks(dsn: str) -> Iterator[tuple[float, float]]:
    """Yield the seconds of the server's processor and of the client that each look takes."""
    with connect(dsn) as connection:
        found = live.Looking(()).looks(connection)
        while True:
            before, began = processor_seconds(connection.info.backend_pid), time.perf_counter()
            next(found)
            yield processor_seconds(connection.info.backend_pid) - before, time.perf_counter() - began


def main() -> int:
    """Runs the program from the command line."""
    wakeups.POLL, live.REST = 0.0, 0
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.look")
    print("| rows of ended faxes | faxes in progress | server, ms | client, ms |\n| --- | --- | --- | --- |")
    with server() as dsn:
        for rows in HISTORIES:
            home = database(dsn, f"of {rows}")
            migrate.upgrade(home)
            with connect(home) as connection:
                if rows:
                    fill.fill(connection, rows)
                for first, count in zip((0, *FAXES), FAXES, strict=False):
                    append_live(connection, first, count - first)
                    connection.execute("analyze")
                    measured = list(islice(looks(home), 10, 10 + LOOKS))
                    server_ms = 1000 * statistics.mean(
                        seconds for seconds, _ in measured
                    )  # its clock has ticks of 10 ms
                    client_ms = 1000 * statistics.median(seconds for _, seconds in measured)
                    print(f"| {rows:,} | {count} | {server_ms:.1f} | {client_ms:.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
