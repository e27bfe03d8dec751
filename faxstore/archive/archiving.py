"""Archives a month: writes a file per server, compares what was written with the log, and records the files.

The rows stay in the database.  A killed run leaves the month as it was: a file counts once it is recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from faxstore.archive import layout, months, reading, writing
from faxstore.archive.layout import ArchiveFile
from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.store.database import Connection
from faxstore.system.files import atomic_file, sync_folder

RULE = "faxstore partitions archive"

Progress = Callable[[int], None]
"""Called with the rows written so far."""

_RECORD = """
insert into fax.archive_file (
    month, server, folder, sha256, bytes, rows, sessions, first_position, last_position, size, is_outdated)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def due(connection: Connection, until: date) -> Iterator[date]:
    """Yield the months up to one that are not archived, or whose files are outdated or lost, the oldest first."""
    for month in months.every_month(connection):
        if month.month > until or month.is_dropped:
            continue
        if month.place != "archived" or not all(file.is_there() for file in months.files_of(connection, month.month)):
            yield month.month


def archive(
    connection: Connection, month: date, folder: Path, progress: Progress, rule: str = RULE
) -> list[ArchiveFile]:
    """Write and record the files of a month, and return them; `rule` is for the journal.

    Raises FaxstoreError if the month cannot be archived yet, or if its rows are not as sealed.
    """
    name = layout.month_name(month)
    with months.alone(connection):
        if months.is_dropped(connection, month):
            raise FaxstoreError(f"{name} is dropped: run faxstore partitions restore {name} first")
        if (problem := months.problem(connection, month)) is not None:
            raise FaxstoreError(f"{name} {problem}")
        if (sealed := stored.checkpoint(connection)) is None:
            raise FaxstoreError(f"{name} has no sessions")
        files = list(_write(connection, month, folder, sealed[0].size, progress))
        _compare(connection, name, files, sealed[0].size)
        layout.write_manifest(folder, month, files, sealed[1])
        _record(connection, month, files, rule)
    return files


def _compare(connection: Connection, name: str, files: Sequence[ArchiveFile], size: int) -> None:
    compared = reading.compare(connection, [file.path() for file in files], size)
    compared.finish()
    for first, last in compared.different:
        where = stored.position_range(first, last)
        raise FaxstoreError(f"{name} is not archived: {where} not as sealed: run faxstore verify")


def _record(connection: Connection, month: date, files: Sequence[ArchiveFile], rule: str) -> None:
    with connection.transaction():
        connection.execute("delete from fax.archive_file where month = %s", [month])
        for file in files:
            connection.execute(_RECORD, list(vars(file).values()))
        months.note_files(connection, month, "archived", rule, files)


def _write(connection: Connection, month: date, folder: Path, size: int, progress: Progress) -> Iterator[ArchiveFile]:
    servers = months.servers(connection, month)
    done = 0
    for server, sessions in servers:
        path = layout.path_of(folder, month, server)
        layout.make_folder(path.parent)
        with atomic_file(path) as out:
            written = writing.write(connection, out, month, server, writing.group_rows(len(servers)))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        done += written.rows
        progress(done)
        positions = written.first_position, written.last_position
        size_on_disk = path.stat().st_size
        yield ArchiveFile(month, server, str(folder), digest, size_on_disk, written.rows, sessions, *positions, size)
    for place in (folder / layout.month_folder(month), folder, folder.parent):
        sync_folder(place)
