"""Measures how many events per second one collector survives, and at what cost; prints a line per kind of event.

    python -m benchmarks.flood [--rate 50000] [--seconds 10]

A server in a separate process sends the events over loopback (tests/kit/flooding_server.py).  As Asterisk does, it
disconnects a client that leaves a write waiting for 100 ms.  The collector works as in `faxstore ingest`, but without a
spool.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass

from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.recording import Line
from faxstore.observations import Observation, ServerObservation, encode
from faxstore.reader.line_reader import LineReader
from faxstore.settings.values import Secret, ServerSettings
from tests.kit.flooding_server import Report

PAGE = os.sysconf("SC_PAGE_SIZE")
EVENTS = ("FAXStatus", "VarSet")


@dataclass
class Outcome:
    """The server's report and the results of the collector."""

    report: Report
    observed: int = 0
    """Observations of the flood's events."""
    dropped: int = 0
    """Events counted in `Dropped` records."""
    polled: int = 0
    """Complete polls."""
    grown: int = 0
    """The maximum growth of this process, in bytes."""
    cpu_seconds: float = 0.0


class Sink:
    """Processes a line as the ingestor does, without writing to disk."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.polled = asyncio.Event()
        self._line_reader = LineReader("pbx1")

    def __call__(self, line: Line) -> None:
        for record in self._line_reader.feed(line):
            encode(record)
            if isinstance(record, Observation):
                self.outcome.observed += record.event in EVENTS
            elif isinstance(record, ServerObservation) and record.event == "Dropped":
                self.outcome.dropped += int(str(record.details["Records"]))
        if line.dir == "mark" and line.text == "polled":
            self.outcome.polled += 1
            self.polled.set()


async def run_flood(kind: str, rate: float, seconds: float) -> Outcome:
    """Run one collector at a flooding server until the end of the flood."""
    command = (sys.executable, "-m", "tests.kit.flooding_server", kind, str(rate), str(seconds))
    server = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert server.stdout is not None
    settings = ServerSettings(
        name="pbx1", host="127.0.0.1", port=int(await server.stdout.readline()), username="faxstore",
        secret=Secret("letmein"), poll_interval=0.25, idle_interval=0.25,
    )  # fmt: skip
    outcome = Outcome(Report())
    sink, stop = Sink(outcome), asyncio.Event()
    collecting = asyncio.ensure_future(Collector(settings, sink, ignore=IRRELEVANT_EVENTS).run(stop))
    await sink.polled.wait()
    before, cpu = _resident(), time.process_time()
    over = asyncio.ensure_future(server.stdout.readline())
    while not over.done():
        await asyncio.wait({over}, timeout=0.05)
        outcome.grown = max(outcome.grown, _resident() - before)
    outcome.cpu_seconds = time.process_time() - cpu
    stop.set()
    await collecting
    *_, report = (over.result() + await server.stdout.read()).splitlines()
    outcome.report = Report(**json.loads(report))
    await server.wait()
    return outcome


def _resident() -> int:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - twenty times per second
        return int(file.read().split()[1]) * PAGE


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=float, default=50_000)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    print("events | sent/s | cut off | longest wait, without a CPU | decoded | dropped | polls | memory | CPU")
    for kind in ("other", "fax"):
        outcome = asyncio.run(run_flood(kind, arguments.rate, arguments.seconds))
        report = outcome.report
        cells = (
            kind, f"{report.sent / max(report.seconds, 0.001):,.0f}", "yes" if report.stalled else "no",
            f"{report.longest_wait * 1000:.0f} ms, {report.without_cpu * 1000:.0f} ms", f"{outcome.observed:,}",
            f"{outcome.dropped:,}", str(report.polls), f"+{outcome.grown / 2**20:.0f} MiB",
            f"{outcome.cpu_seconds:.1f} s",
        )  # fmt: skip
        print(" | ".join(cells))


if __name__ == "__main__":
    main()
