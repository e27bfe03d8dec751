"""Compares how psycopg and ADBC read rows for a Parquet file: as `faxstore export` does, and as Store.arrow() does.

    python -m benchmarks.parquet_readers --rows 60000

fax.sessions is a view of a table here, so that only the reading and writing shows.  Both ways write one file with the
same writer, three times in turn; the better run counts.  Processor time is that of this process: it depends less on
other programs than the time by the clock.  The values of both files must be equal.  Prints rows for docs/decisions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet

import faxstore
from benchmarks.export_rate import MANY
from benchmarks.import_rate import hardware
from faxstore.archive.parquet import writer
from faxstore.export import datasets, parquet
from faxstore.export.run import snapshot
from faxstore.export.selection import Selection
from faxstore.ingest.importer import import_file
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

RECORDING = Path(__file__).parents[1] / "tests" / "captures" / "bad-lines-22.jsonl.gz"
SESSIONS = 8
"""In the recording."""
ORDERED = "select * from fax.sessions order by started_at, session_id"
RUNS = 3


def by_psycopg(dsn: str) -> BytesIO:
    """The file as the exporter writes it."""
    out = BytesIO()
    with connect(dsn) as connection, snapshot(connection, "UTC"):
        parquet.write_file(connection, datasets.sessions(Selection()), out, lambda _: None)
    return out


def by_adbc(dsn: str) -> BytesIO:
    """The file from a table of Arrow."""
    out = BytesIO()
    with faxstore.open(dsn) as store:
        table = store.arrow(ORDERED)
    with writer(out, table.schema) as written:
        written.write_table(table)
    return out


def measured(write: Callable[[str], BytesIO], dsn: str) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of the processor, and the table in the file."""
    began, used = time.monotonic(), time.process_time()
    out = write(dsn)
    took = time.monotonic() - began, time.process_time() - used
    return *took, pyarrow.parquet.read_table(out)


def fill(dsn: str, rows: int) -> None:
    """Make fax.sessions a view of a table with that many rows."""
    migrate.upgrade(dsn)
    with connect(dsn) as connection:
        import_file(connection, str(RECORDING), None, lambda _: None)
        connection.execute("set timezone = 'UTC'")
        for statement in filter(str.strip, MANY.split(";")):
            connection.execute(statement.encode(), {"times": rows // SESSIONS + 1, "rows": rows})


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=60_000, help="in the table (default: 60000)")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary,
        embedded.running(Path(temporary) / "data") as dsn,
    ):
        fill(dsn, arguments.rows)
        found = [[measured(write, dsn) for write in (by_psycopg, by_adbc)] for _ in range(RUNS)]
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.parquet_readers {' '.join(sys.argv[1:])}")
    for name, runs in zip(("psycopg", "ADBC"), zip(*found, strict=True), strict=True):
        clock, processor = (min(run[place] for run in runs) for place in (0, 1))
        print(f"| {name} | {arguments.rows / clock:,.0f} rows/s | {processor:.2f} s of the processor |")
    ours, theirs = (run[2] for run in found[0])
    print(f"equal: {theirs.cast(ours.schema).equals(ours)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
