"""Drops a month: deletes its packs, in one transaction, after it has compared the files with the log once more.

The packs leave by DELETE, so that a reader with an older snapshot finds them; PostgreSQL frees their space later.
Appends wait only while the transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psycopg

from faxstore import sql
from faxstore.archive import layout, months, reading
from faxstore.archive.comparison import LogComparison
from faxstore.archive.layout import ArchiveFile
from faxstore.errors import FaxstoreError, UsageError
from faxstore.log import note, stored
from faxstore.store import packs
from faxstore.store.database import Connection
from faxstore.system.files import read_text

_SESSIONS = sql.text("queries/archive/drop_sessions")
_PACKED_POSITIONS = sql.text("queries/archive/packed_positions")
_CHANGED = sql.text("queries/archive/changed_since")
_DELETE = "delete from fax.session_pack p where p.started_at >= %(began)s and p.started_at < %(ends)s"
_MONTH = "insert into fax.dropped_month (month, positions, rows, sessions) values (%s, %s::int8multirange, %s, %s)"


def due(connection: Connection, before: date) -> list[date]:
    """Return the months before one that are not dropped, the oldest first."""
    return [month.month for month in months.every_month(connection) if month.month < before and not month.is_dropped]


def published_size(connection: Connection, path: Path, source: str = "--checkpoint") -> int:
    """Return the rows of a published checkpoint, which `source` names.

    Raises UsageError if it cannot be read, or is not of this log.
    """
    try:
        published = note.parse(read_text(path))
    except OSError as error:
        raise UsageError(f"{source} {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{source} {path}: {error}") from error
    found = stored.checkpoint(connection, published.size)
    if found is None or (found[0].origin, found[0].root) != (published.origin, published.root):
        raise UsageError(f"{source} {path}: is not a checkpoint of this log: run faxstore verify with it")
    return published.size


def drop(connection: Connection, month: date, folder: Path | None, published: int | None, rule: str) -> int:
    """Drop the rows of a month, and return their number; `published` are the rows of the published checkpoint.

    Without a published checkpoint (None) none is required.  Raises FaxstoreError if the files do not have all rows of
    the month, or if the published checkpoint does not cover them.
    """
    with months.alone(connection):
        files = _droppable(connection, month, published)
        paths = [file.check(folder) for file in files]
        compared = reading.compare(connection, paths, stored.newest_size(connection))
        retained = compared.finish()
        for first, last in compared.different:
            where = stored.position_range(first, last)
            raise FaxstoreError(f"{layout.month_name(month)} is not dropped: {where} in its files not as sealed")
        with connection.transaction():
            _delete(connection, month, files, compared, retained)
            months.note_files(connection, month, "dropped", rule, files)
        _free(connection, month)
    return compared.rows


def _droppable(connection: Connection, month: date, published: int | None) -> list[ArchiveFile]:
    """Return the files of a month.  Raises FaxstoreError if the month must not be dropped."""
    name = layout.month_name(month)
    if months.is_dropped(connection, month):
        raise FaxstoreError(f"{name} is dropped already")
    files = months.require_files(connection, month)
    if any(file.is_outdated for file in files):
        raise FaxstoreError(f"{name} was changed by an erasure: run faxstore partitions archive --until {name} again")
    if (problem := months.problem(connection, month)) is not None:
        raise FaxstoreError(f"{name} {problem}")
    last = max(file.last_position for file in files)
    if published is not None and published < last:
        raise FaxstoreError(f"{name} is not covered by the published checkpoint: it has rows up to position {last}")
    return files


def _delete(
    connection: Connection,
    month: date,
    files: Sequence[ArchiveFile],
    compared: LogComparison,
    retained: dict[int, bytes],
) -> None:
    name = layout.month_name(month)
    began, ends = layout.bounds(month)
    ranges = compared.multirange()
    period = {"began": began, "ends": ends, "positions": ranges}
    connection.execute("select fax.lock_log()")
    connection.execute("select fax.lock_packing()")
    if months.files_of(connection, month) != files:
        raise FaxstoreError(f"{name} was changed by an erasure: run faxstore partitions archive --until {name} again")
    connection.execute(_SESSIONS, period)
    sessions = sum(file.sessions for file in files)
    if connection.execute(_PACKED_POSITIONS, period).fetchone() != (True,):
        raise FaxstoreError(
            f"{name} has rows that its files lack: run faxstore partitions archive --until {name} again"
        )
    connection.execute(_MONTH, [month, ranges, compared.rows, sessions])
    with connection.cursor() as cursor, cursor.copy("copy fax.dropped_leaf (position, month, leaf) from stdin") as copy:
        for position, leaf in retained.items():
            copy.write_row((position, month, leaf))
    connection.execute(_DELETE, period)
    connection.execute("select fax.lock_append()")
    if connection.execute(_CHANGED, period).fetchone() != (False,):
        raise FaxstoreError(f"{name} received rows in the meantime: run faxstore compact, then archive it again")


def _free(connection: Connection, month: date) -> None:
    """Free the space, unless a reader still needs it; then the next run of packing does."""
    name = f"session_pack_{month:%Y_%m}"
    if connection.execute("select to_regclass(%s) is not null", [f"fax.{name}"]).fetchone() == (True,):
        connection.execute(psycopg.sql.SQL("vacuum {}").format(psycopg.sql.Identifier("fax", name)))
        packs.drop_packed(connection)
