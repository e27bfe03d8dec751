"""Times questions on databases that benchmarks.fill made: one session, reports of a month or year, the cookbook.

    python -m benchmarks.questions /var/tmp/one /var/tmp/ten /var/tmp/hundred --json answers.json

A median and a 99th percentile are what a client observes: from sending the statement over a local socket to fetching
the last row, with psycopg, which prepares a statement after five executions. A session, its pages and its timeline are
read of random sessions, in one connection; of a report, the median of repetitions is shown, after a first execution.
The processor time of the server depends least on other programs. The statements of docs/how-to/queries.md are those of
the page, with a month (June 2025, or --month) as the period and values that exist. Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from psycopg.errors import QueryCanceled

from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.store import embedded
from faxstore.store.database import Connection, connect

COOKBOOK = Path(__file__).parents[1] / "docs/how-to/queries.md"
SESSION = {
    "one session": "select * from fax.sessions where session_id = %s",
    "its pages": "select * from fax.session_pages where session_id = %s order by page",
    "its timeline": "select * from fax.session_timeline where session_id = %s order by observed_at, position",
}
MONTH = "started_at >= '2025-06-01 00:00+00' and started_at < '2025-07-01 00:00+00'"
DAY = "started_at >= '2025-06-15 00:00+00' and started_at < '2025-06-16 00:00+00'"
REPORTS = {
    "a month's usage by day in Berlin": "select * from fax.usage('2025-06-01', '2025-07-01', 'Europe/Berlin', 'day')",
    "a year's usage by month": "select * from fax.usage('2025-01-01', '2026-01-01', 'Europe/Berlin', 'month')",
    "a month's failures": "select * from fax.failures where day >= '2025-06-01' and day < '2025-07-01'",
    "a month's quality by peer": "select * from fax.quality('2025-06-01', '2025-07-01', 'UTC')",
    "a day's sessions, all columns": f"select * from fax.sessions where {DAY}",
    "a month's sessions, all columns": f"select * from fax.sessions where {MONTH}",
    "the latest 20 sessions": "select * from fax.sessions order by started_at desc limit 20",
    "a year's gaps of four servers": (
        "select g.* from fax.polled_servers s cross join lateral fax.gaps(s.server, '2025-01-01', '2026-01-01') g"
    ),
    "the same with sessions and missed faxes": "select * from fax.coverage_gaps",
    "a month's reconciliation of a server": (
        "select * from fax.reconciliation where server = 'pbx1' and to_at >= '2025-06-01' and to_at < '2025-07-01'"
    ),
    "a day's reconciliation of a server": (
        "select * from fax.reconciliation where server = 'pbx1' and to_at >= '2025-06-15' and to_at < '2025-06-16'"
    ),
}
"""Name and statement."""

LIMIT = 60
"""Seconds after which a question is given up."""

VALUES = (
    ("2026-11-22", "2025-06-01"),
    ("2026-11-24", "2025-06-30"),
    ("2026-11-01", "2025-06-01"),
    ("2026-12-01", "2025-07-01"),
    ("'failures-22'", "'pbx2'"),
    ("'pbx-22'", "'pbx1'"),
    (
        "session_number = 1\n",
        "session_number = (select session_number from fax.session where server = 'pbx1' and started_at >= '2025-06-15'"
        " order by started_at limit 1)\n",
    ),
    ("('ten-pages-22', 'twenty-16', 'twenty-22')", "('pbx1', 'pbx2', 'pbx3')"),
    ("séance: no 1.tif", "4000.tif"),
    ("/fax/out/", "/fax/"),
    ("'5559999'", "'49305550999'"),
    # what the page advises for positions of long ago
    ("from fax.session_history\nwhere position > 20 and position <= 24", "from fax.rows_between(21, 24)"),
    ("fax.changed_appends()", "fax.changed_appends('2025-06-01', '2025-07-01')"),
    ("21000", "(select max(last_position) / 2 from fax.append_batch)"),
)
"""What the page asks for, and what these databases have."""

CALLS = f"""
drop table if exists cdr;
create table cdr as
select started_at as calldate, server as peeraccount,
    case operation when 'send' then 'SendFAX' else 'ReceiveFAX' end as lastapp
