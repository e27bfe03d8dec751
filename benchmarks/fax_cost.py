"""Measures what one fax costs, for `faxstore capacity` (faxstore/capacity/figures.py).

    python -m benchmarks.fill --rows 1000000 --folder /var/tmp/million
    python -m benchmarks.fax_cost --folder /var/tmp/million

Imports recordings of real servers (tests/captures) for the seconds and rows of a fax, watches played servers for the
appends per second, and reads the database of benchmarks.fill, which it seals, for bytes.  Then it compares the sizes in
that database with those that `faxstore capacity` computes for the same faxes.  Prints tables for docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.append_peers import snapshot
from benchmarks.capacity import ingesting, running_servers
from benchmarks.import_rate import hardware
from faxstore.capacity.demand import Demand, Load
from faxstore.capacity.disk import disk_lines
from faxstore.capacity.figures import Figures
from faxstore.ingest.importer import import_file
from faxstore.log import seal
from faxstore.log.signing import Signing
from faxstore.observations import encode
from faxstore.spool.queue import Spool
from faxstore.store import embedded, migrate
from faxstore.store.compaction import write_all_totals
from faxstore.store.database import Connection, connect
from faxstore.store.packs import pack_all

CAPTURES = Path(__file__).parents[1] / "tests" / "captures"
RECORDINGS = ("one-page-22", "ten-pages-22", "no-ecm-22", "t38-22", "twenty-22", "one-page-16", "ten-pages-16")

FAXES = """
with fax as (
    select s.pages, s.duration_seconds as seconds, s.snapshots, count(*) - s.snapshots as events,
           count(distinct floor(extract(epoch from h.observed_at) * 10))
               filter (where h.event not like 'FAXSession%') as moments
    from fax.sessions s join fax.session_history h using (session_id, started_at)
    where s.result = 'success' and s.pages > 0
    group by s.session_id, s.pages, s.duration_seconds, s.snapshots
)
select count(*), regr_slope(seconds, pages), regr_intercept(seconds, pages), min(seconds / pages), max(seconds / pages),
       avg(events), avg(moments)
from fax
"""
PACKS = """
select pg_column_size(p.rows), t.snapshots, cardinality(p.rows) - t.snapshots
from fax.session_pack p join fax.session_total t using (session_id, started_at) order by session_id limit 50
"""
"""Bytes of packs, their snapshots and their other rows."""

BESIDE = """
select (select sum(pg_total_relation_size(relid)) from pg_partition_tree('fax.session_pack') where isleaf) / count(*)
       - avg(pg_column_size(rows))
from fax.session_pack
"""
SIZES = """
select replace(coalesce(p.inhparent, c.oid)::regclass::text, 'fax.', ''), sum(pg_total_relation_size(c.oid))::bigint
from pg_class c left join pg_inherits p on p.inhrelid = c.oid
where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r'
group by 1
"""
ROWS = """
select (select max(last_position) from fax.append_batch), (select count(*) from fax.session),
       (select count(*) from fax.usage_rollup), (select count(*) from fax.append_batch)
"""
APPENDS = """
select count(*), extract(epoch from max(appended_at) - min(appended_at)) from fax.append_batch where appended_at > %s
"""

KINDS = {
    "packs": ("session_pack",), "sessions": ("session",), "totals": ("session_total",), "roll-ups": ("usage_rollup",),
    "appends": ("append_batch",), "log": ("log_run", "log_subtree", "session_salt"),
    "polls and counters": ("server_history", "coverage_day"),
}  # fmt: skip
"""The tables of each line of the plan."""


def recordings(connection: Connection) -> Iterator[str]:
    """Yields what successful faxes of recordings are like."""
    for name in RECORDINGS:
        import_file(connection, str(CAPTURES / f"{name}.jsonl.gz"), name, lambda _: None)
    write_all_totals(connection, 0, lambda _: None)
    pack_all(connection, 0, lambda _: None)
    ((faxes, slope, rest, least, most, events, moments),) = connection.execute(FAXES).fetchall()
    yield f"{faxes} faxes of {len(RECORDINGS)} recordings: {slope:.1f} s per page, and {rest:.1f} s"
    yield f"{least:.1f} to {most:.1f} s per page with that time"
    yield f"{events:.1f} rows of events, at {moments:.1f} moments"


def spooled(folder: Path, rows: int = 50_000) -> float:
    """Returns the bytes of a row in a spool."""
    spool = Spool(folder / "spool", synchronous="off")
    spool.put(encode(snapshot(number)) for number in range(rows))
    spool.close()
    return sum(path.stat().st_size for path in folder.glob("spool*")) / rows


def appends(connection: Connection, dsn: str, servers: int, sessions: int, seconds: float = 20.0) -> float:
    """Returns the appends per second of an ingestor that watches played servers."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_servers(servers, sessions, 90.0) as running,
        ingesting(Path(folder), dsn, running, 1),
    ):
        time.sleep(5.0)
        ((began,),) = connection.execute("select clock_timestamp()").fetchall()
        time.sleep(seconds)
        ((count, took),) = connection.execute(APPENDS, [began]).fetchall()
    return float(count) / float(took)


