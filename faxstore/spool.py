"""A durable local queue: bytes go in, and stay until whoever took them says they are done with.

SQLite with a write-ahead log and synchronous=FULL: what put() returned from survives kill -9 and a power cut.
It knows nothing of what it holds.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faxstore.errors import UsageError

_SCHEMA = """
pragma journal_mode = wal;
pragma synchronous = {synchronous};
create table if not exists entry (key integer primary key autoincrement, body blob not null);
"""


class Spool:
    """One queue in one file, for one process: a second one is refused.

    put() and the rest may be called from different threads.
    """

    def __init__(self, path: Path, *, synchronous: str = "full") -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._only = path.with_suffix(".lock").open("w")
        except OSError as error:
            raise UsageError(f"the spool {path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._only, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._only.close()
            raise UsageError(f"the spool {path} is in use by another faxstore; one process at a time") from error
        try:
            self._database = self._opened(path, synchronous)
        except sqlite3.Error as error:
            self._only.close()
            raise UsageError(f"the spool {path} cannot be used: {error}") from error

    @staticmethod
    def _opened(path: Path, synchronous: str) -> sqlite3.Connection:
        database = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        try:
            database.executescript(_SCHEMA.format(synchronous=synchronous))
        except sqlite3.Error:
            database.close()
            raise
        return database

    def put(self, bodies: Iterable[bytes]) -> None:
        """Adds bodies, in order, and returns when they are on disk."""
        with self._transaction() as database:
            database.executemany("insert into entry (body) values (?)", ((body,) for body in bodies))

    def peek(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` entries behind the key `after`, with their keys, in order; they stay."""
        with self._lock:
            query = "select key, body from entry where key > ? order by key limit ?"
            return self._database.execute(query, (after, limit)).fetchall()

    def discard(self, keys: Iterable[int]) -> None:
        """Forgets entries that are done with; a crash before it is on disk only means that they are seen again."""
        with self._transaction() as database:
            database.executemany("delete from entry where key = ?", ((key,) for key in keys))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("begin immediate")
            try:
                yield self._database
                self._database.execute("commit")
            except BaseException:
                if self._database.in_transaction:  # a full disk has ended it already
                    self._database.execute("rollback")
                raise

    def __len__(self) -> int:
        with self._lock:
            row: tuple[int] = self._database.execute("select count(*) from entry").fetchone()
            return row[0]

    def close(self) -> None:
        """Closes the file; another process may open it."""
        with self._lock:
            self._database.close()
            self._only.close()
