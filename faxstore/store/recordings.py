"""The parts of recordings that were imported: what an import finds before it begins, and leaves when it ends.

A part is a run of lines of one recording without a missing line.  It is stored with a digest of each line, so that
another piece of the recording finds its place, and with the state of the reader after its last line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from faxstore.observations import moment
from faxstore.store.database import Connection

_PARTS = """
select part_id, (extract(epoch from began_at) * 1000000)::bigint, (extract(epoch from ended_at) * 1000000)::bigint,
       longest_silence, line_digests, reader_state, first_list
from fax.recording_part where server = %s order by began_at, ended_at
"""
_ADD = """
insert into fax.recording_part
    (part_id, server, began_at, ended_at, longest_silence, line_digests, reader_state, first_list)
values (%s, %s, %s, %s, %s, %s, %s, %s)
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
    digests: bytes
    """The digests of its lines one after another."""
    reader_state: bytes
    first_list: bytes | None
    """The Listing of its first connection, encoded."""


def parts_of(connection: Connection, server: str) -> list[Part]:
    """Return the imported parts of the recordings of a server, in the order in which they began."""
    with connection.transaction():
        return [Part(*row) for row in connection.execute(_PARTS, [server])]


def is_watched(connection: Connection, server: str, at: int) -> bool:
    """Return whether an ingestor watched the server at that time, so that the epoch is known."""
    with connection.transaction():
        row = connection.execute("select fax.is_watched(%s, %s)", [server, moment(at)]).fetchone()
        return cast("bool", row[0]) if row else False


def waiting_records(connection: Connection, server: str, part: Part | None) -> list[bytes]:
    """Return the records that wait at the end of the part, and those that any import continues with."""
    with connection.transaction():
        rows = connection.execute(_WAITING, [server, part.part_id if part else None])
        return [bytes(row[0]) for row in rows]


def store_part(connection: Connection, server: str, part: Part, superseded: Sequence[UUID]) -> None:
    """Store a part in place of those that it contains."""
    connection.execute("delete from fax.recording_part where part_id = any(%s)", [list(superseded)])
    times = [moment(part.began_at), moment(part.ended_at)]
    rest = [part.longest_silence, part.digests, part.reader_state, part.first_list]
    connection.execute(_ADD, [part.part_id, server, *times, *rest])


def store_waiting(connection: Connection, server: str, part_id: UUID | None, bodies: Sequence[bytes]) -> None:
    """Let these records wait, in this order, at the end of a part, or in place of those for any import."""
    if part_id is None:
        connection.execute("delete from fax.waiting_record where server = %s and part_id is null", [server])
    rows = [(server, part_id, ordinal, body) for ordinal, body in enumerate(bodies)]
    with connection.cursor() as cursor:
        cursor.executemany(_ADD_WAITING, rows)
