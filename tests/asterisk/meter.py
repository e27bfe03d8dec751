"""Measures the processor time and memory of a process, read from /proc."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
BETWEEN = 1.0
"""Seconds between two readings of the memory."""


class Meter:
    """Measures one process while the context is open; it is no error if the process ends."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.share = 0.0
        """Average share of one processor, at the last reading."""
        self.megabytes = 0.0
        """Largest resident set, in bytes."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with suppress(OSError):
            began, used = time.monotonic(), self._seconds()
            while not self._over.wait(BETWEEN):
                self.share = (self._seconds() - used) / (time.monotonic() - began)
                pages = int((self._folder / "statm").read_text().split()[1])
                self.megabytes = max(self.megabytes, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)

    def _seconds(self) -> float:
        """Processor time so far, in seconds; the name before it, in brackets, may contain spaces."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
