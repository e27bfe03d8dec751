"""Shows that a reader by position sees every row once while 8 writers append and pause before they commit.

    python -m benchmarks.readers                        # a temporary embedded Postgres
    python -m benchmarks.readers --batches 100 --pause 0.01

The reader repeatedly asks for rows above the last position it saw, and its result is compared with the whole table.
The same run also tries the obvious design with the same batches and pauses: a table whose id is assigned at insert,
read by id above the last one seen.  That reader never sees a row that commits after a row with a higher id.
Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

from benchmarks.import_rate import hardware
from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect

WRITERS = 8
MOST_ROWS = 4
"""The most rows of a batch."""

BETWEEN_LOOKS = 0.001
"""Seconds.  A reader that never sleeps takes the processor from the writers."""

STARTED = 1_793_600_000 * MICROSECONDS

Write = Callable[[int], None]
"""Writes that many rows in the open transaction."""


@dataclass(frozen=True)
class Way:
    """A table with positions: how to write its rows, and how to read those above a position."""

    name: str
    above: LiteralString
    writer: Callable[[Connection, int], Write]
    """Makes the writer of a connection, by the writer's number."""


@dataclass(frozen=True)
class Account:
    """What a reader saw of the committed rows, and how many seconds the writers took."""

    written: int
    skipped: int
    doubled: int
    looks: int
    seconds: float


def appending(connection: Connection, number: int) -> Write:
    """Rows of one session on this writer's own server."""
    appender = Appender(connection, f"writer {number}")
    life = Life(f"pbx{number}", STARTED, started_at=STARTED)
    written = 0

    def write(rows: int) -> None:
        nonlocal written
        moments = range(written, written + rows)
        appender.append((at, Observation(life, STARTED + at * MICROSECONDS, "FAXSession", 0)) for at in moments)
        written += rows

    return write


def inserting(connection: Connection, number: int) -> Write:
    """Rows with an id from a sequence."""

    def write(rows: int) -> None:
        connection.execute("insert into naive_event (writer) select %s from generate_series(1, %s)", [number, rows])

    return write


HISTORY = Way(
    "fax.session_history, by position",
    "select position from fax.session_history where position > %s order by position",
    appending,
)
NAIVE = Way("a table with an identity, by id", "select id from naive_event where id > %s order by id", inserting)


def make_naive_table(dsn: str) -> None:
    """The table of the obvious design."""
    with connect(dsn) as connection:
        connection.execute(
            "create table naive_event (id bigint generated always as identity primary key, writer integer not null)"
        )


def follow(dsn: str, way: Way, batches: int, pause: float) -> Account:
    """Follows the writers until each has written its batches, then compares what the reader saw."""
    writers = [threading.Thread(target=_write, args=(dsn, way, n, batches, pause)) for n in range(WRITERS)]
    seen: list[int] = []
    looks, last, working = 0, 0, True
    with connect(dsn) as reader:
        began = time.monotonic()
        for thread in writers:
            thread.start()
        while working:
            working = any(
                thread.is_alive() for thread in writers
            )  # checked first: the last read happens after all commits
            new = [position for (position,) in reader.execute(way.above, [last])]
            seen += new
            last = max(new, default=last)
            looks += 1
            time.sleep(BETWEEN_LOOKS)
        seconds = time.monotonic() - began
        kept = {position for (position,) in reader.execute(way.above, [0])}
    times = Counter(seen)
    doubled = sum(count - 1 for count in times.values())
    return Account(len(kept), len(kept - times.keys()), doubled, looks, seconds)


def _write(dsn: str, way: Way, number: int, batches: int, pause: float) -> None:
    """Batches of one to four rows, each with a pause before its commit in which others can overtake it."""
    rng = random.Random(number)
    with connect(dsn) as connection:
        write = way.writer(connection, number)
        for _ in range(batches):
            with connection.transaction():
                write(rng.randint(1, MOST_ROWS))
                time.sleep(rng.uniform(0, pause))


def row(way: Way, account: Account) -> str:
    """The row of the table."""
    cells = (
        way.name,
        f"{account.written:,}",
        f"{account.skipped:,}",
        f"{account.doubled:,}",
        f"{account.looks:,}",
        f"{account.written / account.seconds:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """The command line; exits with 1 if the reader of the history skipped a row or read one twice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--batches", type=int, default=1_000, help="of each writer, 1 to 4 rows each (default: 1000)")
    parser.add_argument("--pause", type=float, default=0.003, help="the longest before a commit, s (default: 0.003)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        Path(temporary).chmod(0o755)
        with embedded.running(Path(temporary)) as dsn:
            migrate.upgrade(dsn)
            make_naive_table(dsn)
            accounts = {way: follow(dsn, way, arguments.batches, arguments.pause) for way in (NAIVE, HISTORY)}
    print(f"{WRITERS} writers, pauses up to {arguments.pause * 1000:g} ms, {hardware()}, {time.strftime('%Y-%m-%d')}\n")
    print("| read | rows committed | skipped | doubled | looks | rows/s |\n| --- | --- | --- | --- | --- | --- |")
    for way, account in accounts.items():
        print(row(way, account))
    return int(accounts[HISTORY].skipped + accounts[HISTORY].doubled > 0)


if __name__ == "__main__":
    sys.exit(main())
