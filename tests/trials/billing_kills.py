"""Kills the billing exporter (kill -9) at random moments while rows and corrections arrive, then compares the books.

python -m tests.trials.billing_kills --kills 200 --seed N
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from tests.kit.billing_books import differences
from tests.kit.fax_traffic import Traffic

CONSUMERS = {"clerk": "csv", "engine": "cloudevents"}

EXPORTS = """
import sys
from itertools import cycle
from pathlib import Path
from faxstore.billing.delivery import export_batches
from faxstore.billing.formats import BillingFormat
from tests.kit.databases import ledger

dsn, folder, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
print("started", flush=True)
for name in cycle(names):
    consumer, format = name.split("=")
    with ledger(dsn, consumer) as opened:
        if not opened.try_lock():  # the killed exporter's connection still holds it
            opened.lock()
        for batch in export_batches(opened, folder, BillingFormat(format), lambda _: None):
            print(batch.batch, flush=True)
"""


@dataclass
class Outcome:
    """The result of a run."""

    kills: int = 0
    undelivered: int = 0
    """Kills after the commit of a batch and before its delivery."""
    unfinished: int = 0
    """Kills that left a temporary file."""
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Faxes, corrections, batches and events of all consumers at the end."""
    differences: list[str] = field(default_factory=list)

    def report(self) -> str:
        """The result as lines of text."""
        counts = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()))
        lines = [
            f"{self.kills} kills: {self.undelivered} between commit and delivery of a batch,"
            f" {self.unfinished} with an unfinished file; {self.rows:,} rows; {counts}",
            *self.differences[:20],
        ]
        return "\n".join([*lines, f"{len(self.differences)} differences"])


def run_kills(dsn: str, folder: Path, kills: int, seed: int) -> Outcome:
    """Runs the trial on an empty database with the schema."""
    rng, outcome, delivered, consumed = random.Random(seed), Outcome(), folder / "to", folder / "consumed"
    delivered.mkdir()
    consumed.mkdir()
    with _traffic(dsn, seed, outcome) as traffic:
        for _ in range(kills):
            _killed(dsn, delivered, rng)
            outcome.kills += 1
            outcome.unfinished += bool([path for path in delivered.iterdir() if path.name.startswith(".")])
            outcome.undelivered += _undelivered(dsn)
            if rng.random() < 0.3:
                _consume(delivered, consumed, outcome)
    _append(dsn, [row for batch in traffic.rest() for row in batch], outcome)
    for consumer, form in CONSUMERS.items():
        _export(dsn, delivered, consumer, form)
    _consume(delivered, consumed, outcome)
    outcome.differences += [f"{path.name} was left behind" for path in delivered.iterdir()]
    outcome.differences += differences(dsn, consumed, folder, CONSUMERS, outcome.counts)
    return outcome


@contextmanager
def _traffic(dsn: str, seed: int, outcome: Outcome) -> Iterator[Traffic]:
    """Appends random traffic until the block ends."""
    traffic, over = Traffic(seed), threading.Event()
    faults: list[BaseException] = []

    def feed() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                appender = Appender(connection, "one")
                while not over.wait(0.03):
                    outcome.rows += appender.append(enumerate(traffic.batch())).rows
        except BaseException as error:
            faults.append(error)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield traffic
    finally:
        over.set()
        feeder.join()
    if faults:
        raise faults[0]


def _append(dsn: str, rows: list[object], outcome: Outcome) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        outcome.rows += Appender(connection, "one").append(enumerate(rows)).rows  # type: ignore[arg-type]


def _killed(dsn: str, folder: Path, rng: random.Random) -> None:
    """Starts an exporter that serves all consumers in turn, and kills it at a random moment."""
    names = [f"{consumer}={form}" for consumer, form in CONSUMERS.items()]
    rng.shuffle(names)
    command = [sys.executable, "-c", EXPORTS, dsn, str(folder), *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        if rng.random() < 0.5:  # so that some complete a batch even on a busy machine
            process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL, "the exporter ended by itself"


def _undelivered(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "select count(*) from fax.export_batch b where not exists (select 1 from fax.export_delivery d"
            " where d.consumer = b.consumer and d.batch = b.batch)"
        ).fetchone()
    assert row is not None
    return min(int(row[0]), 1)


def _consume(delivered: Path, consumed: Path, outcome: Outcome) -> None:
    """Moves the files that have a manifest to a consumer's folder; a file that comes again must be the same."""
    for manifest in sorted(delivered.glob("billing-*.json")):
        for path in sorted(delivered.glob(f"{manifest.stem}.*"), key=lambda path: path == manifest):
            moved = consumed / path.name
            if moved.exists() and moved.read_bytes() != path.read_bytes():
                outcome.differences.append(f"{path.name} came again with other bytes")
            path.replace(moved)


def _export(dsn: str, folder: Path, consumer: str, form: str) -> None:
    """Runs the command twice without a kill; after that, nothing is due."""
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "billing", "export", "--format", form]
    for _ in range(2):
        subprocess.run([*command, "--folder", str(folder), "--consumer", consumer], check=True, capture_output=True)


def main() -> int:
    """Runs the trial on an embedded server."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials.billing_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="default: random")
    given = parser.parse_args()
    words = f"--kills {given.kills} --seed {given.seed}"
    print(f"seed {given.seed}: python -m tests.trials.billing_kills {words}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="faxstore-fire-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with embedded.running(folder / "data") as server:
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute("create database fire")
            dsn = make_conninfo(server, dbname="fire")
            migrate.upgrade(dsn)
            outcome = run_kills(dsn, folder, given.kills, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(outcome.report())
    return 1 if outcome.differences else 0


if __name__ == "__main__":
    sys.exit(main())
