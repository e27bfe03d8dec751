"""Times what depends on gaps: a year of four servers with 50 gaps a day each, and some sessions.

    python -m benchmarks.coverage                         # an embedded Postgres, removed afterwards
    python -m benchmarks.coverage --folder /var/tmp/gaps  # keeps the database, so that the next run need not fill it

Each question is asked once when no day of coverage is stored, and once when all days are. Times are the
server's processor time, so that other programs on the machine count little. Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ten_million
from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.store import embedded, migrate
from faxstore.store.database import Connection, connect

SERVER_ROWS = """
insert into fax.server_history (server, observed_at, event, collector_id, details)
select 'pbx' || p, m + e.later * interval '1 second', e.event, 'benchmark ' || n / 29, e.details
from generate_series(1, 4) p
cross join generate_series(%(year)s, %(year)s + interval '364 days', interval '1 minute') with ordinality t (m, n)
cross join lateral (values
    (p - 1, case when n %% 29 = 0 then 'Connected' end, null::jsonb),
    (p, case when n %% 29 < 24 then 'Polled' end, null),
    (p, case when n %% 29 < 24 then 'FAXStats' end, jsonb_build_object(
        'TransmitAttempts', (n / 20)::text, 'ReceiveAttempts', (n / 20)::text,
        'CompletedFAXes', (n / 10)::text, 'FailedFAXes', (n / 110)::text))
) e (later, event, details)
where e.event is not null
"""
"""Observers that poll for 24 minutes and are then killed; the next one begins five minutes later."""

MONTH = "started_at >= '2025-06-01 00:00+00' and started_at < '2025-07-01 00:00+00'"
QUESTIONS = (
    (
        "a year's gaps of four servers",
        "select g.* from fax.polled_servers s, fax.gaps(s.server, '2025-01-01', '2026-01-01') g",
    ),
    ("a month's gaps of one server", "select * from fax.gaps('pbx1', '2025-06-01', '2025-07-01')"),
    (
        "whether a gap overlaps, of a month's sessions",
        f"select session_id, overlaps_gap from fax.sessions where {MONTH}",
    ),
    ("the same sessions without that column", f"select session_id, pages from fax.sessions where {MONTH}"),
    ("all columns of a month's sessions", f"select * from fax.sessions where {MONTH}"),
    ("the latest 20 sessions", ten_million.LATEST),
)


def cost(connection: Connection, query: str) -> tuple[float, int]:
    """Returns the milliseconds of processor time of the server per execution, and the number of rows.

    The clock of processor time is coarse, so short queries run many times.
    """
    rows = connection.execute(query).fetchall()
    executions, start = 0, processor_seconds(connection.info.backend_pid)
    while (taken := processor_seconds(connection.info.backend_pid) - start) < 1:
        connection.execute(query).fetchall()
        executions += 1
    return taken / executions * 1000, len(rows)


def table(connection: Connection) -> Iterator[str]:
    """Yields the lines of the table."""
    version = connection.execute("show server_version").fetchone()
    assert version is not None
    yield f"Postgres {version[0].split()[0]}, {hardware()}, {time.strftime('%Y-%m-%d')}"
    connection.execute("set max_parallel_workers_per_gather = 0")
    connection.execute("set role fax_owner")
    connection.execute("truncate fax.coverage_day")
    computed = [cost(connection, query) for _, query in QUESTIONS]
    start, days = time.perf_counter(), 0
    while connection.execute("select fax.write_coverage(1)").fetchone() != (0,):
        days += 1
    seconds = time.perf_counter() - start
    connection.execute("analyze fax.coverage_day")
    size = connection.execute("select pg_total_relation_size('fax.coverage_day')").fetchone()
    assert size is not None
    yield f"{days:,} days written one by one in {seconds:.1f} s, {size[0] / days:,.0f} bytes each"
    yield ""
    yield "| question | rows | no day stored, ms | days stored, ms |"
    yield "| --- | --- | --- | --- |"
    for (name, query), (before, rows) in zip(QUESTIONS, computed, strict=True):
        yield f"| {name} | {rows:,} | {before:,.1f} | {cost(connection, query)[0]:,.1f} |"


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=2_000, help="sessions of 50 rows to create (default: 2000)")
    parser.add_argument("--folder", type=Path, help="where to keep the database (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        Path(temporary).chmod(0o755)
        with embedded.running(arguments.folder or Path(temporary)) as dsn:
            if migrate.current(dsn) is None:
                ten_million.without_fsync(dsn)
                migrate.upgrade(dsn)
                ten_million.fill(dsn, arguments.sessions * 50, SERVER_ROWS)
            with connect(dsn) as connection:
                for line in table(connection):
                    print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
