"""Measures the import of an xferfaxlog, and what usage of a month costs with its faxes and without any.

    python -m benchmarks.reported_faxes --folder /var/tmp/million    # a database of benchmarks.fill, or an empty one

Prints processor times, which other load changes little. The folder has no reported faxes before and after.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.processor_time import processor_seconds
from faxstore.reported.importing import Origin, import_file
from faxstore.store import embedded, migrate
from faxstore.store.database import Connection, connect

LINE = (
    '{month:02}/{day:02}/25 {hour:02}:{minute:02}\tSEND\t{number:09}\tttyS0\t{number}\t""\tann@example.org\t"5550123"'
    '\t"+49 30 5550123"\t2211880\t2\t1:07\t0:55\t""\t""\t""\t""\t"user{user}"\t"00 46 F8"\n'
)
A_DAY = 300
MONTH = "select * from fax.usage('2025-06-01', '2025-07-01', 'Europe/Berlin', 'day')"
TIMES = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    with embedded.running(folder) as dsn, tempfile.TemporaryDirectory() as place:
        migrate.upgrade(dsn)
        log = Path(place) / "xferfaxlog"
        log.write_text("".join(_lines()))
        with connect(dsn) as connection:
            _measure(connection, str(log))


def _lines() -> list[str]:
    """Return a year of faxes, the same number on each of 28 days of a month."""
    times = ((month, day, n) for month in range(1, 13) for day in range(1, 29) for n in range(A_DAY))
    return [
        LINE.format(month=month, day=day, hour=n // 13, minute=n % 60, number=number, user=number % 20)
        for number, (month, day, n) in enumerate(times)
    ]


def _measure(connection: Connection, log: str) -> None:
    server = connection.info.backend_pid
    print(f"a month's usage without reported faxes: {_milliseconds(connection):.0f} ms")
    began = processor_seconds(server) + time.process_time()
    read = import_file(connection, log, Origin("xferfaxlog", "hylafax", "Europe/Berlin"), print, lambda _: None)
    print(f"import of {read.new:,} faxes: {processor_seconds(server) + time.process_time() - began:.1f} s")
    connection.execute("vacuum analyze fax.reported_fax")
    ((size,),) = connection.execute("select pg_size_pretty(pg_total_relation_size('fax.reported_fax'))").fetchall()
    print(f"they take {size}; a month's usage with 1/12 of them: {_milliseconds(connection):.0f} ms")
    connection.execute("delete from fax.reported_fax")


def _milliseconds(connection: Connection) -> float:
    connection.execute(MONTH).fetchall()
    began = processor_seconds(connection.info.backend_pid)
    for _ in range(TIMES):
        connection.execute(MONTH).fetchall()
    return (processor_seconds(connection.info.backend_pid) - began) / TIMES * 1000


if __name__ == "__main__":
    main()
