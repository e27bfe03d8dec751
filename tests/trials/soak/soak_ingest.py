"""`faxstore ingest` with a simulated clock, for the soak trial: each requested list advances it by a second.

    python -m tests.trials.soak.soak_ingest SAMPLES.jsonl --config faxstore.toml ingest

Polls follow each other without pauses.  Everything else runs as in production.  A thread writes a sample of the memory
every 2 seconds, and with every tenth sample the number of objects per type.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from faxstore import cli
from faxstore.ami.lines import LineEmitter
from faxstore.capture.message import Found
from faxstore.capture.recording import Direction
from faxstore.observations import MICROSECONDS

BETWEEN_SAMPLES = 2.0
"""Seconds between two samples."""

TYPES_EVERY = 10
TICK = 20
"""Microseconds by which each call of now() advances the clock."""


class Clock:
    """The observer's clock in microseconds since 1970; it starts at the current time and advances with each poll."""

    def __init__(self) -> None:
        self._second = time.time_ns() // 1000
        self._now = self._second

    def now(self) -> int:
        self._now += TICK
        return self._now

    def next_second(self) -> None:
        self._second += MICROSECONDS
        self._now = max(self._now, self._second)


def types() -> dict[str, int]:
    """Count the objects of the 40 most frequent types.

    No other thread runs meanwhile: gc.get_objects() refers to tuples that are still being built, and CPython raises
    SystemError in the thread that builds one which somebody refers to (_PyTuple_Resize in tupleobject.c).
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(3600.0)
    try:
        return dict(Counter(type(one).__name__ for one in gc.get_objects()).most_common(40))
    finally:
        sys.setswitchinterval(interval)


def sample(path: Path) -> None:
    """Write samples until the process ends."""
    page = os.sysconf("SC_PAGE_SIZE")
    with path.open("a", buffering=1) as file:
        for number in range(10**9):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * page
            line: dict[str, object] = {"at": time.time(), "resident": resident, "blocks": sys.getallocatedblocks()}
            if number % TYPES_EVERY == 0:
                line["types"] = types()
            file.write(json.dumps(line) + "\n")
            time.sleep(BETWEEN_SAMPLES)


def main() -> None:
    """Run the command line: a file for the samples, then the arguments of faxstore."""
    path = Path(sys.argv.pop(1))
    clock, emit = Clock(), LineEmitter.emit

    def emitted(
        lines: LineEmitter, direction: Direction, text: str, moment: int | None = None, found: Found | None = None
    ) -> None:
        if direction == "out" and text.startswith("Action: FAXSessions\r\n"):
            clock.next_second()
        emit(lines, direction, text, moment, found)

    threading.Thread(target=sample, args=[path], daemon=True).start()
    with (
        patch("faxstore.ami.lines.now", clock.now),
        patch("faxstore.ami.guard.now", clock.now),
        patch("faxstore.ami.backoff.MAX_POLL_SHARE", 1.0),
        patch.object(LineEmitter, "emit", emitted),
    ):
        cli.main()


if __name__ == "__main__":
    main()
