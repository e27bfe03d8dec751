"""`faxstore import`: recordings into the history.

The records take the way of those of the ingestor, with a queue in memory in place of the spool.  A recording may be
imported again, in pieces (faxstore.ingest.pieces), or after an interruption; rows that are already in the history count
as repeats.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import psycopg

from faxstore.capture import recording as capture
from faxstore.capture.message import MalformedMessageError, parse
from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError, UsageError
from faxstore.ingest.drain import BATCH, Drain, encoded
from faxstore.ingest.pieces import HEAD, ON_ITS_OWN, Piece, Place, begins_at, find_place, first_digests, missing_before
from faxstore.ingest.record_queue import RecordQueue
from faxstore.observations import Observation, Record
from faxstore.reader.line_reader import LineReader
from faxstore.settings.server_names import name_problem
from faxstore.store import recordings
from faxstore.store.append import Appender
from faxstore.store.database import Connection, database_error

COLLECTOR_ID = "import"

_LOOK_AHEAD = 20_000
"""Lines of standard input that are read ahead to find a SystemName."""


@dataclass(slots=True)
class Summary:
    """Counts of what an import read and appended.

    `known` counts lines that were imported before.  `unfinished` counts what still waits at the end of the recording:
    events for their session, and list entries for their detail.  The next piece continues with both.
    """

    messages: int = 0
    observations: int = 0
    rows: int = 0
    repeats: int = 0
    rejected: int = 0
    known: int = 0
    unfinished: int = 0

    def add(self, other: Summary) -> None:
        """Add the counts of another recording."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


Progress = Callable[[Summary], None]


def import_file(
    connection: Connection, path: str, server: str | None, progress: Progress, *, without_login: bool = False
) -> Summary:
    """Import one recording, or a piece of it; the path `-` is standard input.

    Raises UsageError if the recording is damaged; everything before the damage is then in the history.  Raises it too,
    before anything is appended, if rows of its time are in files only, so that repeats of events could not be
    recognised, or if the file begins in the middle of a connection and what precedes it was not imported,
    unless the caller accepts that it comes `without_login`.  Raises UnreachableError if the connection to the database
    is lost; importing the recording again completes it.
    """
    lines: Iterator[Line] = capture.read(path)
    if server is None:
        server, lines = server_of(path, lines)
    head, lines = _look_ahead(lines, HEAD)
    if head and (month := recordings.dropped_since(connection, begins_at(head))) is not None:
        restore = f"run faxstore partitions restore {month} first"
        raise UsageError(f"{path}: the rows of {month} are in files only: {restore}")
    parts = recordings.parts_of(connection, server, first_digests(head))
    place = find_place(head, parts)
    if place is None and not without_login and not recordings.is_watched(connection, server, begins_at(head)):
        raise UsageError(f"{path}: {missing_before(server, begins_at(head), parts)}")
    try:
        with _piece(connection, path, place or ON_ITS_OWN, parts) as piece:
            return _import(connection, server, piece, lines, progress)
    except psycopg.OperationalError as error:
        if not connection.closed:
            raise
        raise UnreachableError(f"{database_error(error)}; import {path} again") from error


def import_lines(connection: Connection, server: str, lines: Iterable[Line], progress: Progress) -> Summary:
    """Import lines that one observer recorded of one server: from a login on, or after what was imported before."""
    head, lines = _look_ahead(iter(lines), HEAD)
    parts = recordings.parts_of(connection, server, first_digests(head))
    place = find_place(head, parts) or ON_ITS_OWN
    with _piece(connection, "the lines", place, parts) as piece:
        return _import(connection, server, piece, lines, progress)


@contextmanager
def _piece(connection: Connection, name: str, place: Place, parts: Sequence[recordings.Part]) -> Iterator[Piece]:
    """Yield the piece, with a temporary file for the digests of its lines and of the part that it joins."""
    with tempfile.TemporaryFile(prefix="faxstore-import-") as digests:
        if place.joined is not None:
            recordings.copy_digests(connection, place.joined, digests)
        yield Piece(name, place, parts, digests)


def _import(connection: Connection, server: str, piece: Piece, lines: Iterator[Line], progress: Progress) -> Summary:
    summary = Summary()
    line_reader = LineReader(server)
    piece.resume(line_reader)
    queue = RecordQueue()
    drain = Drain(queue, lambda: Appender(connection, COLLECTOR_ID))
    queue.put(recordings.waiting_records(connection, server, piece.before))
    damage = None
    for batch in _batches(line_reader, piece, lines, summary):
        damage = batch.damage
        queue.put(batch.records)
        _drain(drain, summary)
        progress(summary)
    part = piece.part(line_reader.state())
    queue.put([*line_reader.end_recording(), *filter(None, [piece.next_list()])])
    _drain(drain, summary)
    left = _left(queue, drain.newer)
    _store(connection, server, piece, part, left)
    summary.known = piece.skipped
    summary.unfinished = line_reader.unfinished + len(left.waiting)
    if damage is not None:
        raise damage
    return summary