from fax.session where operation <> 'V.21' and {MONTH};
"""
"""The call records of question 15."""


@dataclass(frozen=True)
class Answer:
    """Milliseconds of a question: median and 99th percentile for the client, mean processor time of the server."""

    median: float
    rare: float
    server: float
    rows: int


def asked(connection: Connection, query: str, parameters: list[Any], seconds: float) -> Answer:
    """Returns the times of a question for each of its parameters; the first one is not counted.

    Goes on until `seconds` have passed, but counts one execution at least.
    """
    taken, rows, began, used = [], 0, time.perf_counter(), 0.0
    for number, one in enumerate(parameters):
        if number == 1:
            used = processor_seconds(connection.info.backend_pid)
        start = time.perf_counter()
        rows = len(connection.execute(query.encode(), one).fetchall())
        if number:
            taken.append((time.perf_counter() - start) * 1000)
            if time.perf_counter() - began > seconds:
                break
    taken.sort()
    server = (processor_seconds(connection.info.backend_pid) - used) / len(taken) * 1000
    return Answer(statistics.median(taken), taken[min(len(taken) - 1, len(taken) * 99 // 100)], server, rows)


def cookbook() -> Iterator[tuple[str, str]]:
    """Yields the title of each question of the page and its statement, for June 2025."""
    for title, query in re.findall(
        r"^### (\d+\. .*?)\n.*?```sql\n(.*?)```", COOKBOOK.read_text(), re.MULTILINE | re.DOTALL
    ):
        for written, ours in VALUES:
            query = query.replace(written, ours)
        yield title, query


def in_month(query: str, month: date) -> str:
    """Return a statement about June 2025 as one about another month of 30 days or more."""
    following = (month + timedelta(days=31)).replace(day=1)
    return query.replace("2025-06-", f"{month:%Y-%m}-").replace("2025-07-01", f"{following}")


def answers(dsn: str, samples: int, seconds: float, only: str, month: date) -> Iterator[tuple[str, Answer]]:
    """Yields each question with its answer."""
    with connect(dsn) as connection:
        connection.execute(f"set statement_timeout = '{LIMIT}s'")
        connection.execute(in_month(CALLS, month).encode())
        drawn = "select session_id from fax.session order by md5(session_id::text) limit %s"
        sessions = [list(row) for row in connection.execute(drawn, [samples + 100])]
        for name, query in SESSION.items():
            if re.search(only, name):
                asked(connection, query, sessions[:100], seconds)
                yield name, asked(connection, query, sessions[100:], seconds)
        for name, query in (*REPORTS.items(), *cookbook()):
            if not re.search(only, name):
                continue
            try:
                yield name, asked(connection, in_month(query, month).replace("%", "%%"), [[]] * 30, seconds)
            except QueryCanceled:
                yield name, Answer(LIMIT * 1000, LIMIT * 1000, LIMIT * 1000, 0)


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of databases, the smallest one first")
    parser.add_argument("--samples", type=int, default=2_000, help="sessions to read (default: 2000)")
    parser.add_argument(
        "--seconds", type=float, default=20, help="time for the repetitions of a question (default: 20)"
    )
    parser.add_argument("--only", default="", help="regular expression of the names of questions")
    parser.add_argument("--month", default="2025-06", help="month that is asked for (default: 2025-06)")
    parser.add_argument("--json", type=Path, help="file for the answers")
    arguments = parser.parse_args()
    found: dict[str, dict[str, Answer]] = {}
    for folder in arguments.folders:
        with embedded.running(folder) as dsn:
            month = date.fromisoformat(f"{arguments.month}-01")
            for name, answer in answers(dsn, arguments.samples, arguments.seconds, arguments.only, month):
                found.setdefault(name, {})[folder.name] = answer
                print(f"{folder.name} {name}: {answer.median:.2f} ms", file=sys.stderr, flush=True)
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}")
    print(f"| question | {' | '.join(f'{folder.name}: ms | p99 | server | rows' for folder in arguments.folders)} |")
    print(f"| --- |{' --- | --- | --- | --- |' * len(arguments.folders)}")
    for name, by_folder in found.items():
        cells = (f"{a.median:.1f} | {a.rare:.1f} | {a.server:.1f} | {a.rows:,}" for a in by_folder.values())
        print(f"| {name} | {' | '.join(cells)} |")
    if arguments.json:
        text = {name: {key: vars(answer) for key, answer in by.items()} for name, by in found.items()}
        arguments.json.write_text(json.dumps(text, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
