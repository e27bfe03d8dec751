"""Measures what an append costs to store how much of the spool is done, in processor time of server and client.

    python -m benchmarks.progress_cost

Appends of one row with and without a spool, in interleaved rounds; prints the medians in microseconds per append.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from uuid import uuid4

from benchmarks.append_peers import snapshot
from benchmarks.append_rate import database, server
from benchmarks.verify_rate import measured
from faxstore.spool.progress import Progress
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect

ROUNDS = 7
APPENDS = 1_500


def measure(dsn: str) -> dict[str, tuple[float, ...]]:
    """Return the microseconds of server and client per append, without and with a spool."""
    migrate.upgrade(dsn)
    found = defaultdict(list)
    with connect(dsn) as connection:
        appender, spool, number = Appender(connection, "benchmark"), Progress(uuid4(), 0), 0
        for place in range(2 * ROUNDS):
            name = ("without a spool", "with a spool")[place % 2]
            with measured(connection) as cost:
                for _ in range(APPENDS):
                    number += 1
                    appender.append([(number, snapshot(number))], spool if place % 2 else None)
                    spool = spool._replace(appended=spool.appended + place % 2)
            found[name].append([seconds / APPENDS * 1e6 for seconds in (cost.server, cost.client)])
    return {name: tuple(map(statistics.median, zip(*rounds, strict=True))) for name, rounds in found.items()}


def main() -> int:
    """Run the benchmark."""
    with server() as dsn:
        for name, (of_server, of_client) in measure(database(dsn, "progress")).items():
            print(f"{name}: {of_server:.0f} us of the server, {of_client:.0f} us of the client")
    return 0


if __name__ == "__main__":
    sys.exit(main())