def fitted(packs: Sequence[tuple[int, int, int]]) -> list[float]:
    """Returns the bytes of a pack, and per snapshot and other row: the least sum of the squares of relative errors."""
    points = [(1 / size, snapshots / size, events / size) for size, snapshots, events in packs]
    lines = [[sum(p[n] * p[m] for p in points) for m in range(3)] + [sum(p[n] for p in points)] for n in range(3)]
    for n in range(3):
        lines[n] = [value / lines[n][n] for value in lines[n]]
        for m in {0, 1, 2} - {n}:
            lines[m] = [value - lines[m][n] * of for value, of in zip(lines[m], lines[n], strict=True)]
    return [line[3] for line in lines]


def bytes_of(connection: Connection) -> Iterator[str]:
    """Yields the bytes of each kind in a database of benchmarks.fill, measured and computed."""
    sizes: dict[str, int] = dict(connection.execute(SIZES).fetchall())
    ((rows, faxes, rollups, batches),) = connection.execute(ROWS).fetchall()
    widths = (f"{name} {sizes[name] / faxes:.0f}" for name in ("session", "session_total", "session_salt"))
    yield f"{rows:,} rows, {faxes:,} faxes; bytes per fax: {', '.join(widths)}"
    yield f"bytes per row of usage_rollup {sizes['usage_rollup'] / rollups:.0f}"
    yield f"bytes per append {sizes['append_batch'] / batches:.0f}"
    yield f"bytes of the log per row {(sizes['log_run'] + sizes['log_subtree']) / rows:.2f}"
    yield "| kind | measured | computed | computed / measured |"
    yield "| --- | --- | --- | --- |"
    for name, computed in computed_sizes(rows, faxes, batches).items():
        measured = sum(sizes[table] for table in KINDS[name])
        yield f"| {name} | {measured:,} | {computed:,.0f} | {computed / measured:.2f} |"


def computed_sizes(rows: int, faxes: int, batches: int) -> dict[str, float]:
    """Returns what `faxstore capacity` computes for the faxes of benchmarks.fill: 85 snapshots in 100 rows each."""
    figures = Figures()
    demand = Demand(faxes_per_day=faxes / 365, servers=4, accounts=20, busy_hour=100 / 24)
    load = Load(99.0, 85.0, rows / faxes, 0.0, 0, batches / 365)
    lines = {line.name: line.value for line in disk_lines(demand, load, figures) if line.name in KINDS}
    return lines | {"packs": lines["packs"] * 365 / 361}


def main() -> int:
    """Runs the program from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="the database of benchmarks.fill")
    arguments = parser.parse_args()
    command = f"python -m benchmarks.fax_cost --folder {arguments.folder}"
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}; {command}")
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        print(f"{spooled(folder):.0f} bytes per row in a spool")
        with embedded.running(folder) as dsn:
            migrate.upgrade(dsn)
            with connect(dsn) as connection:
                ((empty,),) = connection.execute("select pg_database_size(current_database())").fetchall()
                print(f"an empty database has {empty:,} bytes")
                print(*recordings(connection), sep="\n")
                for servers, sessions in ((1, 1), (1, 20), (5, 20), (20, 20)):
                    rate = appends(connection, dsn, servers, sessions)
                    print(f"{servers} x {sessions} sessions: {rate:.1f} appends per second", flush=True)
                packs = connection.execute(PACKS).fetchall()
    with embedded.running(arguments.folder) as dsn, connect(dsn) as connection:
        pack, snapshots, events = fitted([*packs, *connection.execute(PACKS)])
        ((beside,),) = connection.execute(BESIDE).fetchall()
        print(f"a pack: {snapshots:.1f} bytes per snapshot, {events:.1f} per event, {pack:.0f} and {beside:.0f} beside")
        seal.seal(connection, None, Signing(None, None, False), lambda *_: None)
        connection.execute("vacuum")
        print(*bytes_of(connection), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
