"""Soak trial: does the memory of `faxstore ingest` grow?  The polls of most of a working day, as fast as possible.

    python -m tests.trials.soak                             # 10 million observations of 350 faxes at a time
    python -m tests.trials.soak --observations 300000
    python -m tests.trials.soak --live 50 --observations 1000000

The ingestor runs as in production, with its own database and spool.  Only its clock is simulated (soak_ingest.py): it
advances by a second with each list that the ingestor requests, and the server (soak_server.py) then has the events of
that second ready.  With 350 faxes at a time, 10 million observations took 6.6 hours of that clock.  While the spool
holds more than a few seconds of work, the server delays the next list so that the database keeps up.

At the end everything that the server sent must be in the history.  Prints a table row per tenth for
docs/performance.md.  The exit status is 1 if memory grew by 5 % or more after the first tenth, or if rows are missing.
During the first tenth of ten million the appender comes to remember 10,000 sessions, and from then on forgets the
oldest: growth counts from the second tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.import_rate import hardware
from faxstore.store import database, embedded, migrate
from tests.trials.soak.soak_server import Connection, Faxes

MOST_SPOOLED = 20_000
"""Records in the spool above which the server delays its next list."""

CHECK_EVERY = 0.3
"""Seconds between two checks of the database and the spool."""

MOST_GROWTH = 0.05
STOP_TIMEOUT = 30.0
PATIENCE = 180.0
"""Seconds without a new row after which the trial ends."""

Sample = dict[str, Any]
"""A line of soak_ingest.py; `observations` is the number of rows in the history at that time."""


@dataclass(frozen=True)
class Totals:
    """Totals of what the server sent, or of what the history contains."""

    details: int
    sessions: int
    unlisted: int
    epochs: int


class Store:
    """Reads the database and the spool of the ingestor."""

    def __init__(self, dsn: str, spool: Path) -> None:
        self._connection = database.connect(dsn)
        self._spool = spool

    def appended(self) -> int:
        """Return the number of rows in the history."""
        return int(self._one("select coalesce(max(last_position), 0) from fax.append_batch"))

    def spooled(self) -> int:
        """Return the number of records in the spool, 0 before the ingestor has created it."""
        if not self._spool.exists():
            return 0
        with closing(sqlite3.connect(f"{self._spool.as_uri()}?mode=ro", uri=True, timeout=30)) as spool:
            exists = spool.execute("select count(*) from sqlite_master where name = 'entry'").fetchone()[0]
            return int(spool.execute("select count(*) from entry").fetchone()[0]) if exists else 0

    def totals(self) -> Totals:
        """Return the totals of the history."""
        return Totals(
            self._one("select count(*) from fax.session_history where event = 'FAXSession'"),
            self._one("select count(*) from fax.session where session_number is not null"),
            self._one("select count(*) from fax.session where session_number is null"),
            self._one("select count(*) from fax.epoch"),
        )

    def _one(self, query: str) -> int:
        row = self._connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def ingesting(folder: Path, dsn: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the ingestor and stop it as a service manager does.  Raises SystemExit if it fails."""
    config = folder / "faxstore.toml"
    config.touch(mode=0o600)
    config.write_text(
        f"data_dir = {json.dumps(str(folder))}\n[database]\ndsn = {json.dumps(dsn)}\n[[server]]\nname = 'soak'\n"
        f"host = '127.0.0.1'\nport = {port}\nusername = 'faxstore'\nsecret = 'soak'\n"
        "poll_interval = 0.05\nidle_interval = 0.05\n"
    )
    command = [
        sys.executable,
        "-m",
        "tests.trials.soak.soak_ingest",
        str(folder / "samples"),
        "--config",
        str(config),
        "ingest",
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, env=inherited, stdout=log, stderr=log)
    try:
        yield process
        process.terminate()
        async with asyncio.timeout(STOP_TIMEOUT):
            status = await process.wait()
        if status:
            raise SystemExit(f"faxstore ingest ended with status {status}\n{(folder / 'log').read_text()[-2000:]}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def soak(folder: Path, dsn: str, live: int, observations: int) -> tuple[Faxes, list[tuple[float, int]]]:
    """Run until the history has this many rows; return the faxes, and the number of rows at each check."""
    faxes, gate = Faxes(live), asyncio.Event()
    gate.set()
    store, progress = Store(dsn, folder / "spool/ingest.sqlite"), [(time.time(), 0)]
    server = await asyncio.get_running_loop().create_server(lambda: Connection(faxes, gate), "127.0.0.1")
    async with server, ingesting(folder, dsn, server.sockets[0].getsockname()[1]) as process:
        while (spooled := store.spooled()) or faxes.live or progress[-1][1] < observations:
            if process.returncode is not None:
                raise SystemExit(f"faxstore ingest ended by itself\n{(folder / 'log').read_text()[-2000:]}")
            progress.append((time.time(), store.appended()))
            require_progress(progress, folder)
            if progress[-1][1] >= observations:
                faxes.stop()
            (gate.set if spooled < MOST_SPOOLED else gate.clear)()
            show(f"{progress[-1][1]:,} rows, {faxes.now:,} polls, {spooled:,} spooled")
            await asyncio.sleep(CHECK_EVERY)
    print(file=sys.stderr)
    return faxes, progress


def require_progress(progress: list[tuple[float, int]], folder: Path) -> None:
    """Raises SystemExit if the history has had no new row for PATIENCE."""
    now, rows = progress[-1]
    since = next((at for at, had in reversed(progress) if had < rows), progress[0][0])
    if now - since > PATIENCE:
        log = (folder / "log").read_text()[-2000:]
        raise SystemExit(f"no new row within {PATIENCE:g} s; the ingestor said at last:\n{log}")


def show(text: str) -> None:
    """Show the progress on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text}   ", end="", file=sys.stderr, flush=True)


def samples_of(path: Path, progress: list[tuple[float, int]], observations: int) -> list[Sample]:
    """Return the samples from the first row to the last requested one, each with the number of rows at its time."""
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    for sample in samples:
        after = min(bisect_left(progress, (sample["at"], 0)), len(progress) - 1)
        sample["observations"] = progress[after][1]
    return [sample for sample in samples if 0 < sample["observations"] <= observations]


def by_tenths(samples: list[Sample], observations: int) -> list[list[Sample]]:
    """Group the samples by tenths of the observations."""
    tenths: list[list[Sample]] = [[] for _ in range(10)]
    for sample in samples:
        tenths[min(9, 10 * sample["observations"] // observations)].append(sample)
    if not all(tenths):
        raise SystemExit("the run is too short: a tenth has no sample")
    return tenths


def growth(tenths: list[list[Sample]]) -> float:
    """Return the growth of the median from the second tenth to the last."""
    return resident(tenths[9]) / resident(tenths[1]) - 1


def resident(samples: list[Sample]) -> float:
    """Return the median of the resident set in MB."""
    return float(statistics.median(one["resident"] for one in samples)) / 1e6


def grown_types(samples: list[Sample]) -> str:
    """Return the types whose number of objects grew most after the first tenth."""
    with_types = [one for one in samples if "types" in one]
    first, last = with_types[len(with_types) // 10]["types"], with_types[-1]["types"]
    more = sorted(((count - first.get(name, 0), name) for name, count in last.items()), reverse=True)
    return ", ".join(f"{name} {count:+,}" for count, name in more[:5])


def table(tenths: list[list[Sample]], observations: int) -> None:
    """Print a row per tenth."""
    print("| observations | resident MB, median | highest | Python's blocks, median |\n| --- | --- | --- | --- |")
    for number, samples in enumerate(tenths, 1):
        blocks = statistics.median(one["blocks"] for one in samples)
        highest = max(one["resident"] for one in samples) / 1e6
        print(f"| {observations * number // 10:,} | {resident(samples):.1f} | {highest:.1f} | {blocks:,.0f} |")


def run(folder: Path, live: int, observations: int) -> bool:
    """Run the trial and print its result; return whether memory was stable and nothing is missing."""
    with embedded.running(folder) as dsn:
        migrate.upgrade(dsn)
        faxes, progress = asyncio.run(soak(folder, dsn, live, observations))
        stored = Store(dsn, folder / "spool/ingest.sqlite").totals()
    samples = samples_of(folder / "samples", progress, observations)
    tenths = by_tenths(samples, observations)
    sent = Totals(faxes.details, faxes.listed, faxes.unlisted, 1)
    seconds = progress[-1][0] - progress[0][0]
    grown = growth(tenths)
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m tests.trials.soak {' '.join(sys.argv[1:])}\n")
    table(tenths, observations)
    print(
        f"\n{progress[-1][1]:,} rows in {seconds:,.0f} s, {progress[-1][1] / seconds:,.0f} per second;"
        f" {faxes.now / 3600:.1f} h of polls; memory {grown:+.1%} after the first tenth"
    )
    print(f"Objects since the first tenth: {grown_types(samples)}")
    print(f"Sent   {sent}\nStored {stored}")
    return grown < MOST_GROWTH and sent == stored


def main() -> int:
    """Parse the command line and run the trial."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--observations", type=int, default=10_000_000, help="rows in the history (default: 10000000)")
    parser.add_argument("--live", type=int, default=350, help="faxes at a time (default: 350)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-soak-") as folder:
        Path(folder).chmod(0o755)
        return int(not run(Path(folder), arguments.live, arguments.observations))


if __name__ == "__main__":
    sys.exit(main())
