"""Measures what an append costs to store how much of the spool is done, in processor time of server and client.

    python -m benchmarks.progress_cost

Appends of one row with and without a spool, in interleaved rounds; prints the medians in microseconds per append.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

from benchmarks.append_peers import snapshot
from benchmarks.append_rate import database, server
from faxstore.spool.progress import Progress
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect

ROUNDS = 7
APPENDS = 1_500


def server_seconds(process: int) -> float:
    """Return the processor time that a backend has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Return the processor time that this process has used."""
    times = os.times()
    return times.user + times.system


def measure(dsn: str) -> dict[str, tuple[float, ...]]:
    """Return the microseconds of server and client per append, without and with a spool."""
    migrate.upgrade(dsn)
    found = defaultdict(list)
    with connect(dsn) as connection:
        appender, spool, number = Appender(connection, "benchmark"), Progress(uuid4(), 0), 0
        for place in range(2 * ROUNDS):
            name = ("without a spool", "with a spool")[place % 2]
            before = server_seconds(connection.info.backend_pid), own_seconds()
            for _ in range(APPENDS):
                number += 1
                appender.append([(number, snapshot(number))], spool if place % 2 else None)
                spool = spool._replace(appended=spool.appended + place % 2)
            after = server_seconds(connection.info.backend_pid), own_seconds()
            found[name].append([(end - begin) / APPENDS * 1e6 for begin, end in zip(before, after, strict=True)])
    return {name: tuple(map(statistics.median, zip(*rounds, strict=True))) for name, rounds in found.items()}


def main() -> int:
    """Run the benchmark."""
    with server() as dsn:
        for name, (of_server, of_client) in measure(database(dsn, "progress")).items():
            print(f"{name}: {of_server:.0f} us of the server, {of_client:.0f} us of the client")
    return 0


if __name__ == "__main__":
    sys.exit(main())
