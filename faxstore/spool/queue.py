"""A durable local queue: bytes go in, and stay until whoever took them says they are done with.

SQLite with a write-ahead log and synchronous=FULL: what put() returned from survives kill -9 and a power cut.
What is done with is kept a while longer, for the place it was taken to may turn out to have lost it.
It knows nothing of what it holds.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from faxstore.errors import UsageError
from faxstore.spool import file as spool_file

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600.0
"""How long entries that are done with are kept at least, unless there are more: how far a standby may lag behind."""

KEPT_ENTRIES = 200_000
"""How many are kept at most: under 100 MB on disk, and more than an hour of 50 observations a second."""

_MARK_EVERY = 60.0

_Result = TypeVar("_Result")


class Spool:
    """One queue in one file, for one process: a second one is refused.

    put() and the rest may be called from different threads.  A file that turns out to be damaged is replaced under
    way; keys go on.  `keep`: how many entries that are done with are kept.
    """

    def __init__(self, path: Path, *, synchronous: str = "full", keep: int = KEPT_ENTRIES) -> None:
        self._lock = threading.Lock()
        self._path, self._synchronous, self._keep = path, synchronous, keep
        self._marks: deque[tuple[float, int]] = deque()
        """Moments of the monotonic clock, each with the newest ordinal that was kept by then."""
        self._broken = False
        self._only = _locked(path)
        try:
            self._database = spool_file.opened(path, synchronous)
            self._last_key = spool_file.newest_key(self._database)
        except (sqlite3.Error, OSError) as error:
            self._only.close()
            raise UsageError(f"the spool {path} cannot be used: {error}") from error

    def put(self, bodies: Iterable[bytes]) -> None:
        """Adds bodies, in order, and returns when they are on disk."""
        rows = [(body,) for body in bodies]

        def work(database: sqlite3.Connection) -> None:
            with _transaction(database):
                database.executemany("insert into entry (body) values (?)", rows)
            self._last_key += len(rows)

        try:
            self._run(work)
        except sqlite3.Error as error:
            if not spool_file.is_full(error) or not self._give_up_kept():
                raise
            self._run(work)

    def peek(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` entries behind the key `after`, with their keys, in order; they stay."""
        query = "select key, body from entry where key > ? order by key limit ?"
        return self._run(lambda database: database.execute(query, (after, limit)).fetchall())

    def discard(self, keys: Iterable[int]) -> None:
        """Forgets entries that are done with; a crash before it is on disk only means that they are seen again."""
        rows = [(key,) for key in keys]
        if not rows:
            return
        try:
            self._run(lambda database: self._discard(database, rows, keep=self._keep > 0))
        except sqlite3.Error as error:
            if not spool_file.is_full(error):
                raise
            self._give_up_kept()
            self._run(lambda database: self._discard(database, rows, keep=False))

    def takes_to(self, place: str) -> int:
        """Says where entries are taken to from now on, by a name of that place's present life.

        If it is not where the kept ones were taken to, they are in the queue again; how many.  A full disk can
        prevent that: it is said, and what waits is taken there all the same.
        """
        try:
            return self._run(lambda database: self._takes_to(database, place))
        except sqlite3.Error as error:
            if not spool_file.is_full(error):
                raise
            log.error("the disk under the spool is full: what is kept for a failover cannot be taken again")
            return 0

    def __len__(self) -> int:
        count: int = self._run(lambda database: database.execute("select count(*) from entry").fetchone()[0])
        return count

    def close(self) -> None:
        """Closes the file; another process may open it."""
        with self._lock:
            self._broken = False
            self._database.close()
            self._only.close()

    # -- in the file -------------------------------------------------------------------------------

    def _run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._lock:
            try:
                if self._broken:  # there was no room for another one
                    self._take_over(spool_file.opened(self._path, self._synchronous))
                return work(self._database)
            except sqlite3.DatabaseError as error:
                if not spool_file.is_damage(error):
                    raise
                self._broken = True
                self._take_over(spool_file.replaced(self._path, self._synchronous, self._database, error))
                return work(self._database)

    def _take_over(self, database: sqlite3.Connection) -> None:
        """Another file: whoever is half through the queue goes on behind the key where they are."""
        self._database = database
        self._last_key = max(self._last_key, spool_file.newest_key(self._database))
        with _transaction(database):
            database.execute("delete from sqlite_sequence where name = 'entry'")
            database.execute("insert into sqlite_sequence (name, seq) values ('entry', ?)", (self._last_key,))
        self._marks.clear()
        self._broken = False

    def _discard(self, database: sqlite3.Connection, rows: list[tuple[int]], *, keep: bool) -> None:
        with _transaction(database):
            if keep:
                query = "insert into kept (key, body) select key, body from entry where key = ?"
                database.executemany(query, rows)
            database.executemany("delete from entry where key = ?", rows)
            if keep:
                self._let_go(database)

    def _let_go(self, database: sqlite3.Connection) -> None:
        """Of the kept ones, what is too old or too much.  The wall clock has no say: it may be set."""
        newest = database.execute("select coalesce(max(ordinal), 0) from kept").fetchone()[0]
        now, old = time.monotonic(), newest - self._keep
        if not self._marks or now - self._marks[-1][0] >= _MARK_EVERY:
            self._marks.append((now, newest))
        while self._marks and now - self._marks[0][0] > KEPT_SECONDS:
            old = max(old, self._marks.popleft()[1])
        database.execute("delete from kept where ordinal <= ?", (old,))

    def _takes_to(self, database: sqlite3.Connection, place: str) -> int:
        row = database.execute("select name from place").fetchone()
        if row == (place,):
            return 0
        with _transaction(database):
            database.execute("insert or ignore into entry (key, body) select key, body from kept order by ordinal")
            again: int = database.execute("select count(*) from kept").fetchone()[0]
            database.execute("delete from kept")
            database.execute("delete from place")
            database.execute("insert into place (name) values (?)", (place,))
        return again

    def _give_up_kept(self) -> bool:
        """On a full disk what waits comes first.  False where there was nothing to give up."""
        try:
            count: int = self._run(lambda database: database.execute("delete from kept").rowcount)
        except sqlite3.Error:
            return False
        if count:
            log.warning("the disk under the spool is full: %d records kept for a failover are given up", count)
        return count > 0


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        if database.in_transaction:  # a full disk has ended it already
            database.execute("rollback")
        raise


def _locked(path: Path) -> IO[str]:
    """The lock beside the spool.  Raises UsageError where another process has it, or no file can be there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        only = path.with_suffix(".lock").open("w")
    except OSError as error:
        raise UsageError(f"the spool {path} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(only, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        only.close()
        raise UsageError(f"the spool {path} is in use by another faxstore; one process at a time") from error
    return only
