"""Measures how fast rows are appended: faxstore, its peers, and a bare COPY as the limit, in interleaved rounds.

    python -m benchmarks.append_rate
    python -m benchmarks.append_rate --aged 10000000      # faxstore alone: its rate after that many rows

Every round gives each store the same batches; the figures are medians over the rounds, in durable rows per second.  All
databases are analysed while they are empty and again halfway, because autovacuum does that at any time.  Prints a table
for docs/performance.md.  eventsourcing is compared if it is installed (extra ``bench``), message-db if
FAXSTORE_MESSAGE_DB names the folder with its install.sh.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.append_peers import Faxstore, Store, available, snapshot
from benchmarks.import_rate import hardware
from faxstore.store import embedded

SIZES = {1: 300, 200: 30, 2_000: 6}
"""Batches per round by the size of a batch."""


@contextmanager
def server() -> Iterator[str]:
    """Yield the DSN of a new embedded server, with fsync on."""
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as folder:
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder)) as dsn:
            yield dsn


def database(dsn: str, name: str) -> str:
    """Create a database and return its DSN."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return make_conninfo(dsn, dbname=name)


def analyse(dsn: str) -> None:
    """Collect statistics as autovacuum would."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def timed(store: Store, first: int, size: int, batches: int) -> float:
    """Append batches from observation `first` on; return the rows per second."""
    starts = range(first, first + size * batches, size)
    made = [store.made([snapshot(number) for number in range(start, start + size)]) for start in starts]
    start = time.perf_counter()
    for batch in made:
        store.append(batch)
    return size * batches / (time.perf_counter() - start)


def compare(rounds: int) -> dict[str, dict[int, float]]:
    """Return the median rate by store and size of a batch."""
    rates: dict[str, dict[int, list[float]]] = {}
    with server() as dsn:
        kinds = {name: kind for name, kind in available().items() if kind is not None}
        homes = {name: database(dsn, f"of {name}") for name in kinds}
        stores: dict[str, Store] = {name: kind(homes[name]) for name, kind in kinds.items()}
        first = 0
        for turn in range(rounds):
            if turn in (0, rounds // 2):
                for home in homes.values():
                    analyse(home)
            for size, batches in SIZES.items():
                for name, store in stores.items():
                    if size > store.largest:
                        continue
                    rates.setdefault(name, {}).setdefault(size, []).append(timed(store, first, size, batches))
                first += size * batches
    return {name: {size: statistics.median(found) for size, found in of.items()} for name, of in rates.items()}


def table(rates: dict[str, dict[int, float]]) -> str:
    """Return the table of a comparison."""
    lines = [
        f"| rows/s in batches of | {' | '.join(f'{size:,}' for size in SIZES)} |",
        f"| --- |{' --- |' * len(SIZES)}",
    ]
    for name in available():
        lacking = "hangs" if name in rates else "not installed"
        of_size = rates.get(name, {})
        cells = [f"{of_size[size]:,.0f}" if size in of_size else lacking for size in SIZES]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def aged(rows: int, batch: int = 2_000, tenths: int = 10) -> list[float]:
    """Return faxstore's rate in each tenth of that many rows."""
    with server() as dsn:
        home = database(dsn, "aged")
        store = Faxstore(home)
        analyse(home)
        batches = rows // batch // tenths
        rates = []
        for tenth in range(tenths):
            seconds = 0.0
            for place in range(batches):
                first = (tenth * batches + place) * batch
                seconds += batch / timed(store, first, batch, 1)
            rates.append(batch * batches / seconds)
        return rates


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="of each store (default: 11)")
    parser.add_argument(
        "--aged", type=int, metavar="ROWS", help="append that number of rows and print the rate of each tenth"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    arguments = parser.parse_args()
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.append_rate {' '.join(sys.argv[1:])}\n")
    if arguments.aged:
        print("rows/s in each tenth: " + ", ".join(f"{rate:,.0f}" for rate in aged(arguments.aged)))
        return 0
    rates = compare(arguments.rounds)
    print(table(rates))
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows per second by store and batch": rates}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
