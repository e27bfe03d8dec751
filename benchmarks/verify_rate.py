"""Measures sealing and verifying: rows per second, and the processor time of client and server in seconds.

    python -m benchmarks.verify_rate --rows 1000000

The client pins itself to the first core that it may use.  ten_million.sql makes the rows, three in ten with a dozen
headers in details, in a temporary embedded Postgres.  The check of sessions is left out, because these session ids are
not computed as faxstore does.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from benchmarks.ten_million import fill
from faxstore.log import prove, seal
from faxstore.log.signing import Signing
from faxstore.store import embedded, migrate
from faxstore.store.database import Connection, connect
from faxstore.verify import batches, catalog, checkpoints, history, partitions
from faxstore.verify.findings import Scope

CHECKS = (catalog.check, partitions.check, batches.check, checkpoints.check, history.check)


@dataclass
class Cost:
    """Seconds: by the clock, of the client's processor time, and of its backend's."""

    wall: float = 0
    client: float = 0
    server: float = 0

    def row(self, what: str, rows: int) -> str:
        """A row of the table."""
        return (
            f"| {what} | {rows:,} | {rows / self.wall:,.0f} | {self.client / rows * 1e6:.2f} | "
            f"{self.server / rows * 1e6:.2f} |"
        )


@contextmanager
def measured(connection: Connection) -> Iterator[Cost]:
    """The cost of the statements inside the context, and of what else this thread does there."""
    cost = Cost()
    wall, client, server = time.perf_counter(), time.thread_time(), processor_seconds(connection.info.backend_pid)
    yield cost
    cost.wall = time.perf_counter() - wall
    cost.client = time.thread_time() - client
    cost.server = processor_seconds(connection.info.backend_pid) - server


def verified(connection: Connection) -> int:
    """Verifies; returns the number of rows.  Exits if there is a finding."""
    scope = Scope()
    for check in CHECKS:
        for finding in check(connection, scope):
            sys.exit(f"found what is not there: {finding}")
    return scope.rows


def sealed(connection: Connection) -> int:
    """Seals; returns the number of rows."""
    done = seal.seal(connection, "faxstore/benchmark", Signing(), lambda *_: None)
    assert done is not None
    return done[0]


def tell(connection: Connection, what: str, work: Callable[[Connection], int]) -> None:
    """Measures, and prints the costs."""
    with measured(connection) as cost:
        rows = work(connection)
    print(cost.row(what, rows), flush=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the database is kept, and found again")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="faxstore-verify-", dir="/var/tmp"))
    folder.mkdir(exist_ok=True)
    with embedded.running(folder) as dsn:
        migrate.upgrade(dsn)
        with connect(dsn) as connection:
            row = connection.execute("select count(*) from fax.append_batch").fetchone()
            if row == (0,):
                connection.execute("alter system set fsync = off")
                connection.execute("select pg_reload_conf()")
                fill(dsn, arguments.rows)
                connection.execute("alter system reset fsync")
                connection.execute("select pg_reload_conf()")
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            print(hardware())
            print("\n| work | rows | rows/s | client, us/row | server, us/row |\n| --- | --- | --- | --- | --- |")
            if row == (0,):
                tell(connection, "seal", sealed)
            for _ in range(3):
                tell(connection, "verify", verified)
            began = time.perf_counter()
            sealed_now, text = prove.checkpoint(connection, None)
            for position in range(1, sealed_now.size, sealed_now.size // 20):
                prove.inclusion(connection, position, sealed_now, text)
            print(f"\na proof: {(time.perf_counter() - began) / 20 * 1000:.1f} ms")


if __name__ == "__main__":
    main()
