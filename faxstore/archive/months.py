"""What the database knows of months: which have files, which are dropped, and what keeps one from being archived."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from faxstore import sql
from faxstore.archive import layout
from faxstore.archive.layout import ArchiveFile
from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection
from faxstore.store.exclusive import exclusive

_LOCK = 4702394921427289932
_MONTHS = sql.text("queries/archive/months")
_SERVERS = sql.text("queries/archive/servers")
_UNREADY = sql.text("queries/archive/unready")
_FILES: LiteralString = """
select month, server, folder, sha256, bytes, rows, sessions, first_position, last_position, size, is_outdated
from fax.archive_file
"""
_IN_FILES: LiteralString = "select d.month from fax.dropped_month d where d.deleted_at is null"
_FOLDER = """
select f.folder
from fax.dropped_session d
join fax.archive_file f
    on f.server = d.server and f.month = date_trunc('month', d.started_at at time zone 'UTC')::date
where d.session_id = %s
"""
_OVERLAPPING = """
select to_char(m.month, 'YYYY-MM'), m.deleted_at is not null from fax.dropped_month m
where m.month::timestamp at time zone 'UTC' < coalesce(%(until)s::timestamptz, 'infinity')
  and (m.month + interval '1 month') at time zone 'UTC' > coalesce(%(since)s::timestamptz, '-infinity')
order by 1
"""
_JOURNAL = "insert into fax.month_change (month, change, rule, rows, sessions) values (%s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class Month:
    """One month with sessions."""

    month: date
    sessions: int
    packed_rows: int
    unpacked_rows: int
    bytes_here: int
    files: int
    file_rows: int
    file_bytes: int
    size: int | None
    """Rows of the checkpoint that covers its rows; None without files."""
    is_outdated: bool
    folder: str | None
    is_dropped: bool

    @property
    def place(self) -> str:
        """Where its rows are: rows, packs, archived (in the database and in files), outdated or dropped."""
        if self.is_dropped:
            return "dropped"
        if self.files:
            rows_differ = self.file_rows != self.packed_rows + self.unpacked_rows
            return "outdated" if self.is_outdated or rows_differ else "archived"
        return "rows" if self.unpacked_rows else "packs"


def require_owner(connection: Connection) -> None:
    """Raises the psycopg error of a user who may not change months, or of a standby, before any file is written."""
    connection.execute("insert into fax.month_change select c.* from fax.month_change c where false")


def alone(connection: Connection) -> AbstractContextManager[None]:
    """Hold off other commands that write or drop months.  Raises FaxstoreError if one is running.

    Raises UsageError behind a pooler.
    """
    busy = "another faxstore partitions command is running: wait until it has ended"
    return exclusive(connection, _LOCK, "faxstore partitions", busy)


def every_month(connection: Connection) -> list[Month]:
    """Return all months with sessions, the oldest first.  Opens every pack."""
    with connection.cursor(row_factory=class_row(Month)) as cursor:
        return cursor.execute(_MONTHS).fetchall()


def servers(connection: Connection, month: date) -> list[tuple[str, int]]:
    """Return the servers with sessions of a month, each with their number."""
    return [(server, sessions) for server, sessions in connection.execute(_SERVERS, _bounds(month))]


def problem(connection: Connection, month: date) -> str | None:
    """Return why a month cannot be archived, in words that follow its name; None if it can."""
    ((found,),) = connection.execute(_UNREADY, _bounds(month)).fetchall()
    return None if found is None else str(found)


def files_of(connection: Connection, month: date) -> list[ArchiveFile]:
    """Return the files of a month, by server."""
    return _files(connection, " where month = %s order by server", [month])


def dropped_files(connection: Connection) -> list[ArchiveFile]:
    """Return the files of all dropped months, without those that remain to be deleted."""
    return _files(connection, f" where month in ({_IN_FILES}) order by month, server", [])


def last_folder(connection: Connection) -> Path | None:
    """Return the folder of the file that was recorded last; None without files."""
    row = connection.execute("select folder from fax.archive_file order by archived_at desc limit 1").fetchone()
    return None if row is None else Path(row[0])


def is_dropped(connection: Connection, month: date) -> bool:
    """Return whether the rows of a month are in files only."""
    return connection.execute("select 1 from fax.dropped_month where month = %s", [month]).fetchone() is not None


def is_deleted(connection: Connection, month: date) -> bool:
    """Return whether the sessions of a month were deleted, because their retention had ended."""
    query = "select 1 from fax.dropped_month where month = %s and deleted_at is not null"
    return connection.execute(query, [month]).fetchone() is not None


def archive_of(connection: Connection, session: UUID) -> str | None:
    """Return the folder of the archive that has the rows of a dropped session; None if they are in the database."""
    row = connection.execute(_FOLDER, [session]).fetchone()
    return None if row is None else str(row[0])


def dropped_between(connection: Connection, since: datetime | None, until: datetime | None) -> list[str]:
    """Return the months, such as 2025-12, that overlap a period and whose rows are in files only."""
    found = connection.execute(_OVERLAPPING, {"since": since, "until": until})
    return [name for name, is_deleted in found if not is_deleted]


def deleted_between(connection: Connection, since: datetime | None, until: datetime | None) -> list[str]:
    """Return the months, such as 2025-12, that overlap a period and whose sessions were deleted."""
    found = connection.execute(_OVERLAPPING, {"since": since, "until": until})
    return [name for name, is_deleted in found if is_deleted]


def outdated(connection: Connection) -> list[tuple[str, str]]:
    """Return the months with outdated files, such as 2025-12, each with its folder."""
    query = "select distinct to_char(month, 'YYYY-MM'), folder from fax.archive_file where is_outdated order by 1"
    return [(month, folder) for month, folder in connection.execute(query)]


def note(connection: Connection, month: date, change: str, rule: str, rows: int, sessions: int) -> None:
    """Record in the journal what was done with a month, and with how many of its rows and sessions."""
    connection.execute(_JOURNAL, [month, change, rule, rows, sessions])


def note_files(connection: Connection, month: date, change: str, rule: str, files: Sequence[ArchiveFile]) -> None:
    """Record in the journal what was done with the rows that the files of a month have."""
    note(connection, month, change, rule, sum(file.rows for file in files), sum(file.sessions for file in files))


def has_positions(connection: Connection, month: date, ranges: str) -> bool:
    """Return whether these are the positions of the rows of a dropped month."""
    query = "select 1 from fax.dropped_month where month = %s and positions = %s::int8multirange"
    return connection.execute(query, [month, ranges]).fetchone() is not None


def require_files(connection: Connection, month: date) -> list[ArchiveFile]:
    """Return the files of a month.  Raises FaxstoreError if it has none."""
    if not (files := files_of(connection, month)):
        name = layout.month_name(month)
        raise FaxstoreError(f"{name} is not archived: run faxstore partitions archive --until {name}")
    return files


def _files(connection: Connection, which: LiteralString, parameters: list[Any]) -> list[ArchiveFile]:
    rows = connection.execute(_FILES + which, parameters)
    return [ArchiveFile(*row) for row in rows]


def _bounds(month: date) -> dict[str, Any]:
    began, ends = layout.bounds(month)
    return {"began": began, "ends": ends}
