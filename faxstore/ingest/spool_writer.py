"""The SpoolWriter: a thread that commits collected records to the spool, so that no collector waits for a disk.

While the disk refuses, records wait in memory, up to MOST_BYTES.  Records beyond that are dropped and counted; once
the disk accepts records again, the loss is recorded as a gap.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import islice

from faxstore.counted import counted
from faxstore.ingest.overflow import Overflow
from faxstore.ingest.watchdog import Heartbeat
from faxstore.observations import MICROSECONDS, decode
from faxstore.spool.queue import Spool

log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Most seconds between two commits; with the commit itself well under the 200 ms that faxstore promises."""

LONGEST_ROUND = 120.0
"""Seconds after which one round means a stuck thread rather than a slow disk."""

RETRY = 1.0
"""Seconds between two attempts to write to a disk that refuses."""

MOST_BYTES = 64 * 2**20
"""Most bytes that wait in memory: a quarter of an hour of 150 observations per second, and safe on a small host."""

OVERHEAD = 64
"""Bytes of memory that a record takes in addition to its own."""

COUNT_EVERY = 5.0
"""Seconds between two counts of what waits in the spool."""

CHUNK = 5_000
"""Most records per commit, so that a disk with little room stores as many as fit."""


class SpoolWriter:
    """Accepts encoded records from the event loop and commits them to the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = threading.Lock()
        self._memory = threading.Lock()
        """Protects the next four attributes; never held while the disk works."""
        self._bodies: deque[bytes] = deque()
        self._bytes = 0
        self._overflow = Overflow()
        self._dropped = 0
        self.dropped_records = 0
        """Records that were dropped so far."""
        self.backlog: tuple[int, float | None] = 0, None
        """Records in the spool, and when the first one was observed (seconds since 1970), as counted last."""
        self._count_due = 0.0
        self._stopping = threading.Event()
        self.heartbeat = Heartbeat("spool thread", LONGEST_ROUND)
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def memory_bytes(self) -> int:
        """Bytes of records that wait in memory for the disk."""
        return self._bytes

    def put(self, body: bytes) -> None:
        """Accept a record, which is on disk within 200 ms.  Never blocks on the disk."""
        with self._memory:
            # After the first dropped record all others are dropped too until the disk recovers: one gap, not many.
            if not self._dropped and self._bytes + len(body) + OVERHEAD <= MOST_BYTES:
                self._queue(body)
                return
            self._dropped += 1
            self.dropped_records += 1
            self._overflow.add(body)
            first = self._dropped == 1
        if first:
            log.error("spool: %d MiB wait in memory; dropping new records until it is writable", MOST_BYTES >> 20)

    def flush(self) -> None:
        """Write the waiting records to disk.  If the disk refuses, they wait for the next attempt."""
        with self._lock:
            try:
                written = self._write()
                if dropped := self._queue_gaps():
                    self._write()
            except sqlite3.Error as error:
                self._report_failure(error)
            else:
                self._report_recovery(written, dropped)

    def stop(self) -> None:
        """Write the rest to disk and end the thread."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        self.flush()
        if lost := len(self._bodies) + self._dropped:
            log.error("spool: not written and lost: %s", counted(lost, "records"))

    def _run(self) -> None:
        while not self._stopping.wait(RETRY if self._failure else INTERVAL):
            self.flush()
            self._count()
            self.heartbeat.beat()

    def _count(self) -> None:
        """Count what waits in the spool, if that is due; a spool that cannot be read keeps its last count."""
        if time.monotonic() < self._count_due:
            return
        self._count_due = time.monotonic() + COUNT_EVERY
        with suppress(sqlite3.Error):
            records, first = self._spool.backlog()
            self.backlog = records, _observed_at(first)

    def _queue(self, body: bytes) -> None:
        self._bodies.append(body)
        self._bytes += len(body) + OVERHEAD

    def _write(self) -> int:
        """Commit chunk by chunk and return the number of records.  A chunk leaves the memory once it is on disk."""
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

    def _queue_gaps(self) -> int:
        """Stop dropping, queue `Dropped` observations of what was dropped, and return the number of dropped records."""
        with self._memory:
            dropped, self._dropped = self._dropped, 0
            for body in self._overflow.flush(f"the spool could not be written ({self._failure or 'too slow'})"):
                self._queue(body)
        return dropped

    def _report_failure(self, error: sqlite3.Error) -> None:
        if self._failure is None:
            log.error("spool: not writable (%s); records wait in memory, up to %d MiB", error, MOST_BYTES >> 20)
        self._failure = str(error)

    def _report_recovery(self, written: int, dropped: int) -> None:
        if (self._failure is not None and written) or dropped:
            wrote = counted(written, "records")
            log.warning("spool: writable again; wrote %s, dropped %d and recorded a gap for these", wrote, dropped)
        if written:
            self._failure = None


def _observed_at(body: bytes | None) -> float | None:
    """Return when an encoded record was observed; None if there is none, or another version wrote it."""
    try:
        return None if body is None else decode(body).observed_at / MICROSECONDS
    except ValueError:
        return None
