"""`faxstore import`: recordings into the history.

The records pass through a spool and the one append, as those of the ingestor do.  The spool is a temporary file: it
need not survive a crash, because the recording still exists.  A recording may be imported again, in pieces, or after
an interruption; rows that are already in the history count as repeats.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import chain, islice
from pathlib import Path

import psycopg

from faxstore.capture import recording as capture
from faxstore.capture.message import MalformedMessageError, parse
from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError, UsageError
from faxstore.ingest.drain import BATCH, Drain
from faxstore.observations import Observation, encode
from faxstore.reader.line_reader import LineReader
from faxstore.settings.values import MAX_NAME
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from faxstore.store.database import Connection, database_error

COLLECTOR_ID = "import"

_LOOK_AHEAD = 20_000
"""Lines of standard input that are read ahead to find a SystemName."""


@dataclass(slots=True)
class Summary:
    """Counts of what an import read and appended.

    `unfinished` counts what still waits at the end of the recording: events for their session, which are stored in
    fax.waiting_record for the recording's next piece, and list entries for their detail, which are left out.  The
    next piece contains those entries if it begins no later than the poll that was cut off.
    """

    messages: int = 0
    observations: int = 0
    rows: int = 0
    repeats: int = 0
    rejected: int = 0
    unfinished: int = 0

    def add(self, other: Summary) -> None:
        """Add the counts of another recording."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


Progress = Callable[[Summary], None]


def import_file(connection: Connection, path: str, server: str | None, progress: Progress) -> Summary:
    """Import one recording; the path `-` is standard input.

    Raises UsageError if the recording is damaged; everything before the damage is then in the history.  Raises
    UnreachableError if the connection to the database is lost; importing the recording again completes it.
    """
    lines: Iterator[Line] = capture.read(path)
    if server is None:
        server, lines = server_of(path, lines)
    try:
        return import_lines(connection, server, lines, progress)
    except psycopg.OperationalError as error:
        if not connection.closed:
            raise
        raise UnreachableError(f"{database_error(error)}; import {path} again") from error


def import_lines(connection: Connection, server: str, lines: Iterable[Line], progress: Progress) -> Summary:
    """Import the lines that one observer recorded of one server."""
    summary = Summary()
    line_reader = LineReader(server)
    with tempfile.TemporaryDirectory(prefix="faxstore-import-") as folder:
        spool = Spool(Path(folder) / "spool.sqlite", synchronous="off", retain=0)
        drain = Drain(spool, lambda: Appender(connection, COLLECTOR_ID))
        try:
            spool.put(_waiting_records(connection, server))
            damage = None
            for batch in _batches(line_reader, lines, summary):
                damage = batch.damage
                spool.put(batch.bodies)
                _drain(drain, summary)
                progress(summary)
            stored = _store_waiting(connection, server, spool)
            summary.unfinished = line_reader.unfinished + stored - len(drain.newer)
        finally:
            spool.close()
    if damage is not None:
        raise damage
    return summary


def server_of(path: str, lines: Iterator[Line]) -> tuple[str, Iterator[Line]]:
    """Return the name of a recording's server, and all its lines.

    The name is the SystemName on the wire, else the name of the file up to its first dot.  Raises UsageError if
    standard input contains no SystemName.
    """
    if path == "-":
        ahead = list(islice(_until_damage(lines), _LOOK_AHEAD))
        lines = chain((line for line in ahead if isinstance(line, Line)), _behind(ahead, lines))
        name = _system_name(line for line in ahead if isinstance(line, Line))
    else:
        name = _system_name(line for line in _until_damage(capture.read(path)) if isinstance(line, Line))
    if name is None and path == "-":
        raise UsageError("standard input contains no SystemName: name the server with --server NAME")
    return (name or Path(path).name.split(".")[0] or Path(path).name)[:MAX_NAME], lines


def _until_damage(lines: Iterator[Line]) -> Iterator[Line | UsageError]:
    """Yield the lines and, if the recording is damaged, the error as the last item."""
    try:
        yield from lines
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
    bodies: list[bytes] = field(default_factory=list)
    damage: UsageError | None = None
    """The error that ended the recording after this batch."""


def _batches(line_reader: LineReader, lines: Iterable[Line], summary: Summary) -> Iterator[_Batch]:
    batch = _Batch()
    try:
        for line in lines:
            summary.messages += line.dir != "mark"
            for record in line_reader.feed(line):
                summary.observations += isinstance(record, Observation)
                batch.bodies.append(encode(record))
            if len(batch.bodies) >= BATCH:
                yield batch
                batch = _Batch()
    except UsageError as error:
        batch.damage = error
    batch.bodies += [encode(record) for record in line_reader.end_recording()]
    yield batch


def _waiting_records(connection: Connection, server: str) -> list[bytes]:
    """Return the records that waited for their session at the end of the previous piece, as bytes."""
    with connection.transaction():
        query = "select body from fax.waiting_record where server = %s order by ordinal"
        return [bytes(row[0]) for row in connection.execute(query, [server])]


def _store_waiting(connection: Connection, server: str, spool: Spool) -> int:
    """Replace the server's rows in fax.waiting_record by what is left in the spool, and return their number.

    What is left are records that wait for their session, and records of a newer faxstore, byte for byte.
    """
    bodies = list(dict.fromkeys(body for _, body in spool.peek(0, len(spool))))  # a piece may be imported again
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from fax.waiting_record where server = %s", [server])
        rows = [(server, ordinal, body) for ordinal, body in enumerate(bodies)]
        cursor.executemany("insert into fax.waiting_record (server, ordinal, body) values (%s, %s, %s)", rows)
    return len(bodies)


def _drain(drain: Drain, summary: Summary) -> None:
    while (appended := drain.step()) is not None:
        summary.rows += appended.rows
        summary.repeats += appended.repeats
        summary.rejected += appended.rejected
