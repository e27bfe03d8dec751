"""Measures packs: their size, the rate of packing, the append beside it, and questions before and after.

    python -m benchmarks.packs                                          # a temporary embedded Postgres
    python -m benchmarks.packs --rows 200000 --folder /var/tmp/packs    # keeps the files of the server

ten_million.sql makes the rows, in sessions of 50. Then a session starts each second, so that 50 are live at a time and
their positions interleave. packs.sql has other forms of fax.session_history to compare. Bytes include indexes; times
are medians after a first execution. Prints the tables of docs/decisions/0040 and 0041.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

from benchmarks.import_rate import hardware
from benchmarks.ten_million import fill, without_fsync
from benchmarks.verify_rate import Cost, measured
from faxstore import sql
from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.store import embedded, migrate, packs
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect

OTHER_FORMS = Path(__file__).with_suffix(".sql")
FORMS = ("fax", "branches", "cases")
"""The schemas of the forms of the view."""

FOLDS = ("session_rows", "session_snapshots", "session_events", "session_evidence", "session_fold")
WINDOW = 10_000
"""Positions that a reader asks for at a time."""

BATCH = 200
"""Rows per append."""

LATER = "2026-06-02 00:00+00"
"""Start of the first session."""

INTERLEAVE = f"""
create table public.made as select * from fax.observation;
do $$ declare name text; begin
    for name in select inhrelid::regclass from pg_inherits where inhparent = 'fax.observation'::regclass
                and inhrelid <> 'fax.observation_default'::regclass loop
        execute 'drop table ' || name;
    end loop;
end $$;
select fax.make_partition('{LATER}');
alter table fax.session disable trigger user;
update fax.session s set started_at = timestamptz '{LATER}' + n.place * interval '1 second'
from (select i.session_id, row_number() over (order by i.started_at, i.session_id) as place from fax.session i) n
where n.session_id = s.session_id;
insert into fax.observation
select m.session_id, s.started_at, s.started_at + (m.observed_at - m.started_at),
    row_number() over (order by s.started_at + (m.observed_at - m.started_at), m.session_id), m.data_rate,
    m.x_resolution, m.y_resolution, m.page_number, m.pages_transmitted, m.pages_received, m.total_bad_lines,
    m.collector, m.words, m.error_correction_mode, m.event, m.operation, m.state, m.session_type, m.file_name, m.details
from public.made m join fax.session s on s.session_id = m.session_id
order by 4;
drop table public.made;
select fax.make_partition(now());
select fax.make_partition(now() - n * interval '1 month', 'session_pack') from generate_series(0, 119) n;
"""
"""Ten years of packs have 120 partitions."""

BYTES = "select sum(pg_total_relation_size(relid)) from pg_partition_tree('fax.{}') where isleaf"
ITS_ROWS = "select * from {} where session_id = %s and started_at = %s order by observed_at"
BETWEEN = "select * from {} where position between %s and %s order by position"
FUNCTION = "select * from fax.rows_between(%s, %s) order by position"
FOLD = "select count(*), sum(pages), count(rate_falls), sum(cardinality(observed_pages)) from {}.session_fold"
SESSION = "select * from fax.sessions where session_id = %s and started_at = %s"
JOINED = """
select max(h.observed_at) from fax.session s
join {}.session_history h on h.session_id = s.session_id and h.started_at = s.started_at
where s.started_at > %s and s.started_at <= %s and h.event = 'Gone'
"""
EVENT = """
select * from fax.stored_events(%(servers)s, %(moments)s::timestamptz[], %(events)s, %(channels)s, %(uniqueids)s)
"""
BUILD = """
insert into fax.session_pack (
    session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, rows)
select o.session_id, o.started_at, min(o.observed_at), max(o.observed_at), min(o.position), max(o.position),
    array_agg(o order by o.details is null, o.position)
