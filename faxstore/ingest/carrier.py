"""The thread that carries the spool to the database, and keeps trying for as long as there is none."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

import psycopg

from faxstore.errors import FaxstoreError, one_line
from faxstore.ingest.drain import BATCH, Drain
from faxstore.ingest.watchdog import Pulse
from faxstore.spool.queue import Spool
from faxstore.store import backend
from faxstore.store.append import Appender
from faxstore.store.database import Connection
from faxstore.store.rights import missing_rights_named
from faxstore.store.watched_connection import GivenUpError, SilentError, connect

log = logging.getLogger(__name__)

SHORTEST_BACK_OFF = 0.5
IDLE = 0.1
"""Seconds between two looks into an empty spool."""

LONGEST_BACK_OFF = 10.0
MONTHS_AHEAD_EVERY = 6 * 3600.0

LONGEST_ROUND = 300.0
"""Seconds after which one round (a try to connect, or a batch) is not a slow database any more, but a thread stuck."""


class Carrier:
    """Drains one spool into one database.  It tells of a change, not of each try."""

    def __init__(self, dsn: str, spool: Spool, collector_id: str) -> None:
        self._dsn = dsn
        self._spool = spool
        self._collector_id = collector_id
        self._deadline: float | None = None
        self._stopping = threading.Event()
        self.pulse = Pulse("the carrier's thread", LONGEST_ROUND)
        self._down = False
        self._newer: set[int] = set()
        """Keys of records of a newer faxstore that were reported: each is reported once per run."""
        self._most = BATCH
        """Records of one append: fewer where the network is too slow for more within its time."""
        self._process: backend.Process | None = None
        self._months_due = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, within: float, at_once: threading.Event | None = None) -> None:
        """Lets it take what is left, for that many seconds at most or until told `at_once`, and ends the thread."""
        self._deadline = time.monotonic() + within
        self._stopping.set()
        while self._thread.is_alive() and time.monotonic() < self._deadline + 1.0:
            self._thread.join(IDLE)
            if at_once is not None and at_once.is_set():
                self._deadline = min(self._deadline, time.monotonic())

    def _run(self) -> None:
        back_off = SHORTEST_BACK_OFF
        while True:
            self.pulse.beat()
            try:
                with connect(self._dsn, self._over) as connection, missing_rights_named(connection, "fax_ingest"):
                    self._drain(connection)
                return
            except GivenUpError:
                return
            except (psycopg.Error, sqlite3.Error, FaxstoreError) as error:
                back_off = SHORTEST_BACK_OFF if not self._down else min(2 * back_off, LONGEST_BACK_OFF)
                if isinstance(error, SilentError):
                    self._most = max(1, self._most // 8)
                self._say_down(error)
                if self._stopping.wait(back_off):
                    return

    def _drain(self, connection: Connection) -> None:
        if self._over():
            return
        self._arrive(connection)
        drain = Drain(self._spool, lambda: Appender(connection, self._collector_id), self._newer)
        while not self._over():
            self.pulse.beat()
            self._make_months_ahead(connection)
            appended = drain.step(self._most)
            self._say_up()
            if appended is not None:
                self._most = min(2 * self._most, BATCH)
            elif self._stopping.is_set():
                return
            else:
                self._stopping.wait(IDLE)

    def _arrive(self, connection: Connection) -> None:
        """Ends what is left of the connection before, and takes again what this server may not have."""
        self._months_due = time.monotonic()
        before, self._process = self._process, backend.settled(connection)
        if before is not None:
            backend.end(connection, before)
        place = backend.place(connection)
        again = self._spool.takes_to(place) if place is not None else 0
        if again:
            told = "the database was promoted, restored or replaced: %d records that it may not have are appended again"
            log.warning(told, again)

    def _make_months_ahead(self, connection: Connection) -> None:
        if time.monotonic() < self._months_due:
            return
        try:
            connection.execute("select fax.make_partitions_ahead()")
        except psycopg.errors.LockNotAvailable:  # a long question is being asked; there are months in hand
            self._months_due = time.monotonic() + 60.0
        else:
            self._months_due = time.monotonic() + MONTHS_AHEAD_EVERY

    def _over(self) -> bool:
        if not self._stopping.is_set():
            return False
        return self._deadline is not None and time.monotonic() > self._deadline

    def _say_down(self, error: Exception) -> None:
        if not self._down:
            who = "the spool gives no rows" if isinstance(error, sqlite3.Error) else "the database does not take rows"
            log.error("%s (%s); collecting into the spool until it does", who, one_line(error))
        self._down = True

    def _say_up(self) -> None:
        if self._down:
            log.warning("the database takes rows again; %d records in the spool", len(self._spool))
        self._down = False
