"""The thread that puts what was collected on disk, in batches, so that the collectors never wait for a disk.

Where the disk refuses, collecting goes on in memory up to a bound; what comes beyond it is dropped, counted, and
told as a gap once the disk takes records again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from itertools import islice

from faxstore.ingest.overflow import Losses
from faxstore.ingest.watchdog import Pulse
from faxstore.spool.queue import Spool

log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two commits at most; with the commit itself well under the 200 ms that are promised."""

LONGEST_ROUND = 120.0
"""Seconds after which one round is not a slow disk any more, but a thread that is stuck."""

RETRY = 1.0
"""Seconds between two tries of a disk that refuses."""

MOST_BYTES = 64 * 2**20
"""That wait in memory at most: a quarter of an hour of 150 observations a second, and no danger to a small host."""

OVERHEAD = 64
"""Bytes that a record costs beside its own."""

CHUNK = 5_000
"""Records in one commit at most: a disk with little room takes what it can."""


class SpoolWriter:
    """Takes encoded records from the event loop and commits them to the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = threading.Lock()
        self._memory = threading.Lock()
        """Of the four below; held for moments only, never while the disk works."""
        self._bodies: deque[bytes] = deque()
        self._bytes = 0
        self._losses = Losses()
        self._dropped = 0
        self._stopping = threading.Event()
        self.pulse = Pulse("the spool's thread", LONGEST_ROUND)
        self._failed: str | None = None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def put(self, body: bytes) -> None:
        """Takes a record; it is on disk within 200 ms.  Never blocks on the disk."""
        with self._memory:
            # Once one is dropped all are, until the disk takes records again: one gap, not many.
            if not self._dropped and self._bytes + len(body) + OVERHEAD <= MOST_BYTES:
                self._hold(body)
                return
            self._dropped += 1
            self._losses.add(body)
            first = self._dropped == 1
        if first:
            log.error("%d MiB wait for the spool: new records are dropped until it takes them", MOST_BYTES >> 20)

    def flush(self) -> None:
        """Puts on disk what was taken so far.  Where the disk refuses, it is kept and tried again."""
        with self._lock:
            try:
                written = self._write()
                if dropped := self._tell_losses():
                    self._write()
            except sqlite3.Error as error:
                self._say_failed(error)
            else:
                self._say_well(written, dropped)

    def stop(self) -> None:
        """Puts the rest on disk and ends the thread."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        self.flush()
        if lost := len(self._bodies) + self._dropped:
            log.error("%d records could not be written to the spool and are lost", lost)

    def _run(self) -> None:
        while not self._stopping.wait(RETRY if self._failed else INTERVAL):
            self.flush()
            self.pulse.beat()

    def _hold(self, body: bytes) -> None:
        self._bodies.append(body)
        self._bytes += len(body) + OVERHEAD

    def _write(self) -> int:
        """Commits chunk by chunk; returns how many records.  A chunk leaves the memory when it is on disk."""
        written = 0
        while True:
            with self._memory:
                bodies = list(islice(self._bodies, CHUNK))
            if not bodies:
                return written
            self._spool.put(bodies)
            written += len(bodies)
            with self._memory:
                for body in bodies:
                    self._bodies.popleft()
                    self._bytes -= len(body) + OVERHEAD

    def _tell_losses(self) -> int:
        """Takes records again, what was dropped told behind those that were held; how many were dropped."""
        with self._memory:
            dropped, self._dropped = self._dropped, 0
            for body in self._losses.told(f"the spool could not be written ({self._failed or 'too slow'})"):
                self._hold(body)
        return dropped

    def _say_failed(self, error: sqlite3.Error) -> None:
        if self._failed is None:
            told = "the spool cannot be written (%s); collecting goes on in memory, up to %d MiB"
            log.error(told, error, MOST_BYTES >> 20)
        self._failed = str(error)

    def _say_well(self, written: int, dropped: int) -> None:
        if (self._failed is not None and written) or dropped:
            told = "the spool can be written again; %d records went to disk, %d were dropped and are on record as a gap"
            log.warning(told, written, dropped)
        if written:
            self._failed = None
