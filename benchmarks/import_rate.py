"""Measures the speed and the memory of `faxstore import` with a recording of a million messages.

    python -m benchmarks.import_rate                      # a temporary embedded Postgres
    python -m benchmarks.import_rate --messages 100000
    FAXSTORE_DSN=... python -m benchmarks.import_rate     # your own database; it must be empty

Prints one row for docs/performance.md.  The time is that of the whole command; the memory is the largest resident set
of that process (ru_maxrss), without the database server.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import make_recording
from faxstore.settings.values import Settings
from faxstore.store import migrate
from faxstore.store.database import connect, open_dsn


@dataclass(frozen=True)
class Run:
    """One import: its time in seconds, its memory in MB, and its rows."""

    seconds: float
    megabytes: float
    rows: int
    server: str


def timed(dsn: str, *arguments: str) -> tuple[float, float]:
    """Runs faxstore as a separate process; returns seconds and megabytes.  Raises SystemExit if it fails."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "faxstore", *arguments], env=os.environ | {"FAXSTORE_DSN": dsn})
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"faxstore {arguments[0]} left with status {process.returncode}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6  # Linux counts in KiB


def measure(recording: Path, dsn: str) -> Run:
    """Imports the recording in a separate process.  Raises SystemExit if that fails."""
    seconds, megabytes = timed(dsn, "import", "--server", "bench", str(recording))
    with connect(dsn) as connection:
        rows = connection.execute("select count(*) from fax.session_history").fetchone()
        server = connection.execute("show server_version").fetchone()
    return Run(seconds, megabytes, rows[0] if rows else 0, server[0] if server else "?")


def hardware() -> str:
    """The processor, the number of cores, and the memory."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}, {memory:.0f} GB"


def row(messages: int, run: Run) -> str:
    """The row of the table: subject, result, memory, rows, versions, hardware, date."""
    cells = (
        f"import of {messages:,} messages",
        f"{messages / run.seconds:,.0f} messages/s",
        f"{run.seconds:.1f} s",
        f"{run.megabytes:.0f} MB",
        f"{run.rows:,} rows",
        f"Python {platform.python_version()}, Postgres {run.server.split()[0]}",
        hardware(),
        time.strftime("%Y-%m-%d"),
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many (default: 1000000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as folder:
        recording = Path(folder) / "recording.jsonl.gz"
        print(f"Writing a recording of {arguments.messages:,} messages ...", file=sys.stderr)
        make_recording.write(recording, arguments.messages, list(make_recording.SOURCES))
        settings = Settings(os.environ.get("FAXSTORE_DSN"), Path(folder) / "data")
        with open_dsn(settings) as dsn:
            migrate.upgrade(dsn)
            print("Importing it ...", file=sys.stderr)
            print(row(arguments.messages, measure(recording, dsn)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
