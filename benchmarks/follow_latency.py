"""Measures how long faxstore follow takes from the append that ends a fax to its line.

    python -m benchmarks.follow_latency
    python -m benchmarks.follow_latency --beside 200     # beside 200 faxes with a snapshot per second each

Each round appends the end of a fax, on a connection of its own, and waits for the line on the standard output of the
command.  `append` is the time of the append itself, which the line's time contains.  Prints milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.append_rate import server
from benchmarks.import_rate import hardware
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect
from tests.kit.given import gone, snapshot

ROUNDS = 200
"""Faxes that end."""


def measure(dsn: str, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each append, and those from its begin to the line."""
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "follow"]
    appends, lines = [], []
    with (
        connect(dsn) as connection,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.readline()
        appender = Appender(connection, "measured")
        for number in range(rounds):
            appender.append(enumerate(snapshot(number + second / 100, number) for second in range(50)))
            time.sleep(0.05)
            began = time.perf_counter()
            appender.append([(0, gone(number + 0.9, number))])
            appends.append(time.perf_counter() - began)
            process.stdout.readline()
            lines.append(time.perf_counter() - began)
        process.kill()
    return appends, lines


@contextmanager
def faxes_beside(dsn: str, count: int) -> Iterator[None]:
    """Append a snapshot per second of each of `count` faxes, ten times a second, until the block ends."""
    over = threading.Event()

    def feed() -> None:
        with connect(dsn) as connection:
            appender, second = Appender(connection, "beside"), 0.0
            while not over.wait(0.1):
                second += 0.1
                part = round(second * 10) % 10
                numbers = range(100_000 + part, 100_000 + count, 10)
                appender.append(enumerate(snapshot(second, number, channel=f"PJSIP/{number}") for number in numbers))

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--beside", type=int, default=0, metavar="FAXES")
    arguments = parser.parse_args()
    with server() as dsn:
        migrate.upgrade(dsn)
        with faxes_beside(dsn, arguments.beside):
            figures = measure(dsn, arguments.rounds)
    print(hardware())
    print("| from | median | p90 | p99 |\n| --- | --- | --- | --- |")
    for name, seconds in zip(("append", "append to line"), figures, strict=True):
        milliseconds = sorted(1000 * value for value in seconds)
        shares = [
            statistics.median(milliseconds),
            *(milliseconds[int(len(milliseconds) * part)] for part in (0.9, 0.99)),
        ]
        print(f"| {name} | {' | '.join(f'{value:.1f}' for value in shares)} |")


if __name__ == "__main__":
    main()
