"""Measures totals: how fast they are written, how large they are, how long appends wait, and what reports then cost.

    python -m benchmarks.totals_rate --rows 1000000

The history is that of benchmarks.ten_million.  While totals are written, another connection takes the lock of the
appenders again and again; its waits are those of an append.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.import_rate import hardware
from benchmarks.ten_million import LATEST, ONE_SESSION, REPORTS, cost, fill, without_fsync
from faxstore.store import embedded, migrate
from faxstore.store.compaction import write_all_totals
from faxstore.store.database import Connection, connect

SESSIONS = "select * from fax.sessions where started_at >= '2025-06-01' and started_at < '2025-07-01'"
SIZES = """
select count(*), pg_relation_size('fax.session_total'), pg_indexes_size('fax.session_total'),
       pg_total_relation_size('fax.session_untotalled')
from fax.session_total
"""


def questions(connection: Connection) -> dict[str, float]:
    """The milliseconds of each question, planning and execution, the second time."""
    drawn = connection.execute("select session_id from fax.session order by md5(session_id::text) limit 1").fetchone()
    assert drawn is not None
    found = {}
    for name, query, parameters in (
        ("one session", ONE_SESSION, drawn),
        ("the latest 20 sessions", LATEST, ()),
        ("a month's sessions, all columns", SESSIONS, ()),
        *((name, query, ()) for name, query in REPORTS if "latest" not in name),
    ):
        cost(connection, query, *parameters)
        found[name] = cost(connection, query, *parameters).total
    return found


def waits(dsn: str, ended: threading.Event, seconds: list[float]) -> None:
    """Takes the lock of the appenders every 2 ms, and notes how long that took."""
    with connect(dsn) as connection:
        while not ended.is_set():
            began = time.perf_counter()
            connection.execute("select fax.lock_append()")
            seconds.append(time.perf_counter() - began)
            time.sleep(0.002)


def written(dsn: str) -> tuple[int, float, list[float]]:
    """Writes all totals: their number, the seconds, and the waits of the other connection."""
    ended, seconds = threading.Event(), list[float]()
    other = threading.Thread(target=waits, args=(dsn, ended, seconds))
    with connect(dsn) as connection:
        other.start()
        began = time.perf_counter()
        number = write_all_totals(connection, 0, lambda done: print(f"\r{done:,}", end="", file=sys.stderr))
        taken = time.perf_counter() - began
    ended.set()
    other.join()
    return number, taken, sorted(seconds)


def table(dsn: str) -> Iterator[str]:
    """Yields the lines of the report."""
    with connect(dsn) as connection:
        before = questions(connection)
    number, taken, seconds = written(dsn)
    with connect(dsn) as connection:
        connection.execute("vacuum (analyze)")
        after = questions(connection)
        sizes = connection.execute(SIZES).fetchone()
        version = connection.execute("show server_version").fetchone()
    assert sizes is not None
    assert version is not None
    count, heap, indexes, waiting = sizes
    yield f"Postgres {version[0].split()[0]}, {hardware()}, {time.strftime('%Y-%m-%d')}"
    yield f"python -m benchmarks.totals_rate {' '.join(sys.argv[1:])}".rstrip()
    yield f"{number:,} totals in {taken:.1f} s, {number / taken:,.0f} per second"
    yield f"{heap / count:.0f} bytes per total, {indexes / count:.0f} of indexes; session_untotalled {waiting:,} bytes"
    longest, rare = 1000 * seconds[-1], 1000 * seconds[len(seconds) * 99 // 100]
    yield f"waits for the lock of the appenders: longest {longest:.1f} ms, p99 {rare:.1f} ms, of {len(seconds):,}"
    yield ""
    yield "| question | without totals, ms | with totals, ms |"
    yield "| --- | --- | --- |"
    for name, milliseconds in before.items():
        yield f"| {name} | {milliseconds:.1f} | {after[name]:.1f} |"


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to create (default: 1000000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        with embedded.running(folder) as dsn:
            without_fsync(dsn)
            migrate.upgrade(dsn)
            fill(dsn, arguments.rows)
            for line in table(dsn):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
