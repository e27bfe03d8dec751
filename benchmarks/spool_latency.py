"""Measures how long a record waits until it is on disk, while another thread reads and discards as the carrier does.

    python -m benchmarks.spool_latency                     # 5,000 records per second for five minutes
    python -m benchmarks.spool_latency --seconds 30

faxstore promises 200 ms.  Prints a row for docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.append_peers import snapshot
from benchmarks.import_rate import hardware
from faxstore.ingest.drain import BATCH
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.observations import encode
from faxstore.spool.queue import Spool

EVERY = 0.01
"""Seconds between two groups of records."""

PROMISED = 0.2


class TimedSpool(Spool):
    """A spool that records how long each record waited."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.put_at: list[float] = []
        self.waited: list[float] = []

    def put(self, bodies: Iterable[bytes]) -> None:
        """Put records, which the writer takes in the order in which they came."""
        bodies = list(bodies)
        super().put(bodies)
        now, first = time.monotonic(), len(self.waited)
        self.waited += [now - self.put_at[place] for place in range(first, first + len(bodies))]


def carry(spool: Spool, stopping: threading.Event) -> None:
    """Read and discard batches as the carrier does, without a database."""
    last = 0
    while not stopping.is_set():
        entries = spool.peek(last, BATCH)
        if not entries:
            time.sleep(0.1)
            continue
        spool.discard([key for key, _ in entries])
        last = entries[-1][0]


def measure(folder: Path, rate: int, seconds: float) -> list[float]:
    """Return the seconds that each record waited."""
    spool = TimedSpool(folder / "spool.sqlite")
    writer, stopping = SpoolWriter(spool), threading.Event()
    carrier = threading.Thread(target=carry, args=(spool, stopping))
    writer.start()
    carrier.start()
    body, group = encode(snapshot(0)), round(rate * EVERY)
    start = time.monotonic()
    for turn in range(round(seconds / EVERY)):
        time.sleep(max(0.0, start + turn * EVERY - time.monotonic()))
        for _ in range(group):
            spool.put_at.append(time.monotonic())
            writer.put(body)
    writer.stop()
    stopping.set()
    carrier.join()
    spool.close()
    return spool.waited


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=int, default=5_000, help="records per second (default: 5000)")
    parser.add_argument("--seconds", type=float, default=300.0, help="(default: 300)")
    parser.add_argument("--folder", type=Path, help="of the spool (default: a temporary one)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-", dir=arguments.folder) as folder:
        waited = sorted(measure(Path(folder), arguments.rate, arguments.seconds))
    on_time = sum(each <= PROMISED for each in waited) / len(waited)
    figures = {
        "records": len(waited),
        "share within 200 ms": on_time,
        **{f"p{part}": waited[int(len(waited) * part / 100)] for part in (50, 99, 99.9)},
        "longest": waited[-1],
    }
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.spool_latency {' '.join(sys.argv[1:])}")
    print("| records | within 200 ms | median | 99.9 % | longest |\n| --- | --- | --- | --- | --- |")
    print(
        f"| {len(waited):,} | {on_time:.2%} | {figures['p50'] * 1e3:.0f} ms | {figures['p99.9'] * 1e3:.0f} ms"
        f" | {waited[-1] * 1e3:.0f} ms |"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
