"""Deletes the sessions and totals of a dropped month, and then its files.

What is left are hashes, with which the log remains verifiable; the lines of the billing ledger, without personal
values; and what servers reported of themselves (docs/decisions/0053).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from faxstore import sql
from faxstore.archive import layout, months
from faxstore.archive.layout import ArchiveFile
from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.log.leaves import leaf_hashes_by_position
from faxstore.retention.due import Month, bounds
from faxstore.store.database import Connection
from faxstore.system.files import sync_folder
from faxstore.visible import visible

_PROBLEM = sql.text("queries/retention/undeletable")
_SESSIONS = sql.text("queries/archive/drop_sessions")
_LATE_POSITIONS = """
select r.position from fax.session_pack p cross join lateral unnest(p.rows) r
where p.started_at >= %(began)s and p.started_at < %(ends)s
order by 1
"""
_RETAIN = "insert into fax.dropped_leaf (position, month, leaf) values (%s, %s, %s)"
_ADD = """
update fax.dropped_month set positions = positions + %s::int8multirange, rows = rows + %s where month = %s
"""
_MARK = "update fax.dropped_month set deleted_at = clock_timestamp() where month = %s"
_OF_SESSIONS = "in (select s.session_id from fax.session s where s.started_at >= %(began)s and s.started_at < %(ends)s)"
_IN_MONTH = "started_at >= %(began)s and started_at < %(ends)s"
_DELETE = (
    f"select fax.erase_export_lines(s.session_id) from fax.session s where {_IN_MONTH}",
    f"delete from fax.session_salt where session_id {_OF_SESSIONS}",
    f"delete from fax.erased_key where session_id {_OF_SESSIONS}",
    f"delete from fax.export_pending where {_IN_MONTH}",
    f"delete from fax.session_total where {_IN_MONTH}",
    f"delete from fax.dropped_session where {_IN_MONTH}",
    f"with gone as (delete from fax.session where {_IN_MONTH} returning session_id)"
    " delete from fax.erased_digest d using gone g where d.session_id = g.session_id",
    "select fax.forget_values('{}')",
)


def delete_sessions(connection: Connection, month: Month, rule: str) -> None:
    """Delete the sessions of a month and all that the database retains of each, in one transaction.

    Appends wait only while the transaction ends.  Raises FaxstoreError if the month is not dropped, or if rows have
    arrived since.
    """
    with months.alone(connection), connection.transaction():
        connection.execute("select fax.lock_log()")
        connection.execute("select fax.lock_packing()")
        _require_deletable(connection, month)
        for statement in _DELETE:
            connection.execute(statement, bounds(month))
        connection.execute("select fax.lock_append()")
        _require_deletable(connection, month)
        connection.execute(_MARK, [month.month])
        months.note(connection, month.month, "deleted", rule, 0, month.sessions)


def delete_late_rows(connection: Connection, month: Month, published: int | None, rule: str) -> int:
    """Delete the rows that arrived for a month after it was deleted, with their sessions; return their number.

    Their leaf hashes remain, because other rows share their blocks of the log.  Raises FaxstoreError if the published
    checkpoint does not cover them, or if they are not packed.
    """
    name, period = layout.month_name(month.month), bounds(month)
    with months.alone(connection), connection.transaction():
        connection.execute("select fax.lock_log()")
        connection.execute("select fax.lock_packing()")
        positions = [position for (position,) in connection.execute(_LATE_POSITIONS, period)]
        size = stored.newest_size(connection) if published is None else published
        if positions and positions[-1] > size:
            raise FaxstoreError(f"{name}: late rows up to position {positions[-1]} are not covered by the checkpoint")
        ranges = list(stored.ranges(positions))
        for first, last in ranges:
            for position, leaf in leaf_hashes_by_position(connection, first, last).items():
                connection.execute(_RETAIN, [position, month.month, leaf])
        connection.execute(_SESSIONS, period)
        added = "{" + ",".join(f"[{first},{last + 1})" for first, last in ranges) + "}"
        connection.execute(_ADD, [added, len(positions), month.month])
        connection.execute(f"delete from fax.session_pack where {_IN_MONTH}", period)
        for statement in _DELETE:
            connection.execute(statement, period)
        connection.execute("select fax.lock_append()")
        _require_deletable(connection, month)
        months.note(connection, month.month, "deleted", rule, len(positions), month.sessions)
    return len(positions)


def _require_deletable(connection: Connection, month: Month) -> None:
    ((problem,),) = connection.execute(_PROBLEM, {**bounds(month), "month": month.month}).fetchall()
    if problem is not None:
        raise FaxstoreError(f"{layout.month_name(month.month)} is not deleted: {problem}")


def delete_files(connection: Connection, month: Month, archive: Path | None, rule: str) -> int:
    """Delete the files of a deleted month, and return their number; a file that is missing is deleted already.

    Raises FaxstoreError if the archive cannot be reached, or a file not deleted.
    """
    with months.alone(connection):
        files = months.files_of(connection, month.month)
        for folder in _folders(files, archive):
            _delete_from(folder, files)
        with connection.transaction():
            connection.execute("delete from fax.archive_file where month = %s", [month.month])
            months.note_files(connection, month.month, "files deleted", rule, files)
    return len(files)


def _folders(files: Sequence[ArchiveFile], archive: Path | None) -> list[Path]:
    """Return the archives that have or may have the files: where each was written, and that of the settings.

    Raises FaxstoreError if there is none.
    """
    written = {Path(file.folder) for file in files}
    found = sorted(folder for folder in {*written, *([archive.resolve()] if archive else [])} if folder.is_dir())
    if not found:
        where = visible(", ".join(sorted(map(str, written))))
        name = layout.month_name(files[0].month)
        raise FaxstoreError(f"{counted(len(files), 'files')} of {name} not deleted: {where} is not a folder: mount it")
    return found


def _delete_from(folder: Path, files: Sequence[ArchiveFile]) -> None:
    """Delete the files of a month and their manifest, and the folders that are empty then."""
    month = folder / layout.month_folder(files[0].month)
    try:
        for path in (*(file.path(folder) for file in files), month / layout.MANIFEST):
            path.unlink(missing_ok=True)
        for place in (*(file.path(folder).parent for file in files), month):
            with suppress(OSError):
                place.rmdir()
        sync_folder(folder)
    except OSError as error:
        raise FaxstoreError(f"{visible(str(error.filename))} cannot be deleted: {error.strerror}") from error
