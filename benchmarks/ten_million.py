"""Times queries on a history of ten million rows: one session by id, a month's totals, the latest sessions.

    python -m benchmarks.ten_million                        # an embedded Postgres, removed afterwards
    python -m benchmarks.ten_million --folder /var/tmp/ten  # keeps the database, so that the next run need not fill it

ten_million.sql creates sessions of 50 rows over 365 days on four servers, all older than the schema and so in one
partition. Each server also has a poll and a reading of its counters per minute. The database is filled with fsync off.
"Cold" is the first query of a new connection after a start of the server: its buffers are empty, the file cache of the
system is not. "Warm" is the median of random sessions over one connection. Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.import_rate import hardware
from faxstore.store import embedded, migrate
from faxstore.store.database import Connection, connect

ROWS_PER_GROUP = 200
"""Four sessions of 50 rows (ten_million.sql)."""

YEAR = datetime(2025, 1, 1, tzinfo=UTC)
CHUNK = 1_000
"""Groups per statement."""

FILL = Path(__file__).with_suffix(".sql")
ONE_SESSION = "select * from fax.sessions where session_id = %s"
ITS_PAGES = "select * from fax.session_pages where session_id = %s order by page"
ITS_TIMELINE = """
select * from fax.session_timeline
where session_id = %s and started_at = (select started_at from fax.session where session_id = %s) order by observed_at
"""
A_MONTH = """
select server, count(*), sum(pages) from fax.sessions
where started_at >= '2025-06-01 00:00+00' and started_at < '2025-07-01 00:00+00' group by server order by server
"""
LATEST = "select * from fax.sessions order by started_at desc limit 20"
A_FOLD = """
select count(*), sum(pages), count(status), count(gone_at), count(rate_falls), sum(cardinality(observed_pages))
from fax.{}
where started_at >= '2025-06-01 00:00+00' and started_at < '2025-07-01 00:00+00'
"""
REPORTS = (
    ("a month's pages by server", A_MONTH),
    ("a month's sessions, folded one by one", A_FOLD.format("session_facts")),
    ("a month's sessions, folded at once", A_FOLD.format("session_fold")),
    ("the latest 20 sessions", LATEST),
    ("a day's usage", "select * from fax.usage_daily where day = '2025-06-15'"),
    ("a month's usage by day in Berlin", "select * from fax.usage('2025-06-01', '2025-07-01', 'Europe/Berlin', 'day')"),
    ("a week's failures", "select * from fax.failures where day between '2025-06-01' and '2025-06-07'"),
    ("a month's quality by peer", "select * from fax.quality('2025-06-01', '2025-07-01', 'UTC')"),
    ("a month's gaps of one server", "select * from fax.gaps('pbx1', '2025-06-01', '2025-07-01')"),
    ("a year's gaps of four servers", "select * from fax.coverage_gaps"),
    (
        "a day's reconciliation of one server",
        "select * from fax.reconciliation where server = 'pbx1' and to_at >= '2025-06-15' and to_at < '2025-06-16'",
    ),
)
SERVER_ROWS = """
insert into fax.server_history (server, observed_at, event, collector_id, details)
select 'pbx' || p, m + e.later * interval '1 second', e.event, 'benchmark', e.details
from generate_series(1, 4) p
cross join generate_series(%(year)s, %(year)s + interval '364 days', interval '1 minute') with ordinality t (m, n)
cross join lateral (values
    (p, 'Polled', null::jsonb),
    (p, 'FAXStats', jsonb_build_object('TransmitAttempts', (n / 20)::text, 'ReceiveAttempts', (n / 20)::text,
                                       'CompletedFAXes', (n / 10)::text, 'FailedFAXes', (n / 110)::text)),
    (30, case when n %% 10000 = 0 then 'Disconnected' end, '{"Reason": "Connection reset by peer"}')
) e (later, event, details)
where e.event is not null
"""
"""A poll and a reading of the counters per minute, and a lost connection about once per week."""


@dataclass(frozen=True)
class Cost:
    """The cost of a query as EXPLAIN reports it: milliseconds, and the history partitions that it opened."""

    planning: float
    execution: float
    partitions: frozenset[str]

    @property
    def total(self) -> float:
        """Milliseconds of planning and execution."""
        return self.planning + self.execution


def fill(dsn: str, rows: int, server_rows: str = SERVER_ROWS) -> None:
    """Creates the history and prints progress."""
    groups = rows // ROWS_PER_GROUP
    with connect(dsn) as connection:
        connection.execute("set role fax_owner")
        for first in range(0, groups, CHUNK):
            last = min(first + CHUNK, groups) - 1
            raw = psycopg.RawCursor(connection)
            raw.execute(FILL.read_text(encoding="utf-8"), [first, last, groups, YEAR])
            print(f"\r{(last + 1) * ROWS_PER_GROUP:,} rows", end="", file=sys.stderr, flush=True)
        connection.execute(server_rows.encode(), {"year": YEAR})
        connection.execute("select fax.write_coverage(100000)")
        connection.execute("select fax.write_reconciliation(100000)")
        connection.execute("reset role")
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
    print(file=sys.stderr)


def cost(connection: Connection, query: str, *parameters: Any) -> Cost:
    """Returns the cost of one execution."""
    row = connection.execute(f"explain (analyze, timing off, format json) {query}", parameters).fetchone()
    assert row is not None
    plan = row[0][0]
    return Cost(plan["Planning Time"], plan["Execution Time"], frozenset(_opened(plan["Plan"])))


def _opened(node: dict[str, Any]) -> Iterator[str]:
    if node.get("Relation Name", "").startswith("observation") and node["Actual Loops"] > 0:
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _opened(child)


def several(connection: Connection, query: str, sessions: list[UUID]) -> tuple[Cost, int]:
    """Returns the median cost over sessions, and the highest number of partitions opened."""
    places = query.count("%s")
    costs = [cost(connection, query, *[session] * places) for session in sessions]
    median = Cost(
        statistics.median(one.planning for one in costs),
        statistics.median(one.execution for one in costs),
        frozenset(),
    )
    return median, max(len(one.partitions) for one in costs)


def wall(connection: Connection, query: str, sessions: list[UUID]) -> float:
    """Returns the median milliseconds for the client, from sending the query to fetching the last row."""
    places = query.count("%s")
    taken = []
    for session in sessions:
        start = time.perf_counter()
        connection.execute(query, [session] * places).fetchall()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def ask(folder: Path, samples: int) -> Iterator[tuple[str, Cost, int, float | None]]:
    """Yields the name of each query, its cost, the number of partitions opened and the client's milliseconds."""
    with embedded.running(folder) as dsn, connect(dsn) as connection:
        drawn = "select session_id from fax.session order by md5(session_id::text) limit %s"
        session, *sessions = [row[0] for row in connection.execute(drawn, [samples + 1])]
    with embedded.running(folder) as dsn, connect(dsn) as connection:
        first = cost(connection, ONE_SESSION, session)
        yield "one session, cold", first, len(first.partitions), None
        again = cost(connection, ONE_SESSION, sessions[0])
        yield "one session, second query", again, len(again.partitions), None
        for name, query in (
            ("one session, warm", ONE_SESSION),
            ("its pages, warm", ITS_PAGES),
            ("its timeline, warm", ITS_TIMELINE),
        ):
            median, partitions = several(connection, query, sessions)
            yield name, median, partitions, wall(connection, query, sessions)
        for name, query in REPORTS:
            cost(connection, query)
            whole = cost(connection, query)
            yield name, whole, len(whole.partitions), None