def server_of(path: str, lines: Iterator[Line]) -> tuple[str, Iterator[Line]]:
    """Return the name of a recording's server, and all its lines.

    The name is the SystemName on the wire, else the name of the file up to its first dot.  Raises UsageError if
    standard input contains no SystemName, or if the name cannot be that of a server.
    """
    if path == "-":
        head, lines = _look_ahead(lines, _LOOK_AHEAD)
        name = _system_name(head)
    else:
        name = _system_name(line for line in _until_damage(capture.read(path)) if isinstance(line, Line))
    if name is None and path == "-":
        raise UsageError("standard input contains no SystemName: name the server with --server NAME")
    name = name or Path(path).name.split(".")[0] or Path(path).name
    if problem := name_problem(name):
        raise UsageError(f"{path}: the name of its server {problem}; name the server with --server NAME")
    return name, lines


def _look_ahead(lines: Iterator[Line], count: int) -> tuple[list[Line], Iterator[Line]]:
    """Return the first lines, and all lines."""
    ahead = list(islice(_until_damage(lines), count))
    head = [line for line in ahead if isinstance(line, Line)]
    return head, chain(head, _behind(ahead, lines))


def _until_damage(lines: Iterator[Line]) -> Iterator[Line | UsageError]:
    """Yield the lines and, if the recording is damaged, the error as the last item."""
    try:
        yield from chain(lines)  # without chain(), a caller that stops early would close `lines`, which it reads on
    except UsageError as error:
        yield error


def _behind(ahead: list[Line | UsageError], lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines that follow those read ahead, or raise the error that ended them."""
    if ahead and isinstance(ahead[-1], UsageError):
        raise ahead[-1]
    yield from lines


def _system_name(lines: Iterable[Line]) -> str | None:
    for line in lines:
        if line.dir == "in" and "SystemName:" in line.text:
            try:
                message = parse(line.text)
            except MalformedMessageError:
                continue
            name = message.get("SystemName").strip()
            if name and (message.event or message.response):
                return name
    return None


@dataclass(slots=True)
class _Batch:
    records: list[Record] = field(default_factory=list)
    damage: UsageError | None = None
    """The error that ended the recording after this batch."""


def _batches(line_reader: LineReader, piece: Piece, lines: Iterator[Line], summary: Summary) -> Iterator[_Batch]:
    batch = _Batch()
    try:
        for line in piece.new_lines(lines):
            summary.messages += line.dir != "mark"
            for record in line_reader.feed(line):
                piece.note_record(record)
                summary.observations += isinstance(record, Observation)
                batch.records.append(record)
            if len(batch.records) >= BATCH:
                yield batch
                batch = _Batch()
    except UsageError as error:
        batch.damage = error
    yield batch


class _Left(NamedTuple):
    """What is left in the queue at the end of an import, as bytes."""

    waiting: list[bytes]
    """Events that wait for their session."""
    newer: list[bytes]
    """Records of a newer faxstore."""


def _left(queue: RecordQueue, newer: set[int]) -> _Left:
    """Return what is left, each record once: a piece may be imported again."""
    entries = queue.left()
    found = ([encoded(entry) for key, entry in entries if (key in newer) is is_newer] for is_newer in (False, True))
    return _Left(*(list(dict.fromkeys(bodies)) for bodies in found))


def _store(connection: Connection, server: str, piece: Piece, part: recordings.Part | None, left: _Left) -> None:
    """Store the part that was imported, unless a longer one contains it, and the records that wait at its end."""
    with connection.transaction():
        of_no_part = set(recordings.waiting_records(connection, server, None))
        if part is not None and recordings.store_part(connection, server, part, piece.digests):
            recordings.store_waiting(connection, server, part.part_id, left.waiting)
            of_no_part.clear()
        still_waiting = [body for body in left.waiting if body in of_no_part]
        recordings.store_waiting(connection, server, None, [*left.newer, *still_waiting])


def _drain(drain: Drain, summary: Summary) -> None:
    while (appended := drain.step()) is not None:
        summary.rows += appended.rows
        summary.repeats += appended.repeats
        summary.rejected += appended.rejected.total()