from fax.observation o where o.started_at >= %s group by o.session_id, o.started_at
"""

DROP = "drop table fax.observation_2025_03_02"


def prepare(connection: Connection) -> None:
    """Makes the sessions overlap, and the other forms of the view with their folds."""
    connection.execute(INTERLEAVE.encode())
    connection.execute(OTHER_FORMS.read_text(encoding="utf-8").encode())
    for form in FORMS[1:]:
        for name in FOLDS:
            text = sql.text(f"folds/{name}")
            connection.execute(re.sub(rf"\bfax\.(session_history|{'|'.join(FOLDS)})\b", rf"{form}.\1", text).encode())
    connection.execute("vacuum (analyze)")


def one(connection: Connection, query: str, parameters: Any = None) -> Any:
    """Returns the first value of the answer."""
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def cost(connection: Connection, query: str, samples: list[Any]) -> tuple[float, float]:
    """Returns the medians of planning and execution, milliseconds."""
    plans = [one(connection, f"explain (analyze, timing off, format json) {query}", sample)[0] for sample in samples]
    planning = statistics.median(plan["Planning Time"] for plan in plans)
    return planning, statistics.median(plan["Execution Time"] for plan in plans)


def questions(connection: Connection, number: int = 30) -> Iterator[tuple[str, float, float]]:
    """Yields each question with its planning and execution milliseconds."""
    drawn = "select session_id, started_at from fax.session order by md5(session_id::text) limit %s"
    sessions = [list(row) for row in connection.execute(drawn, [number])]
    rows = one(connection, "select max(last_position) from fax.append_batch where collector = 1")
    windows = [[start, start + WINDOW - 1] for start in range(1, rows - WINDOW, rows // number)]
    began = [[start - timedelta(seconds=1), start] for _, start in sessions]
    header: dict[str, Any] = {"servers": ["pbx1"], "events": ["FAXStatus"], "channels": [""], "uniqueids": [""]}
    asked: list[tuple[str, str, list[Any]]] = [
        ("one session's rows, alone", ITS_ROWS.format("fax.observation"), sessions),
        *((f"one session's rows, {form}", ITS_ROWS.format(f"{form}.session_history"), sessions) for form in FORMS),
        ("one session", SESSION, sessions),
        *((f"last rows of sessions of a moment, joined, {form}", JOINED.format(form), began[:3]) for form in FORMS),
        *((f"all sessions folded, {form}", FOLD.format(form), [None, None]) for form in FORMS),
        (f"{WINDOW:,} positions, rows_between", FUNCTION, windows),
        (f"{WINDOW:,} positions, table", BETWEEN.format("fax.observation"), windows),
        (f"{WINDOW:,} positions, view", BETWEEN.format("fax.session_history"), windows[:2]),
        ("an event by its time", EVENT, [header | {"moments": [start]} for _, start in sessions]),
    ]
    for name, query, samples in asked:
        cost(connection, query, samples[:1])
        yield name, *cost(connection, query, samples)


def built(connection: Connection) -> tuple[float, int]:
    """Builds all packs in one statement and rolls back; returns seconds and bytes."""
    with connection.transaction(force_rollback=True):
        began = time.perf_counter()
        connection.execute(BUILD.encode(), [LATER])
        seconds = time.perf_counter() - began
        return seconds, one(connection, BYTES.format("session_pack"))


def vanished(dsn: str, leave: str) -> int:
    """Returns how many of 50 rows a reader sees whose snapshot is older than their pack.

    `leave` is the statement by which the rows leave their table: it drops a partition, or deletes them.
    """
    started = "2025-03-02 12:00+00"
    with connect(dsn) as packer, connect(dsn) as reader:
        ((session,),) = packer.execute("select session_id from fax.session order by started_at limit 1").fetchall()
        packer.execute("select fax.make_partition(%s)", [started])
        packer.execute(
            "insert into fax.observation (session_id, started_at, observed_at, position, event, collector)"
            " select %s, %s, %s::timestamptz + n * interval '1 second', -n, 'Gone', 1 from generate_series(1, 50) n",
            [session, started, started],
        )
        with reader.transaction():
            reader.execute("set transaction isolation level repeatable read")
            one(reader, "select 1")
            with packer.transaction():
                packer.execute(BUILD.replace(">=", "=").encode(), [started])
                packer.execute(leave.encode())
            seen: int = one(reader, "select count(*) from fax.session_history where started_at = %s", [started])
        packer.execute("alter table fax.session_pack_2025_03 disable trigger user")
        packer.execute("delete from fax.session_pack_2025_03")
    return seen


def now() -> int:
    """Returns the time in microseconds since 1970."""
    return time.time_ns() // 1000


def appended(dsn: str, ended: Callable[[], bool]) -> tuple[Cost, int, float]:
    """Appends snapshots of live sessions until `ended`; returns the cost, the rows, and the longest batch in ms."""
    began = now()
    life = Life("pbx1", began, started_at=began)
    longest, batches = 0.0, 0
    with connect(dsn) as connection, measured(connection) as cost:
        appender = Appender(connection, "appender")
        while not ended():
            at = now()
            seen = (Observation(life, at + n, "FAXSession", n, file_name=f"/fax/{n}.tif") for n in range(BATCH))
            appender.append(enumerate(seen))
            batches += 1
            longest = max(longest, (now() - at) / 1000)
    return cost, batches * BATCH, longest


def packed(dsn: str) -> tuple[Cost, int]:
    """Packs everything; returns the cost and the rows."""
    with connect(dsn) as connection, measured(connection) as cost:
        rows = packs.pack_all(connection, 0, lambda _: None)
    return cost, rows


def report(dsn: str) -> Iterator[str]:
    """Yields the lines of the report."""
    with connect(dsn) as connection:
        rows = one(connection, "select count(*) from fax.observation")
        yield f"{rows:,} rows one by one: {one(connection, BYTES.format('observation')) / rows:.1f} bytes per row"
        before = {name: costs for name, *costs in questions(connection)}
        seconds, size = built(connection)
        connection.execute("alter system reset fsync")
        connection.execute("select pg_reload_conf()")
        yield f"packs built at once: {size / rows:.1f} bytes per row, {rows / seconds:,.0f} rows/s"
    yield "\n| work | rows | rows/s | client, us/row | server, us/row | longest batch, ms |"
    yield "| --- | --- | --- | --- | --- | --- |"
    until = now() + 5 * MICROSECONDS
    cost, rows, longest = appended(dsn, lambda: now() > until)
    yield f"{cost.row('append alone', rows)} {longest:.0f} |"
    packing = ThreadPool(1).apply_async(packed, (dsn,))
    cost, rows, longest = appended(dsn, packing.ready)
    yield f"{cost.row('append beside packing', rows)} {longest:.0f} |"
    cost, rows = packing.get()
    yield f"{cost.row('packing', rows)} |\n"
    with connect(dsn) as connection:
        connection.execute("vacuum (analyze)")
        rows = one(connection, "select sum(cardinality(rows)) from fax.session_pack")
        yield f"packs: {one(connection, BYTES.format('session_pack')) / rows:.1f} bytes per row of {rows:,}"
        yield "\n| question, ms | rows: planning | execution | packs: planning | execution |"
        yield "| --- | --- | --- | --- | --- |"
        for name, *costs in questions(connection):
            yield f"| {name} | {' | '.join(f'{ms:.2f}' for ms in (*before[name], *costs))} |"
    for how, leave in (("deleted", "delete from fax.observation where position < 0"), ("dropped", DROP)):
        yield f"an older snapshot sees {vanished(dsn, leave)} of 50 rows that are {how}"


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows to create (default: 1000000)")
    parser.add_argument("--folder", type=Path, help="where to keep the files (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        Path(temporary).chmod(0o755)
        with embedded.running(arguments.folder or Path(temporary)) as dsn:
            without_fsync(dsn)
            migrate.upgrade(dsn)
            fill(dsn, arguments.rows)
            with connect(dsn) as connection:
                prepare(connection)
            print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.packs {' '.join(sys.argv[1:])}")
            for line in report(dsn):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
