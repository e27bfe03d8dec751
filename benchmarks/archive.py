"""Measures archiving: rows per second, bytes per row and memory of each step, on a month of packed sessions.

    python -m benchmarks.fill --rows 12000000 --folder /var/tmp/twelve   # a million rows per month
    python -m benchmarks.archive --folder /var/tmp/twelve --month 2025-03

Seals the history if it is not sealed.  Each step runs in a process of its own, of which it prints the time, the
processor time and the highest memory.  The month is restored at the end.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.import_rate import hardware
from faxstore.archive import archiving, dropping, layout, restoring
from faxstore.log import seal
from faxstore.log.signing import Signing
from faxstore.store import embedded
from faxstore.store.compaction import write_all_days
from faxstore.store.database import connect

RULE = "python -m benchmarks.archive"
RETAINED = "select pg_total_relation_size('fax.dropped_session') + pg_total_relation_size('fax.dropped_leaf')"


def archive(dsn: str, month: date, folder: Path) -> tuple[int, int]:
    """Archives the month; returns the rows and the bytes of its files."""
    with connect(dsn) as connection:
        files = archiving.archive(connection, month, folder, lambda _: None)
    return sum(file.rows for file in files), sum(file.bytes for file in files)


def drop(dsn: str, month: date, folder: Path) -> tuple[int, int]:
    """Drops the month; returns its rows, and the bytes that they still take in the database."""
    with connect(dsn) as connection:
        rows = dropping.drop(connection, month, folder, None, RULE)
        row = connection.execute(RETAINED).fetchone()
    return rows, row[0] if row else 0


def restore(dsn: str, month: date, folder: Path) -> tuple[int, int]:
    """Restores the month; returns its rows."""
    with connect(dsn) as connection:
        return restoring.restore(connection, month, folder, lambda _: None), 0


def measured(step: Callable[[str, date, Path], tuple[int, int]], dsn: str, month: date, folder: Path) -> str:
    """Runs a step; returns a row of the table."""
    began, used = time.monotonic(), time.process_time()
    rows, size = step(dsn, month, folder)
    took, used = time.monotonic() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bytes_per_row = f"{size / rows:.2f}" if size else ""
    rates = f"{rows / took:,.0f} | {used / rows * 1e6:.1f}"
    return f"| {step.__name__} | {rows:,} | {rates} | {bytes_per_row} | {memory:.0f} |"


def main() -> int:
    """Runs the program from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="the database of benchmarks.fill")
    parser.add_argument("--month", default="2025-03", help="the month (default: 2025-03)")
    arguments = parser.parse_args()
    month = layout.parse_month(arguments.month, "--month")
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}; python -m benchmarks.archive")
    with embedded.running(arguments.folder) as dsn, tempfile.TemporaryDirectory() as folder:
        with connect(dsn) as connection:
            write_all_days(connection)  # restoring has removed those of an earlier run
            seal.seal(connection, None, Signing(None, None, False), lambda *_: None)
        print("| step | rows | rows/s | client, µs/row | bytes/row | memory, MB |")
        print("| --- | --- | --- | --- | --- | --- |")
        for step in (archive, drop, restore):
            with multiprocessing.get_context("spawn").Pool(1) as process:
                print(process.apply(measured, (step, dsn, month, Path(folder))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
