"""Measures how fast rows are appended: faxstore, its peers, and a bare COPY as the limit, in interleaved rounds.

    python -m benchmarks.append_rate
    python -m benchmarks.append_rate --aged 10000000      # faxstore and COPY: their rates after that many rows

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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.append_peers import BareCopy, Faxstore, Store, available, snapshot
from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.store import embedded
from faxstore.system import garbage

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


def made(store: Store, first: int, size: int) -> Any:
    """Return a batch from observation `first` on, in the form in which a store appends it."""
    return store.made([snapshot(number) for number in range(first, first + size)])


def timed(store: Store, first: int, size: int, batches: int) -> float:
    """Append batches from observation `first` on; return the rows per second."""
    ready = [made(store, start, size) for start in range(first, first + size * batches, size)]
    start = time.perf_counter()
    for batch in ready:
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


class Tenth(NamedTuple):
    """A tenth of a long run: the rate of faxstore and of COPY, and what a row of faxstore costs."""

    rate: float
    """Rows per second."""
    made_us: float
    """Processor time to make the rows of both, µs per row: always the same work, so it shows the machine's speed."""
    client_us: float
    """Processor time, µs per row."""
    server_us: float
    """Processor time, µs per row."""
    wal: float
    """Bytes of WAL per row."""
    whole_pages: float
    """Pages that were written to the WAL as a whole, per 1,000 rows: the first change of each after a checkpoint."""
    copy_rate: float
    """Rows per second."""


def aged(rows: int, batch: int = 2_000, tenths: int = 10) -> Iterator[Tenth]:
    """Let faxstore and COPY append that many rows each, in turn; yield the figures of each tenth."""
    count = rows // batch // tenths * batch
    with server() as dsn:
        store, copy = Faxstore(database(dsn, "aged")), BareCopy(database(dsn, "copied"))
        analyse(make_conninfo(dsn, dbname="aged"))
        for first in range(0, count * tenths, count):
            seconds = making = client = copying = 0.0
            backend, before = processor_seconds(store.backend), written(dsn, store.backend)
            for start in range(first, first + count, batch):
                used = time.process_time()
                ours, theirs = made(store, start, batch), made(copy, start, batch)
                making += time.process_time() - used
                began, used = time.perf_counter(), time.process_time()
                store.append(ours)
                seconds += time.perf_counter() - began
                client += time.process_time() - used
                began = time.perf_counter()
                copy.append(theirs)
                copying += time.perf_counter() - began
            backend = processor_seconds(store.backend) - backend
            wal, pages = (after - earlier for after, earlier in zip(written(dsn, store.backend), before, strict=True))
            yield Tenth(
                count / seconds, making * 1e6 / count, client * 1e6 / count, backend * 1e6 / count, wal / count,
                pages * 1e3 / count, count / copying,
            )  # fmt: skip


def written(dsn: str, process: int) -> tuple[int, int]:
    """Return the bytes and the whole pages that a backend has written to the WAL so far (PostgreSQL 18)."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select wal_bytes::bigint, wal_fpi from pg_stat_get_backend_wal(%s)", [process]
        ).fetchone()
    assert row is not None
    return row


def aged_table(tenths: Iterable[Tenth]) -> str:
    """Return the table of a long run."""
    lines = [
        "| tenth | rows/s | COPY, rows/s | made, µs | client, µs | server, µs | WAL, bytes | whole pages |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for place, tenth in enumerate(tenths, 1):
        cells = f"{tenth.rate:,.0f} | {tenth.copy_rate:,.0f} | {tenth.made_us:.1f} | {tenth.client_us:.1f}"
        server = f"{tenth.server_us:.1f} | {tenth.wal:,.0f} | {tenth.whole_pages:.1f}"
        lines.append(f"| {place} | {cells} | {server} |")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="of each store (default: 11)")
    parser.add_argument(
        "--aged", type=int, metavar="ROWS", help="append that number of rows and print the figures of each tenth"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    arguments = parser.parse_args()
    garbage.search_rarely()
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.append_rate {' '.join(sys.argv[1:])}\n")
    if arguments.aged:
        print(aged_table(aged(arguments.aged)))
        return 0
    rates = compare(arguments.rounds)
    print(table(rates))
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows per second by store and batch": rates}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
