"""The SQLite file of a spool: opening it, and replacing one that cannot be used.

A file that is damaged, or that a newer faxstore wrote, is renamed together with its write-ahead log, never deleted,
and a new file takes its place.  Entries that are still readable in a damaged file are copied to the new one.  A
locked file, a full disk and missing rights are not damage.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from faxstore.spool import progress

log = logging.getLogger(__name__)

VERSION = 2
"""Version of the tables, in `pragma user_version`.  Files of version 1, and of 0 before versioning, are upgraded."""

_SCHEMA = """
pragma journal_mode = wal;
pragma synchronous = {synchronous};
pragma journal_size_limit = 16777216;
create table if not exists entry (key integer primary key autoincrement, body blob not null);
drop table if exists place;
"""
"""`entry` is the queue; faxstore.spool.progress has the tables of discarded entries.  `place` was one of version 1."""

MODE = 0o600
"""The mode of a new file: only its owner can read the numbers and names in it."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SUFFIXES = ("", "-wal", "-shm")


class _UnusableError(Exception):
    """Why a file must be replaced; `readable`: it may still contain entries of this version."""

    def __init__(self, reason: str, *, readable: bool = True) -> None:
        super().__init__(reason)
        self.readable = readable


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file itself is damaged, so that neither time, nor space, nor rights would help."""
    return _code(error) in _DAMAGE


def is_full(error: sqlite3.Error) -> bool:
    """Return whether the disk is full."""
    return _code(error) == sqlite3.SQLITE_FULL


def is_trouble_of_the_disk(error: sqlite3.Error | OSError) -> bool:
    """Return whether the disk is full or failing, so that the file may be usable later."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}
    return _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 for an error of the Python module."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def newest_key(database: sqlite3.Connection) -> int:
    """Return the key that was assigned last, 0 if there was no entry yet."""
    row = database.execute("select seq from sqlite_sequence where name = 'entry'").fetchone()
    return int(row[0]) if row else 0


def open_or_replace(path: Path, synchronous: str) -> sqlite3.Connection:
    """Open the spool in this file; create the file, or replace it if it cannot be used.

    Raises sqlite3.Error if no file can be created here, or the unusable one cannot be renamed.
    """
    try:
        return _open(path, synchronous)
    except _UnusableError as unusable:
        return _replace(path, synchronous, unusable)


def continue_after(database: sqlite3.Connection, key: int) -> None:
    """Give the next entry a key greater than this one."""
    database.execute("delete from sqlite_sequence where name = 'entry'")
    database.execute("insert into sqlite_sequence (name, seq) values ('entry', ?)", (key,))


def add_entries(path: Path, entries: Iterable[tuple[int, bytes]]) -> None:
    """Add entries with their keys to a spool that another process may be using; those that it has are ignored.

    Raises sqlite3.Error.  A file that cannot be used is left to the process that uses it.
    """
    try:
        database = _open(path, "full")
    except _UnusableError as error:
        raise sqlite3.OperationalError(str(error)) from error
    with closing(database):
        database.execute("begin immediate")
        database.executemany("insert or ignore into entry (key, body) values (?, ?)", entries)
        database.execute("commit")


def remove(path: Path) -> None:
    """Delete a spool with its companions.  Raises OSError."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.with_suffix(".lock").unlink(missing_ok=True)


def replace(path: Path, synchronous: str, damaged: sqlite3.Connection, error: sqlite3.Error) -> sqlite3.Connection:
    """Replace a file that turned out to be damaged while it was in use.  Raises sqlite3.Error if that is impossible."""
    return _replace(path, synchronous, _UnusableError(str(error)), damaged)


def _open(path: Path, synchronous: str) -> sqlite3.Connection:
    if _is_log_without_file(path):
        raise _UnusableError("its write-ahead log exists without it", readable=False)
    with suppress(OSError):  # SQLite reports it
        path.touch(MODE)  # SQLite gives the write-ahead log the mode of its file
    database = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    try:
        version: int = database.execute("pragma user_version").fetchone()[0]
        if version > VERSION:
            reason = f"a newer faxstore wrote it: its format is {version}, this version reads {VERSION}"
            raise _UnusableError(reason, readable=False)
        database.executescript(_SCHEMA.format(synchronous=synchronous))
        progress.prepare(database)
        for table in ("entry", "kept"):
            database.execute(f"select key, body from {table} limit 1").fetchone()
        newest_key(database)
        if version < VERSION:
            database.execute(f"pragma user_version = {VERSION}")
    except sqlite3.Error as error:
        database.close()
        other_tables = _code(error) == sqlite3.SQLITE_ERROR
        if is_damage(error) or other_tables:
            raise _UnusableError(str(error), readable=not other_tables) from error
        raise
    except _UnusableError:
        database.close()
        raise
    return database


def _is_log_without_file(path: Path) -> bool:
    """Return whether only the write-ahead log exists: SQLite would delete it, and with it the newest entries."""
    wal = path.with_name(f"{path.name}-wal")
    return wal.is_file() and wal.stat().st_size > 0 and not (path.exists() and path.stat().st_size > 0)


def _replace(
    path: Path, synchronous: str, unusable: _UnusableError, damaged: sqlite3.Connection | None = None
) -> sqlite3.Connection:
    try:
        aside = _set_aside(path)
    except OSError as error:
        raise sqlite3.OperationalError(f"{unusable}; renaming it failed: {error.strerror}") from error
    if damaged is not None:
        # Not earlier: closing a connection deletes the log by its old name.
        with suppress(sqlite3.Error):
            damaged.close()
    try:
        database = _open(path, synchronous)
    except (sqlite3.Error, _UnusableError) as error:
        log.error("spool: set %s aside as %s (%s); cannot create a new one (%s)", path, aside, unusable, error)
        raise sqlite3.OperationalError(str(error)) from error
    copied = _copy_readable(aside, database) if unusable.readable else 0
    event = "spool: set %s aside as %s (%s); created a new one with %d records that were still readable"
    log.error(event, path, aside, unusable, copied)
    return database


def _set_aside(path: Path) -> Path:
    """Rename the file and its companions to the first free name, and return that name."""
    number = 1
    while any(path.with_name(f"{path.name}.aside-{number}{suffix}").exists() for suffix in _SUFFIXES):
        number += 1
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(path.with_name(f"{path.name}.aside-{number}{suffix}"))
    return path.with_name(f"{path.name}.aside-{number}")


def _copy_readable(aside: Path, database: sqlite3.Connection) -> int:
    """Copy the readable entries to the new spool, with their keys; return their number, 0 if there is no room."""
    before = database.total_changes
    try:
        database.execute("begin immediate")
        database.executemany("insert or ignore into entry (key, body) values (?, ?)", _readable(aside))
        database.execute("commit")
    except sqlite3.Error:
        if database.in_transaction:
            database.execute("rollback")
        return 0
    return database.total_changes - before


def _readable(aside: Path) -> Iterator[tuple[int, bytes]]:
    """Yield entries from the front up to the damage, then from the back down to it.  The file is opened read-only."""
    with closing(sqlite3.connect(f"file:{quote(str(aside))}?mode=ro", uri=True)) as database:
        last = 0
        for order in ("asc", "desc"):
            query = f"select key, body from entry where key > ? order by key {order}"
            with suppress(sqlite3.DatabaseError):
                for key, body in database.execute(query, (last,)):
                    if isinstance(key, int) and isinstance(body, bytes):
                        yield key, body
                    last = key if order == "asc" else last
                return
