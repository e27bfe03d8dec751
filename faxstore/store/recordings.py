"""The parts of recordings that were imported: what an import finds before it begins, and leaves when it ends.

A part is a run of lines of one recording without a missing line.  It is stored with a digest of each line, so that
another piece of the recording finds its place, and with the state of the reader after its last line.

The digests of a long recording take more memory than all else that an import needs.  So the database searches in them,
and they pass between it and a file of the caller in chunks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, cast
from uuid import UUID

from psycopg.adapt import PyFormat, Transformer

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.observations import microseconds, moment
from faxstore.store.database import Connection

DIGEST_SIZE = 4
"""Bytes of the digest of a line."""

_CHUNK = 2**20
"""Bytes of digests that are in memory at a time."""

_PARTS = sql.text("queries/store/recording_parts")
_HAS_LONGER = sql.text("queries/store/longer_part")
_DELETE_CONTAINED = sql.text("queries/store/delete_contained_parts")
_DIGESTS = "select substring(line_digests from %s for %s) from fax.recording_part where part_id = %s"
_ADD = """
copy fax.recording_part
    (part_id, server, began_at, ended_at, longest_silence, reader_state, first_list, line_digests)
from stdin (format binary)
"""
_DROPPED = """
select to_char(min(m.month), 'YYYY-MM') from fax.dropped_month m
where (m.month + interval '1 month') at time zone 'UTC' > %s
"""
_WAITING = """
select body from fax.waiting_record where server = %s and (part_id is null or part_id = %s) order by part_id, ordinal
"""
_ADD_WAITING = "insert into fax.waiting_record (server, part_id, ordinal, body) values (%s, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a recording.  Times are microseconds since 1970 (UTC) by the observer's clock."""

    part_id: UUID
    began_at: int
    ended_at: int
    longest_silence: float
    """Seconds."""
    lines: int
    reader_state: bytes
    first_list: bytes | None
    """The Listing of its first connection, encoded."""
    overlap: int = 0
    """How many of its last lines are the first ones of the piece that is imported."""


def parts_of(connection: Connection, server: str, first: bytes) -> list[Part]:
    """Return the imported parts of the recordings of a server, in the order in which they began.

    `first` contains the digests of the first lines of the piece that is imported.
    """
    with connection.transaction():
        rows = connection.execute(_PARTS, {"server": server, "first": first}).fetchall()
    return [Part(id_, microseconds(began), microseconds(ended), *rest) for id_, began, ended, *rest in rows]


def copy_digests(connection: Connection, part: Part, file: IO[bytes]) -> None:
    """Append the digests of the lines of a part to a file.  Raises UsageError if the part no longer exists."""
    for first in range(1, part.lines * DIGEST_SIZE + 1, _CHUNK):
        with connection.transaction():
            row = connection.execute(_DIGESTS, [first, _CHUNK, part.part_id]).fetchone()
        if row is None:
            raise UsageError("another import of this recording has just ended: import the file again")
        file.write(row[0])


def is_watched(connection: Connection, server: str, at: int) -> bool:
    """Return whether an ingestor watched the server at that time, so that the epoch is known."""
    with connection.transaction():
        row = connection.execute("select fax.is_watched(%s, %s)", [server, moment(at)]).fetchone()
        return cast("bool", row[0]) if row else False


def dropped_since(connection: Connection, at: int) -> str | None:
    """Return the first month (2025-12) that ended after a time and whose rows are in files only; None if none."""
    row = connection.execute(_DROPPED, [moment(at)]).fetchone()
    return cast("str | None", row[0]) if row else None


def waiting_records(connection: Connection, server: str, part: Part | None) -> list[bytes]:
    """Return the records that wait at the end of the part, and those that any import continues with."""
    with connection.transaction():
        rows = connection.execute(_WAITING, [server, part.part_id if part else None])
        return [bytes(row[0]) for row in rows]


def store_part(connection: Connection, server: str, part: Part, digests: IO[bytes]) -> bool:
    """Store a part in place of those that it contains, with the digests in a file of the caller.

    Returns False, and stores nothing, if a longer part contains it.
    """
    times = [moment(part.began_at), moment(part.ended_at)]
    values = [part.part_id, server, *times, part.longest_silence, part.reader_state, part.first_list]
    with connection.cursor() as cursor, cursor.copy(_ADD) as copy:
        copy.write(_binary_row(connection, values, part.lines * DIGEST_SIZE))
        digests.seek(0)
        while chunk := digests.read(_CHUNK):
            copy.write(chunk)
        copy.write(_END_OF_ROWS)
    if connection.execute(_HAS_LONGER, [part.part_id]).fetchone() == (True,):
        connection.execute("delete from fax.recording_part where part_id = %s", [part.part_id])
        return False
    connection.execute(_DELETE_CONTAINED, [part.part_id])
    return True


_SIGNATURE = struct.pack("!11sii", b"PGCOPY\n\xff\r\n\0", 0, 0)
_END_OF_ROWS = struct.pack("!h", -1)


def _binary_row(connection: Connection, values: Sequence[Any], size: int) -> bytes:
    """Return the beginning of a binary COPY: one row of these values and a last one, whose bytes follow."""
    transformer = Transformer(connection)
    fields = [None if value is None else transformer.get_dumper(value, PyFormat.BINARY).dump(value) for value in values]
    lengths = [-1 if each is None else len(each) for each in fields]
    filled = [struct.pack("!i", length) + bytes(each or b"") for length, each in zip(lengths, fields, strict=True)]
    return b"".join([_SIGNATURE, struct.pack("!h", len(values) + 1), *filled, struct.pack("!i", size)])


def store_waiting(connection: Connection, server: str, part_id: UUID | None, bodies: Sequence[bytes]) -> None:
    """Let these records wait, in this order, at the end of a part, or in place of those for any import."""
    if part_id is None:
        connection.execute("delete from fax.waiting_record where server = %s and part_id is null", [server])
    rows = [(server, part_id, ordinal, body) for ordinal, body in enumerate(bodies)]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_WAITING, rows)
