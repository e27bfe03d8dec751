"""`faxstore ingest` with a clock of its own, for the soak trial: a second goes by with each list asked for.

    python -m tests.trials.soak.soak_ingest SAMPLES.jsonl --config faxstore.toml ingest

Polls follow each other without the rest that a server is given.  Everything else is the product's own process.  A
thread of it writes what memory it has every other second, and with every tenth sample how many objects of each type.
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
from faxstore.capture.recording import Direction
from faxstore.observations import MICROSECONDS

BETWEEN_SAMPLES = 2.0
"""Seconds."""

TYPES_EVERY = 10
A_LINE = 20
"""Microseconds that go by with each question for the time."""


class Clock:
    """The observer's clock in microseconds since 1970: it starts at this moment, and goes as fast as polls do."""

    def __init__(self) -> None:
        self._second = time.time_ns() // 1000
        self._now = self._second

    def now(self) -> int:
        self._now += A_LINE
        return self._now

    def next_second(self) -> None:
        self._second += MICROSECONDS
        self._now = max(self._now, self._second)


def sample(path: Path) -> None:
    """Writes a line of memory again and again, until the process ends."""
    page = os.sysconf("SC_PAGE_SIZE")
    with path.open("a", buffering=1) as file:
        for number in range(10**9):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * page
            line: dict[str, object] = {"at": time.time(), "resident": resident, "blocks": sys.getallocatedblocks()}
            if number % TYPES_EVERY == 0:
                line["types"] = dict(Counter(type(one).__name__ for one in gc.get_objects()).most_common(40))
            file.write(json.dumps(line) + "\n")
            time.sleep(BETWEEN_SAMPLES)


def main() -> None:
    """The command line: a file for the samples, then what faxstore takes."""
    path = Path(sys.argv.pop(1))
    clock, emit = Clock(), LineEmitter.emit

    def emitted(lines: LineEmitter, direction: Direction, text: str, moment: int | None = None) -> None:
        if direction == "out" and text.startswith("Action: FAXSessions\r\n"):
            clock.next_second()
        emit(lines, direction, text, moment)

    threading.Thread(target=sample, args=[path], daemon=True).start()
    with (
        patch("faxstore.ami.lines.now", clock.now),
        patch("faxstore.ami.guard.now", clock.now),
        patch("faxstore.ami.poll_backoff.MAX_POLL_SHARE", 1.0),
        patch.object(LineEmitter, "emit", emitted),
    ):
        cli.main()


if __name__ == "__main__":
    main()
