"""How quick `faxstore sessions` is as a table beside CSV: the whole command, its first row, and its memory.

    python -m benchmarks.table_rate                        # an embedded Postgres of its own, removed afterwards
    python -m benchmarks.table_rate --sessions 20000 --rows 1000000
    python -m benchmarks.table_rate --folder /var/tmp/ten  # a database that benchmarks.ten_million filled; not changed

First from a history of `--sessions` (of 50 rows each, by ten_million.sql), where the fold takes the time.  Then
fax.sessions is made a view of a table of `--rows` rows (export_rate), so that only the command's own work is left.
Each figure is the best of three.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ten_million
from benchmarks.export_rate import MANY, ROWS_A_SESSION
from benchmarks.import_rate import hardware
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

TIMES = 3
A_NUMBER = "5551"
LISTS = (
    ("--last", "10"),
    ("--last", "10", "--newest-first", "--format", "csv"),
    ("--jobs", "--last", "10"),
    ("--last", "10", "--number", A_NUMBER, "--from", "2025-12-01"),
)


@dataclass(frozen=True)
class Run:
    """Seconds of the whole command and to its first output after the head of the table, megabytes, and lines."""

    seconds: float
    first: float
    megabytes: float
    lines: int

    def row(self, what: str) -> str:
        """The row of the table."""
        cells = (what, f"{self.lines:,}", f"{self.first:.2f} s", f"{self.seconds:.2f} s", f"{self.megabytes:.0f} MB")
        return f"| {' | '.join(cells)} |"


def best(dsn: str, *arguments: str) -> Run:
    """The quickest of several runs of `faxstore sessions`."""
    return min((run(dsn, *arguments) for _ in range(TIMES)), key=lambda one: one.seconds)


def run(dsn: str, *arguments: str) -> Run:
    """Run `faxstore sessions` as a separate process.  Raises SystemExit if it fails."""
    start = time.monotonic()
    command = [sys.executable, "-m", "faxstore", "sessions", *arguments]
    process = subprocess.Popen(command, env=os.environ | {"FAXSTORE_DSN": dsn}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines, first = 0, 0.0
    for lines, _ in enumerate(process.stdout, start=1):  # noqa: B007
        first = first or time.monotonic() - start
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"faxstore sessions left with status {process.returncode}")
    return Run(time.monotonic() - start, first, usage.ru_maxrss * 1024 / 1e6, lines)


def table(dsn: str, rows: int) -> Iterator[str]:
    """The rows of the table; changes the database."""
    yield best(dsn).row("table, folded from the history")
    yield best(dsn, "--format", "csv").row("CSV, folded from the history")
    with connect(dsn) as connection:
        connection.execute("set timezone = 'UTC'")
        counted = connection.execute("select count(*) from fax.session").fetchone()
        sessions = counted[0] if counted else 1
        for statement in filter(str.strip, MANY.split(";")):
            connection.execute(statement.encode(), {"times": rows // sessions + 1, "rows": rows})
    yield best(dsn).row("table, of a table of sessions")
    yield best(dsn, "--wide", "--columns", "session_id,file_names,result_text").row("the same, three columns")
    yield best(dsn, "--format", "csv").row("CSV, of a table of sessions")


def lists(dsn: str) -> Iterator[str]:
    """The rows of the table for lists of a few sessions."""
    for arguments in LISTS:
        yield best(dsn, *arguments).row(f"sessions {' '.join(arguments)}")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=2_000, help="in the history (default: 2000)")
    parser.add_argument("--rows", type=int, default=100_000, help="in the table (default: 100000)")
    parser.add_argument("--folder", type=Path, help="a database that benchmarks.ten_million filled")
    arguments = parser.parse_args()
    print(f"{hardware()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    print(f"python -m benchmarks.table_rate {' '.join(sys.argv[1:])}".rstrip())
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        Path(temporary).chmod(0o755)
        with embedded.running(arguments.folder or Path(temporary) / "data") as dsn:
            if arguments.folder:
                lines = lists(dsn)
            else:
                ten_million.without_fsync(dsn)
                migrate.upgrade(dsn)
                ten_million.fill(dsn, arguments.sessions * ROWS_A_SESSION)
                lines = table(dsn, arguments.rows)
            for line in lines:
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
