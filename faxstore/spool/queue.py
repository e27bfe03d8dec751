"""The Spool: a durable local queue of bytes in an SQLite file.

put() returns when the entries are on disk (write-ahead log, synchronous=FULL), so they survive kill -9 and a power
failure.  An entry stays in the queue until discard().  Discarded entries are retained for a while: after a failover
the new database may lack the most recent ones, and settle() then queues them again (faxstore.spool.progress).
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TypeVar
from uuid import UUID

from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.spool import file as spool_file
from faxstore.spool import progress
from faxstore.spool.progress import Progress, Runs, Step, StoredProgress, transaction

log = logging.getLogger(__name__)

RETAINED_SECONDS = 3600.0
"""How long discarded entries are retained, unless there are too many: how far a standby database may lag behind."""

RETAINED_ENTRIES = 200_000
"""Most retained entries: under 100 MB on disk, and more than an hour of 50 observations per second."""

COUNTED = 10_000
"""Entries that backlog() counts one by one; in about a millisecond."""

_MARK_EVERY = 60.0

_Result = TypeVar("_Result")


class Spool:
    """One queue in one file, for one process: a second process is refused.

    If the disk is full or failing at the start, the methods raise sqlite3.Error until it recovers.  All methods may be
    called from different threads.  A file that turns out to be damaged is replaced while in use; keys continue to
    increase.  `retain` is the most discarded entries to retain; the first entry of a new file has a key above `after`.
    """

    def __init__(
        self, path: Path, *, synchronous: str = "full", retain: int = RETAINED_ENTRIES, after: int = 0
    ) -> None:
        self._lock = threading.Lock()
        self._path, self._synchronous, self._retain = path, synchronous, retain
        self._marks: deque[tuple[float, int]] = deque()
        """Times of the monotonic clock, each with the newest ordinal retained at that time."""
        self._broken = False
        self._process_lock = _lock_file(path)
        self._last_key = after
        try:
            self._database = spool_file.open_or_replace(path, synchronous)
            self._continue_keys(self._database)
        except (sqlite3.Error, OSError) as error:
            if not spool_file.is_trouble_of_the_disk(error):
                self._process_lock.close()
                raise UsageError(f"the spool {path} cannot be used: {error}") from error
            log.error("spool: %s cannot be opened (%s); trying again until it can", path, error)
            self._database, self._broken = sqlite3.connect(":memory:", check_same_thread=False), True

    def put(self, bodies: Iterable[bytes]) -> None:
        """Add entries, in order, and return when they are on disk."""
        rows = [(body,) for body in bodies]

        def insert(database: sqlite3.Connection) -> None:
            with transaction(database):
                database.executemany("insert into entry (body) values (?)", rows)
            self._last_key += len(rows)

        try:
            self._run(insert)
        except sqlite3.Error as error:
            if not spool_file.is_full(error) or not self._drop_retained():
                raise
            self._run(insert)

    def peek(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` entries after the key `after`, in order, with their keys.  They stay in the queue."""
        query = "select key, body from entry where key > ? order by key limit ?"
        return self._run(lambda database: database.execute(query, (after, limit)).fetchall())

    def discard(self, keys: Iterable[int], before: Progress | None = None) -> None:
        """Remove entries from the queue, which were appended when progress() was this; None: the current progress."""
        if runs := progress.runs_of(keys):
            self._discard_runs(runs, before.spool_id if before else None)

    def progress(self) -> Progress:
        """Return the id of the spool and how many of its entries were appended under it."""
        return self._run(progress.current)

    def ids(self) -> list[UUID]:
        """Return the ids that a database may know the spool by, the current one first."""
        return self._run(progress.ids)

    def settle(self, stored: Mapping[UUID, StoredProgress]) -> Step:
        """Continue where a database stops, which has stored this of the ids; return the sum of all changes."""
        total = Step()
        while (step := self._step(stored)) != Step():
            if step.appended:
                self._discard_runs([*step.appended], None)
            if step.queued:
                self._marks.clear()
            total = Step(total.appended + step.appended, total.queued + step.queued, total.lost + step.lost)
        return total

    def __len__(self) -> int:
        count: int = self._run(lambda database: database.execute("select count(*) from entry").fetchone()[0])
        return count

    def backlog(self) -> tuple[int, bytes | None]:
        """Return the number of entries and the first one, without reading all of them.

        The number is exact up to COUNTED.  Of more entries the last ones are counted by their keys.
        """
        return self._run(_backlog)

    def close(self) -> None:
        """Close the file; another process may then open it."""
        with self._lock:
            self._broken = False
            self._database.close()
            self._process_lock.close()

    def _run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._lock:
            try:
                if self._broken:  # the previous attempt could not create a new file
                    self._use(spool_file.open_or_replace(self._path, self._synchronous))
                return work(self._database)
            except sqlite3.DatabaseError as error:
                if not spool_file.is_damage(error):
                    raise
                self._broken = True
                self._use(spool_file.replace(self._path, self._synchronous, self._database, error))
                return work(self._database)

    def _use(self, database: sqlite3.Connection) -> None:
        """Continue with a new file.  Keys continue to increase, so a reader's place in the queue stays valid."""
        self._database = database
        self._continue_keys(database)
        self._marks.clear()
        self._broken = False

    def _continue_keys(self, database: sqlite3.Connection) -> None:
        newest = spool_file.newest_key(database)
        if newest < self._last_key:
            with transaction(database):
                spool_file.continue_after(database, self._last_key)
        self._last_key = max(self._last_key, newest)

    def _step(self, stored: Mapping[UUID, StoredProgress]) -> Step:
        """Take one step of settle(); on a full disk, make room by dropping retained entries that the database has."""
        try:
            return self._run(lambda database: progress.settle(database, stored))
        except sqlite3.Error as error:
            if not spool_file.is_full(error) or not self._drop_retained(
                self._run(lambda database: progress.shared(database, stored))
            ):
                raise
            return self._run(lambda database: progress.settle(database, stored))

    def _discard_runs(self, runs: Runs, spool_id: UUID | None) -> None:
        try:
            self._run(lambda database: self._discard(database, runs, spool_id, retain=self._retain > 0))
        except sqlite3.Error as error:
            if not spool_file.is_full(error):
                raise
            self._drop_retained()
            self._run(lambda database: self._discard(database, runs, spool_id, retain=False))

    def _discard(self, database: sqlite3.Connection, runs: Runs, spool_id: UUID | None, *, retain: bool) -> None:
        with transaction(database):
            newest = progress.discard(database, runs, spool_id, retain=retain)
            if retain:
                self._expire(database, newest)

    def _expire(self, database: sqlite3.Connection, newest: int) -> None:
        """Delete retained entries that are too old or too many.  Age is by the monotonic clock: no one can set it."""
        now, expired = time.monotonic(), newest - self._retain
        if not self._marks or now - self._marks[-1][0] >= _MARK_EVERY:
            self._marks.append((now, newest))
        while self._marks and now - self._marks[0][0] > RETAINED_SECONDS:
            expired = max(expired, self._marks.popleft()[1])
        database.execute("delete from kept where ordinal <= ?", (expired,))

    def _drop_retained(self, newest: int = sys.maxsize) -> bool:
        """Make room on a full disk: drop retained entries up to this place.  Returns False if there were none."""
        try:
            count: int = self._run(
                lambda database: database.execute("delete from kept where ordinal <= ?", (newest,)).rowcount
            )
        except sqlite3.Error:
            return False
        if count:
            log.warning("spool: the disk is full; dropped %s retained for a failover", counted(count, "entries"))
        return count > 0


def _backlog(database: sqlite3.Connection) -> tuple[int, bytes | None]:
    front = database.execute("select body from entry order by key limit 1").fetchone()
    query = "select count(*), coalesce(max(key), 0) from (select key from entry order by key limit ?)"
    count, last = database.execute(query, (COUNTED,)).fetchone()
    beyond = spool_file.newest_key(database) - last if count == COUNTED else 0
    return count + beyond, front[0] if front else None


def _lock_file(path: Path) -> IO[str]:
    """Lock the spool for this process.  Raises UsageError if another process holds the lock or no file can exist."""
    try:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        path.with_suffix(".lock").touch(spool_file.MODE)
        lock = path.with_suffix(".lock").open("w")
    except OSError as error:
        raise UsageError(f"the spool {path} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise UsageError(f"the spool {path} is in use by another faxstore; one process at a time") from error
    return lock
