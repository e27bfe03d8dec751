"""Measures what sealing costs the append: without a sealer, and while another process seals continuously.

    python -m benchmarks.append_beside_seal

The two rounds alternate, so that the growth of the history affects both.  Operators seal once per minute; here it is
once per second.  The processor time is that of the appender and its backend: by the clock the sealer competes for the
machine's cores like any other program.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.import_rate import hardware
from benchmarks.verify_rate import Cost, measured
from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect

BATCH = 200
STARTED = 1_793_600_000 * MICROSECONDS
LIFE = Life("pbx1", STARTED, started_at=STARTED)
SEALER = """
import sys, time
from faxstore.store.database import connect
from faxstore.log.seal import seal
from faxstore.log.signing import Signing
with connect(sys.argv[1]) as connection:
    while True:
        seal(connection, "faxstore/benchmark", Signing(), lambda done, total: None)
        time.sleep(1)
"""


def appended(dsn: str, first: int, batches: int) -> Cost:
    """The cost of a number of batches, each one poll of `LIVE` sessions, from a moment on (seconds)."""
    with connect(dsn) as connection:
        appender = Appender(connection, "benchmark")
        with measured(connection) as cost:
            for batch in range(first, first + batches):
                at = STARTED + batch * MICROSECONDS
                seen = (Observation(LIFE, at + n, "FAXSession", n, file_name=f"/fax/{n}.tif") for n in range(BATCH))
                appender.append(enumerate(seen))
        return cost


def beside_seal(dsn: str, first: int, batches: int) -> Cost:
    """The same cost while another process seals."""
    with subprocess.Popen([sys.executable, "-c", SEALER, dsn]) as sealer:
        try:
            return appended(dsn, first, batches)
        finally:
            sealer.kill()


def row(name: str, costs: list[Cost], rows: int) -> str:
    """A row of the table: the medians of the rounds."""
    client = statistics.median(cost.client for cost in costs) / rows * 1e6
    server = statistics.median(cost.server for cost in costs) / rows * 1e6
    return f"| {name} | {client:.1f} | {server:.1f} | {rows / statistics.median(cost.wall for cost in costs):,.0f} |"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each kind (default: 5)")
    parser.add_argument("--batches", type=int, default=500, help=f"of {BATCH} rows in a round (default: 500)")
    arguments = parser.parse_args()
    alone, beside = list[Cost](), list[Cost]()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as folder:
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder)) as dsn:
            migrate.upgrade(dsn)
            for turn in range(arguments.rounds):
                alone.append(appended(dsn, 2 * turn * arguments.batches, arguments.batches))
                beside.append(beside_seal(dsn, (2 * turn + 1) * arguments.batches, arguments.batches))
    print(
        f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.append_beside_seal {' '.join(sys.argv[1:])}\n"
    )
    print(f"| append of batches of {BATCH} rows, medians | client, us/row | server, us/row | rows/s |")
    print("| --- | --- | --- | --- |")
    for name, costs in (("nobody seals", alone), ("another process seals", beside)):
        print(row(name, costs, arguments.batches * BATCH))
    return 0


if __name__ == "__main__":
    sys.exit(main())
