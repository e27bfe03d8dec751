"""Fills a database with packed sessions of 100 rows and their totals, for questions on long histories.

    python -m benchmarks.fill --rows 100000000 --folder /var/tmp/hundred   # a million sessions over a year
    python -m benchmarks.fill --folder /var/tmp/hundred --without-totals 1   # the newest 1 % lose their totals
    python -m benchmarks.fill --folder /var/tmp/hundred --earlier-years 9   # ten million sessions, nine in totals only

The rows of 1,000 model sessions (fill_model.sql) are repeated with other identities, numbers and times
(fill_sessions.sql) on four servers; positions are gapless, and each server has a poll and a reading of its counters per
minute. So 1, 10 and 100 million rows differ in density only. The totals of the first 1,000 sessions are written by
fax.write_totals(), the others are derived from them, and fax.wrong_totals() compares a day of each month with the rows.
fsync is off. Prints the size of each table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks import fill_variants
from benchmarks.import_rate import hardware
from benchmarks.ten_million import without_fsync
from faxstore.store import embedded, migrate
from faxstore.store.compaction import merge_all_rollups, write_all_totals
from faxstore.store.database import Connection, connect

ROWS_PER_GROUP = 400
"""Four sessions of 100 rows (fill_sessions.sql)."""

MODELS = 250
"""Groups whose sessions are the models of the others."""

CHUNK = 250
"""Groups per statement."""

YEAR = datetime(2025, 1, 1, tzinfo=UTC)
COLLECTOR = "host-a.example.org/3f0c2a51-7d0e-4c3a-9d52-0a1b2c3d4e5f"
"""A name as long as that of an ingestor."""

MODEL = Path(__file__).with_name("fill_model.sql")
SESSIONS = Path(__file__).with_name("fill_sessions.sql")
MODEL_TOTALS = """
insert into benchmark.model_total
select t.*, t.session_number from fax.session_total t;
analyze benchmark.model_total;
"""
DISABLE_TRIGGERS = "alter table fax.session disable trigger user"
SERVER_ROWS = """
insert into fax.server_history (server, observed_at, event, collector_id, details)
select 'pbx' || p, m + e.later * interval '1 second', e.event, %(collector)s, e.details
from generate_series(1, %(servers)s) p
cross join generate_series(
    %(year)s, %(year)s + %(years)s * interval '365 days' - interval '1 day', interval '1 minute'
) with ordinality t (m, n)
cross join lateral (select (n * %(groups)s / 525600)::bigint as started) c
cross join lateral (values
    (p, 'Polled', null::jsonb),
    (p, 'FAXStats', jsonb_build_object('TransmitAttempts', (started / 2)::text, 'ReceiveAttempts', (started / 2)::text,
                                       'CompletedFAXes', started::text, 'FailedFAXes', (started / 11)::text)),
    (30, case when n %% 10000 = 0 then 'Disconnected' end, '{"Reason": "Connection reset by peer"}')
) e (later, event, details)
where e.event is not null
"""
"""A poll and a reading of the counters per minute, and a lost connection about once per week."""

END = f"""
delete from fax.session_untotalled u using fax.session_total t where t.session_id = u.session_id;
insert into fax.packed_account
select 'account' || n from generate_series(0, 19) n on conflict do nothing;
{fill_variants.ENABLE_TRIGGERS};
drop schema benchmark cascade;
"""
WRONG = """
select count(*)
from generate_series(%s, %s + interval '11 months', interval '1 month') m, fax.wrong_totals(m, m + interval '4 hours')
"""
SIZES = """
with sizes as (
    select coalesce(p.inhparent, c.oid)::regclass::text as name, c.oid
    from pg_class c left join pg_inherits p on p.inhrelid = c.oid
    where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r'
)
select name, sum(pg_relation_size(oid)), sum(pg_table_size(oid) - pg_relation_size(oid)), sum(pg_indexes_size(oid))
from sizes group by name having sum(pg_relation_size(oid)) > 0 order by sum(pg_total_relation_size(oid)) desc
"""


def fill(connection: Connection, rows: int, years: int = 1, polled: int = 4, *, recorded: bool = False) -> None:
    """Fills an empty schema with rows per year and reports progress on standard error.

    `polled` of the servers have polls and readings.  With `recorded`, sessions have records for the log, as appends
    write them, which takes longer.
    """
    groups, began = rows // ROWS_PER_GROUP, time.monotonic()
    connection.execute("create schema benchmark authorization fax_owner")
    connection.execute("set role fax_owner")
    connection.execute("set jit = off")
    connection.execute(MODEL.read_text(encoding="utf-8").encode())
    connection.execute("insert into fax.collector values (1, %s)", [COLLECTOR])
    connection.execute(
        "select fax.make_partition(%s + n * interval '1 month', 'session_pack') from generate_series(0, %s) n",
        [YEAR, 12 * years - 1],
    )
    text = SESSIONS.read_text(encoding="utf-8")
    for first in range(0, groups * years, CHUNK):
        last = min(first + CHUNK, groups * years) - 1
        psycopg.RawCursor(connection).execute(text, [first, last, groups, YEAR])
        if last == MODELS - 1:
            connection.execute("analyze")
            write_all_totals(connection, 0, lambda _: None)
            connection.execute(MODEL_TOTALS.encode())
            if not recorded:
                connection.execute(DISABLE_TRIGGERS)
        rate = (last + 1) * ROWS_PER_GROUP / (time.monotonic() - began)
        print(f"\r{(last + 1) * ROWS_PER_GROUP:,} rows, {rate:,.0f}/s", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    connection.execute(END.encode())
    parameters = {"year": YEAR, "years": years, "servers": polled, "groups": groups, "collector": COLLECTOR}
    connection.execute(SERVER_ROWS.encode(), parameters)
    merge_all_rollups(connection)
    connection.execute("select fax.write_coverage(100000)")
    connection.execute("select fax.write_reconciliation(100000)")
    connection.execute("reset role")
    connection.execute("vacuum (analyze)")
    connection.execute("checkpoint")


def sizes(connection: Connection) -> Iterator[str]:
    """Yields the lines of a table of sizes in bytes per row of the history."""
    found = connection.execute("select last_position from fax.append_batch order by 1 desc limit 1").fetchone()
    assert found is not None
    rows = found[0]
    yield f"{rows:,} rows; bytes per row"
    yield "| table | heap | TOAST | indexes |"
    yield "| --- | --- | --- | --- |"
    for name, *parts in connection.execute(SIZES):
        if sum(parts) / rows > 0.01:
            yield f"| {name} | {' | '.join(f'{part / rows:.2f}' for part in parts)} |"


def main() -> int:
    """Runs the program from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to create (default: 1000000)")
    parser.add_argument("--folder", type=Path, required=True, help="where to keep the database")
    parser.add_argument(
        "--without-totals",
        type=float,
        metavar="PERCENT",
        help="remove the totals of the newest sessions, write all others",
    )
    parser.add_argument("--earlier-years", type=int, default=0, help="years before, of which there are totals only")
    arguments = parser.parse_args()
    with embedded.running(arguments.folder) as dsn:
        if migrate.current(dsn) is None:
            without_fsync(dsn)
            migrate.upgrade(dsn)
            with connect(dsn) as connection:
                fill(connection, arguments.rows)
        with connect(dsn) as connection:
            if arguments.without_totals is not None:
                fill_variants.remove_newest_totals(connection, arguments.without_totals, YEAR)
            if arguments.earlier_years:
                fill_variants.add_earlier_years(connection, arguments.earlier_years, YEAR)
            wrong = connection.execute(WRONG, [YEAR, YEAR]).fetchone()
            assert wrong == (0,), f"{wrong} totals differ from their rows"
            print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.fill {' '.join(sys.argv[1:])}")
            for line in sizes(connection):
                print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
