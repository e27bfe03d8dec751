"""Measures the width of a row before it is packed: by column and by index, in bytes, and that of an append.

    python -m benchmarks.width
    python -m benchmarks.width --rows 1000000 --batch 4

An appender stores snapshots of 200 live sessions, each observed 50 times, and an event with the headers of a channel
for each eight snapshots.  Its collector has a name as long as that of an ingestor.  Prints the tables of
docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from msgspec.structs import replace

from benchmarks.append_peers import LIVE, snapshot
from benchmarks.append_rate import server
from benchmarks.fill import COLLECTOR
from benchmarks.import_rate import hardware
from faxstore.observations import Observation
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect

SNAPSHOTS = 8
"""Snapshots for each event."""

HEADERS: dict[str, str | list[str]] = {
    "Privilege": "call,all", "ChannelState": "6", "ChannelStateDesc": "Up", "CallerIDNum": "493055512345",
    "CallerIDName": "<unknown>", "ConnectedLineNum": "4989200", "ConnectedLineName": "<unknown>", "Language": "en",
    "AccountCode": "account7", "Context": "fax", "Exten": "4989200", "Priority": "3", "Linkedid": "1764547200.4711",
    "Variable": "FAXSTATUSSTRING", "Value": "The call dropped prematurely",
}  # fmt: skip

COLUMNS = """
select string_agg(format('avg(coalesce(pg_column_size(%I), 0))', attname), ', ' order by attnum),
       array_agg(attname order by attnum)
from pg_attribute where attrelid = 'fax.observation'::regclass and attnum > 0 and not attisdropped
"""
RELATIONS = """
select coalesce(regexp_replace(i.relname, '^observation_\\d+_\\d+_\\d+_', ''), ''),
       sum(pg_relation_size(coalesce(i.oid, t.oid)))
from pg_partition_tree('fax.observation') p
join pg_class t on t.oid = p.relid and p.isleaf
cross join lateral (
    select null::oid as oid, null::name as relname
    union all
    select c.oid, c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = t.oid
) i
where pg_relation_size(t.oid) > 0
group by 1 order by 2 desc
"""


def rows() -> Iterator[Observation]:
    """Yields observations in the order of their times."""
    number = 0
    while True:
        for _ in range(SNAPSHOTS):
            seen = snapshot(number)
            at = seen.observed_at + number % LIVE * 1_000
            yield replace(seen, observed_at=at)
            number += 1
        yield Observation(seen.life, at + 500, "VarSet", seen.session_number, seen.channel, details=HEADERS)


def append(connection: Connection, count: int, batch: int) -> None:
    """Appends that many rows."""
    appender, source = Appender(connection, COLLECTOR), rows()
    for _ in range(count // batch):
        appender.append(enumerate(next(source) for _ in range(batch)))


def report(connection: Connection) -> Iterator[str]:
    """Yields the lines of the report."""
    ((count, appends),) = connection.execute("select max(last_position), count(*) from fax.append_batch").fetchall()
    ((expressions, names),) = connection.execute(COLUMNS.encode()).fetchall()
    values = connection.execute(f"select {expressions} from fax.observation".encode()).fetchone() or ()
    yield "| part | bytes per row |"
    yield "| --- | --- |"
    total = 0
    for name, size in connection.execute(RELATIONS.encode()).fetchall():
        total += size
        yield f"| {name or 'the rows'} | {size / count:.1f} |"
    yield f"| together | {total / count:.1f} |"
    yield "\nof a row: " + ", ".join(f"{name} {size:.1f}" for name, size in zip(names, values, strict=True))
    ((size,),) = connection.execute("select pg_total_relation_size('fax.append_batch')").fetchall()
    yield f"fax.append_batch: {size / appends:.0f} bytes per append"


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=450_000, help="rows to append (default: 450000)")
    parser.add_argument("--batch", type=int, default=225, help="rows of an append (default: 225)")
    arguments = parser.parse_args()
    with server() as dsn:
        migrate.upgrade(dsn)
        with connect(dsn) as connection:
            connection.execute("select fax.make_partition(now())")
            append(connection, arguments.rows, arguments.batch)
            connection.execute("vacuum (analyze)")
            print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.width {' '.join(sys.argv[1:])}\n")
            for line in report(connection):
                print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
