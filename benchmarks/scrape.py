"""Measures how long a scrape takes, during which the event loop of an ingestor does nothing else.

    python -m benchmarks.scrape                  # 50 servers
    python -m benchmarks.scrape --servers 500

Each server has failures of every class.  Prints a row for docs/performance.md.
"""

from __future__ import annotations

import argparse
import statistics
import time

import msgspec

from benchmarks.import_rate import hardware
from faxstore.ingest.metrics.exposition import Exposition
from faxstore.ingest.metrics.requests import answer
from faxstore.ingest.metrics.samples import State
from faxstore.ingest.snapshot import DatabaseSnapshot, FaxCounts, ServerSnapshot, Snapshot

CLASSES = (
    "failed_to_train", "neg_failed", "protocol_error", "tx_protocol_error", "rx_protocol_error", "nofax", "file_error",
    "mem_error", "retries_exceeded", "call_dropped", "unknown_error",
)  # fmt: skip
"""All classes of fax.result_class() but success."""

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/plain;version=0.0.4\r\n\r\n"


def snapshot(servers: int) -> Snapshot:
    """Return the figures of a process with that many busy servers."""
    names = [f"pbx{number}" for number in range(servers)]
    server = ServerSnapshot(True, False, True, 3, 100_000, 3, 1234.5, 0.01, 1796110200.25, 40, 12.5, False)
    results = {"success": 900, "failed": 80, "unknown": 7}
    ways = dict.fromkeys(("sent", "received", "gateway"), results)
    faxes = FaxCounts(ways, dict.fromkeys(ways, 4321), dict.fromkeys(CLASSES, 7), 1234, 999)
    backlog = dict.fromkeys(("totals", "rollups", "coverage", "reconciliation", "packs"), 0)
    database = DatabaseSnapshot(1796110200.0, backlog, 1796110100.0, None)
    return Snapshot(dict.fromkeys(names, server), dict.fromkeys(names, faxes), database=database)


def main() -> None:
    """Print the size of the answer, and how long it takes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--servers", type=int, default=50)
    servers = parser.parse_args().servers
    figures = snapshot(servers)
    state = State(1, {1: figures})
    exposition = Exposition(lambda: state)
    clock, processor = list[float](), list[float]()
    for _ in range(200):
        began, used = time.perf_counter(), time.process_time()
        text = answer(REQUEST, exposition, lambda: state)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    print(hardware())
    print(
        f"| {servers} | {text.count(b'faxstore_'):,} | {len(text) / 1000:.0f} kB | {1000 * min(clock):.1f} ms |"
        f" {1000 * statistics.median(processor):.1f} ms | {len(msgspec.json.encode(figures)) / 1000:.0f} kB |"
    )


if __name__ == "__main__":
    main()
