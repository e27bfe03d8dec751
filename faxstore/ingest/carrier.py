"""The Carrier: a thread that moves records from the spool to the database and retries while the database is down."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

import psycopg

from faxstore.counted import counted
from faxstore.errors import FaxstoreError, one_line
from faxstore.ingest.drain import BATCH, Drain
from faxstore.ingest.earlier_spools import EarlierSpools
from faxstore.ingest.watchdog import Heartbeat
from faxstore.spool.queue import Spool
from faxstore.store import backend
from faxstore.store.append import Appended, Appender
from faxstore.store.compaction import WRITE_COVERAGE, WRITE_RECONCILIATION
from faxstore.store.database import Connection, server_message
from faxstore.store.rights import missing_rights_named
from faxstore.store.schema_version import require_current
from faxstore.store.spool_progress import stored_progress
from faxstore.store.watched_connection import SilentError, StoppedError, connect

log = logging.getLogger(__name__)

SHORTEST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 10.0
"""Seconds between two attempts to connect."""

IDLE = 0.1
"""Seconds between two reads of an empty spool."""

PARTITIONS_EVERY = 3600.0
"""Seconds between two calls of fax.make_partitions_ahead()."""

DAYS_EVERY = 60.0
"""Seconds between two looks for a finished day whose coverage or reconciliation is to be stored."""

SCHEMA_EVERY = 10.0
"""Seconds between two looks whether the schema is still the one that this version works with."""

LONGEST_ROUND = 300.0
"""Seconds after which one round (an attempt to connect, or a batch) means a stuck thread, not a slow database."""


class Compactor(Protocol):
    """Stores what is final, in small steps: faxstore.ingest.totals_writer and faxstore.ingest.pack_writer."""

    def step(self, connection: Connection) -> None:
        """Do some work, if any is due.  Raises psycopg.Error only if the connection is lost."""


class Carrier:
    """Moves the records of one spool, after those of earlier spools, to one database.

    While the spool is empty it lets each of the `compactors` do a step.  It calls `on_append` after each batch.
    It logs when this starts or stops working, not each attempt.  While the database has the schema of another version,
    the records wait in the spool: fax.append() of that version may expect other rows.
    """

    def __init__(
        self,
        dsn: str,
        spool: Spool,
        collector_id: str,
        earlier: EarlierSpools | None = None,
        compactors: Sequence[Compactor] = (),
        on_append: Callable[[Appended], None] = lambda batch: None,
    ) -> None:
        self._dsn = dsn
        self._spool = spool
        self._earlier = earlier
        self._compactors = compactors
        self._on_append = on_append
        self._collector_id = collector_id
        self._deadline = math.inf
        self._stopping = threading.Event()
        self.heartbeat = Heartbeat("carrier thread", LONGEST_ROUND)
        self.has_database = False
        """Whether the newest attempt to connect or append succeeded."""
        self._down = False
        self._newer: set[int] = set()
        """Keys of records of a newer faxstore that were reported: each is reported once per run."""
        self._batch = BATCH
        """Records per append; smaller while the network is too slow to append more within its timeout."""
        self._backend: backend.Process | None = None
        self._partitions_due = time.monotonic()
        self._days_due = time.monotonic()
        self._schema_due = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, within: float, at_once: threading.Event | None = None) -> None:
        """Append what is left, for at most `within` seconds or until `at_once` is set, and end the thread."""
        self._deadline = time.monotonic() + within
        self._stopping.set()
        while self._thread.is_alive() and time.monotonic() < self._deadline + 1.0:
            self._thread.join(IDLE)
            if at_once is not None and at_once.is_set():
                self._deadline = min(self._deadline, time.monotonic())

    def _run(self) -> None:
        back_off = SHORTEST_BACK_OFF
        while True:
            self.heartbeat.beat()
            try:
                with connect(self._dsn, self._is_over) as connection, missing_rights_named(connection, "fax_ingest"):
                    self._drain(connection)
                return
            except StoppedError:
                return
            except (psycopg.Error, sqlite3.Error, OSError, FaxstoreError) as error:
                back_off = SHORTEST_BACK_OFF if not self._down else min(2 * back_off, LONGEST_BACK_OFF)
                if isinstance(error, SilentError):
                    self._batch = max(1, self._batch // 8)
                self._report_down(error)
                if self._stopping.wait(back_off):
                    return

    def _drain(self, connection: Connection) -> None:
        if self._is_over():
            return
        self._partitions_due = time.monotonic()
        before, self._backend = self._backend, backend.prepare(connection)
        if before is not None:
            backend.terminate(connection, before)
        self._schema_due = time.monotonic()
        self._check_schema(connection)
        append_all = partial(self._append_all, connection)
        if self._earlier is not None and not self._earlier.empty(append_all, self._goes_on):
            return
        drain = self._drain_of(connection, self._spool)
        while self._goes_on():
            if self._step(connection, drain):
                continue
            if self._stopping.is_set():
                return
            self._write_days(connection)
            for compactor in self._compactors:
                compactor.step(connection)
            self._stopping.wait(IDLE)

    def _append_all(self, connection: Connection, spool: Spool) -> bool:
        """Append what a spool of the past contains; return False if the carrier is to end before that is done."""
        drain = self._drain_of(connection, spool)
        while self._goes_on():
            if not self._step(connection, drain):
                return True
        return False

    def _step(self, connection: Connection, drain: Drain) -> bool:
        """Append one batch; return False if the spool has no further entries."""
        self._check_schema(connection)
        self._make_partitions(connection)
        appended = drain.step(self._batch)
        self._report_up()
        if appended is not None:
            self._on_append(appended)
            self._batch = min(2 * self._batch, BATCH)
        return appended is not None

    def _goes_on(self) -> bool:
        self.heartbeat.beat()
        return not self._is_over()

    def _drain_of(self, connection: Connection, spool: Spool) -> Drain:
        self._settle(connection, spool)
        return Drain(spool, partial(self._appender, connection), self._newer)

    def _appender(self, connection: Connection) -> Appender:
        """Create an appender.  Raises UsageError if the schema no longer fits: no record is to blame then."""
        require_current(connection)
        return Appender(connection, self._collector_id)

    def _check_schema(self, connection: Connection) -> None:
        """Raises UsageError if the schema does not fit, or no longer."""
        if time.monotonic() >= self._schema_due:
            require_current(connection)
            self._schema_due = time.monotonic() + SCHEMA_EVERY

    def _settle(self, connection: Connection, spool: Spool) -> None:
        """Let a spool continue where this database stops."""
        step = spool.settle(stored_progress(connection, spool.ids()))
        if step.queued or step.lost:
            change = "database: promoted, restored or replaced; appending %d records again that it lacks"
            log.warning(change, step.queued)
        if step.lost:
            lost = counted(step.lost, "more records")
            log.error("database: lacks %s of this ingestor, no longer retained", lost)

    def _make_partitions(self, connection: Connection) -> None:
        if time.monotonic() < self._partitions_due:
            return
        self._partitions_due = time.monotonic() + 60.0
        # A long query may be running; partitions exist for months ahead.
        with suppress(psycopg.errors.LockNotAvailable), backend.limited(connection):
            connection.execute("select fax.make_partitions_ahead()")
            self._partitions_due = time.monotonic() + PARTITIONS_EVERY

    def _write_days(self, connection: Connection) -> None:
        """Store the coverage and the reconciliation of one day each, if one is due.

        It locks out appends, so the spool is empty meanwhile.
        """
        if time.monotonic() < self._days_due:
            return
        self._days_due = time.monotonic() + DAYS_EVERY
        with suppress(psycopg.errors.LockNotAvailable):
            for query in (WRITE_COVERAGE, WRITE_RECONCILIATION):
                with backend.limited(connection):
                    written = connection.execute(query).fetchone()
                if written != (0,):
                    self._days_due = time.monotonic()  # there may be more

    def _is_over(self) -> bool:
        return time.monotonic() > self._deadline

    def _report_down(self, error: Exception) -> None:
        self.has_database = False
        if not self._down:
            failure = "spool: not readable" if isinstance(error, sqlite3.Error | OSError) else "database: cannot append"
            # The context of a database error quotes a row; the server's message does not.
            cause = server_message(error) if isinstance(error, psycopg.Error) else one_line(error)
            log.error("%s (%s); records wait in the spool", failure, cause)
        self._down = True

    def _report_up(self) -> None:
        if self._down:
            log.warning("database: appending again; %s in the spool", counted(len(self._spool), "records"))
        self._down, self.has_database = False, True
