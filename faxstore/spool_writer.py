"""The thread that puts what was collected on disk, in batches, so that the collectors never wait for a disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque

from faxstore.spool import Spool
from faxstore.watchdog import Pulse

log = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two commits at most; with the commit itself well under the 200 ms that are promised."""

LONGEST_ROUND = 120.0
"""Seconds after which one round is not a slow disk any more, but a thread that is stuck."""


class SpoolWriter:
    """Takes encoded records from the event loop and commits them to the spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = threading.Lock()
        self._bodies: deque[bytes] = deque()
        self._stopping = threading.Event()
        self.pulse = Pulse("the spool's thread", LONGEST_ROUND)
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def put(self, body: bytes) -> None:
        """Takes a record; it is on disk within 200 ms.  Never blocks on the disk."""
        self._bodies.append(body)

    def flush(self) -> None:
        """Puts on disk what was taken so far.  Where the disk refuses, it is kept and tried again."""
        with self._lock:
            bodies = [self._bodies.popleft() for _ in range(len(self._bodies))]
            if not bodies:
                return
            try:
                self._spool.put(bodies)
            except sqlite3.Error as error:
                self._bodies.extendleft(reversed(bodies))
                self._say_failed(error)
            else:
                self._say_well(len(bodies))

    def stop(self) -> None:
        """Puts the rest on disk and ends the thread."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        self.flush()
        if self._bodies:
            log.error("%d records could not be written to the spool and are lost", len(self._bodies))

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL):
            self.flush()
            self.pulse.beat()

    def _say_failed(self, error: sqlite3.Error) -> None:
        if not self._failed:
            log.error("the spool cannot be written (%s); collecting goes on in memory", error)
        self._failed = True

    def _say_well(self, written: int) -> None:
        if self._failed:
            log.warning("the spool can be written again; %d records went to disk", written)
        self._failed = False