def table(folder: Path, samples: int) -> Iterator[str]:
    """Yields the lines of the table."""
    with embedded.running(folder) as dsn, connect(dsn) as connection:
        counts = connection.execute(
            "select count(*), max(position), (select count(*) from fax.session),"
            " (select count(*) from pg_inherits where inhparent = 'fax.observation'::regclass),"
            " (select sum(pg_total_relation_size(inhrelid)) from pg_inherits"
            "  where inhparent = 'fax.observation'::regclass) from fax.session_history"
        ).fetchone()
        version = connection.execute("show server_version").fetchone()
    assert counts is not None
    assert version is not None
    rows, last, sessions, partitions, size = counts
    assert rows == last, f"positions are not gapless: {rows} rows, last position {last}"
    yield f"{rows:,} rows, {sessions:,} sessions, {partitions} partitions, {float(size) / 1e9:.1f} GB"
    yield f"Postgres {version[0].split()[0]}, {hardware()}, {time.strftime('%Y-%m-%d')}"
    yield f"python -m benchmarks.ten_million {' '.join(sys.argv[1:])}".rstrip()
    yield ""
    yield "| query | planning ms | execution ms | together ms | client ms | partitions opened |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, one, opened, client in ask(folder, samples):
        seen = "" if client is None else f"{client:.2f}"
        yield f"| {name} | {one.planning:.2f} | {one.execution:.2f} | {one.total:.2f} | {seen} | {opened} |"


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows to create (default: 10000000)")
    parser.add_argument("--samples", type=int, default=200, help="sessions to query (default: 200)")
    parser.add_argument("--folder", type=Path, help="where to keep the database (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        folder = arguments.folder or Path(temporary)
        Path(temporary).chmod(0o755)

        with embedded.running(folder) as dsn:
            if migrate.current(dsn) is None:
                without_fsync(dsn)
                migrate.upgrade(dsn)
                fill(dsn, arguments.rows)
        for line in table(folder, arguments.samples):
            print(line, flush=True)
    return 0


def without_fsync(dsn: str) -> None:
    """Turns fsync off; after a crash the database can be filled again."""
    with connect(dsn) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set max_wal_size = '8GB'")
        connection.execute("select pg_reload_conf()")


if __name__ == "__main__":
    sys.exit(main())
