"""The file of a spool: opening it, and setting it aside where it cannot be used.

A file that is damaged, or that a newer faxstore wrote, is renamed with its log beside it, and a new one begins;
what can still be read of a damaged one goes over.  A lock, a full disk and missing rights are no damage.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

VERSION = 1
"""Of the tables below, in `pragma user_version`; files of the time before it have 0 and are taken over."""

_SCHEMA = """
pragma journal_mode = wal;
pragma synchronous = {synchronous};
pragma journal_size_limit = 16777216;
create table if not exists entry (key integer primary key autoincrement, body blob not null);
create table if not exists kept (ordinal integer primary key autoincrement, key integer not null, body blob not null);
create table if not exists place (name text not null);
"""
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BESIDE = ("", "-wal", "-shm")


class _UnusableError(Exception):
    """Why a file is to be set aside; `readable`: what it holds may still be this version's entries."""

    def __init__(self, why: str, *, readable: bool = True) -> None:
        super().__init__(why)
        self.readable = readable


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault: nothing that time, room or rights would mend."""
    return _code(error) in _DAMAGE


def is_full(error: sqlite3.Error) -> bool:
    """Whether there is no room on the disk."""
    return _code(error) == sqlite3.SQLITE_FULL


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's own number for it; None for an error of the Python module."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def newest_key(database: sqlite3.Connection) -> int:
    """The key that was given out last; 0: none."""
    row = database.execute("select seq from sqlite_sequence where name = 'entry'").fetchone()
    return int(row[0]) if row else 0


def opened(path: Path, synchronous: str) -> sqlite3.Connection:
    """The spool in that file, which is made, or set aside and begun anew, as need be.

    Raises sqlite3.Error where no file can be there, or none can be renamed.
    """
    try:
        return _opened(path, synchronous)
    except _UnusableError as unusable:
        return _begun_anew(path, synchronous, unusable)


def replaced(path: Path, synchronous: str, damaged: sqlite3.Connection, error: sqlite3.Error) -> sqlite3.Connection:
    """Another spool in place of one that turned out to be damaged in use.  Raises sqlite3.Error as above."""
    return _begun_anew(path, synchronous, _UnusableError(str(error)), damaged)


def _opened(path: Path, synchronous: str) -> sqlite3.Connection:
    if _log_alone(path):
        raise _UnusableError("its log is there without it", readable=False)
    database = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    try:
        version: int = database.execute("pragma user_version").fetchone()[0]
        if version > VERSION:
            told = f"a newer faxstore wrote it: its format is {version}, this one knows {VERSION}"
            raise _UnusableError(told, readable=False)
        database.executescript(_SCHEMA.format(synchronous=synchronous))
        for table in ("entry", "kept"):
            database.execute(f"select key, body from {table} limit 1").fetchone()
        newest_key(database)
        if version < VERSION:
            database.execute(f"pragma user_version = {VERSION}")
    except sqlite3.Error as error:
        database.close()
        no_spool = _code(error) == sqlite3.SQLITE_ERROR  # other tables than ours
        if is_damage(error) or no_spool:
            raise _UnusableError(str(error), readable=not no_spool) from error
        raise
    except _UnusableError:
        database.close()
        raise
    return database


def _log_alone(path: Path) -> bool:
    """SQLite would delete such a log, and with it what was last put on disk."""
    beside = path.with_name(f"{path.name}-wal")
    return beside.is_file() and beside.stat().st_size > 0 and not (path.exists() and path.stat().st_size > 0)


def _begun_anew(
    path: Path, synchronous: str, unusable: _UnusableError, damaged: sqlite3.Connection | None = None
) -> sqlite3.Connection:
    try:
        aside = _set_aside(path)
    except OSError as error:
        raise sqlite3.OperationalError(f"{unusable}; and it cannot be set aside: {error.strerror}") from error
    if damaged is not None:
        # Only now: a connection that closes deletes the log by its old name.
        with suppress(sqlite3.Error):
            damaged.close()
    try:
        database = _opened(path, synchronous)
    except (sqlite3.Error, _UnusableError) as error:
        log.error("the spool %s is set aside as %s (%s); a new one cannot begin (%s)", path, aside, unusable, error)
        raise sqlite3.OperationalError(str(error)) from error
    taken = _taken_over(aside, database) if unusable.readable else 0
    told = f"{taken} records could still be read and are in it"
    log.error("the spool %s is set aside as %s (%s); a new one begins, and %s", path, aside, unusable, told)
    return database


def _set_aside(path: Path) -> Path:
    """Renames the file and what SQLite keeps beside it, to the first name that is free."""
    number = 1
    while any(path.with_name(f"{path.name}.aside-{number}{beside}").exists() for beside in _BESIDE):
        number += 1
    for beside in _BESIDE:
        with suppress(FileNotFoundError):
            path.with_name(path.name + beside).rename(path.with_name(f"{path.name}.aside-{number}{beside}"))
    return path.with_name(f"{path.name}.aside-{number}")


def _taken_over(aside: Path, database: sqlite3.Connection) -> int:
    """Puts what can be read into the new spool, under the same keys; 0 where that has no room for it."""
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
    """Entries from the front up to the damage, then from the back up to it.  The file is only read."""
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
