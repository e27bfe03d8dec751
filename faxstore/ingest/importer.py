"""Recordings into the history: `faxstore import`.

The way is the ingestor's, through a spool and one append; the spool lies in a temporary file that need not
outlive a crash, for the recording itself is still there.  A recording may be imported again, in pieces, or
after an interruption: what is known is a repeat.
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
from faxstore.errors import UnreachableError, UsageError, one_line
from faxstore.ingest.drain import BATCH, Drain
from faxstore.observations import Observation, encode
from faxstore.reader.line_reader import Tracker
from faxstore.settings.loading import MAX_NAME
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from faxstore.store.database import Connection

COLLECTOR_ID = "import"

_LOOK_AHEAD = 20_000
"""Lines of standard input that are held back in search of a SystemName."""


@dataclass(slots=True)
class Summary:
    """What an import read and what became of it.

    `unfinished`: what still waited, at the end of a recording, for what would have come next: events for
    their session (kept, and taken up by the next piece), list entries for their detail (left out: the next
    piece has them, if it begins no later than the poll that was cut).
    """

    messages: int = 0
    observations: int = 0
    rows: int = 0
    repeats: int = 0
    rejected: int = 0
    unfinished: int = 0

    def add(self, other: Summary) -> None:
        """Adds the counts of another recording."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


Progress = Callable[[Summary], None]


def import_file(connection: Connection, path: str, server: str | None, progress: Progress) -> Summary:
    """Imports one recording; `-` is standard input.

    What stands before a fault of the file is imported, then UsageError names the fault.  UnreachableError: the
    database went away or is not willing; what it took is there, and a repeat of the import adds the rest.
    """
    lines: Iterator[Line] = capture.read(path)
    if server is None:
        server, lines = server_of(path, lines)
    try:
        return import_lines(connection, server, lines, progress)
    except psycopg.Error as error:
        raise UnreachableError(f"the database does not take rows: {one_line(error)}; import {path} again") from error


def import_lines(connection: Connection, server: str, lines: Iterable[Line], progress: Progress) -> Summary:
    """Imports the lines of one observer of one server."""
    summary = Summary()
    tracker = Tracker(server)
    with tempfile.TemporaryDirectory(prefix="faxstore-import-") as folder:
        spool = Spool(Path(folder) / "spool.sqlite", synchronous="off", keep=0)
        drain = Drain(spool, lambda: Appender(connection, COLLECTOR_ID))
        spool.put(_taken_up(connection, server))
        try:
            fault = None
            for batch in _batches(tracker, lines, summary):
                fault = batch.fault
                spool.put(batch.bodies)
                _drain(drain, summary)
                progress(summary)
            summary.unfinished = tracker.unfinished + _left_waiting(connection, server, spool)
        finally:
            spool.close()
    if fault is not None:
        raise fault
    return summary


def server_of(path: str, lines: Iterator[Line]) -> tuple[str, Iterator[Line]]:
    """The name of the server of a recording: SystemName on the wire, else the file's name up to its first dot.

    Gives the lines back whole.  Raises UsageError for standard input that names none.
    """
    if path == "-":
        ahead = list(islice(_until_fault(lines), _LOOK_AHEAD))
        lines = chain((line for line in ahead if isinstance(line, Line)), _behind(ahead, lines))
        name = _system_name(line for line in ahead if isinstance(line, Line))
    else:
        name = _system_name(line for line in _until_fault(capture.read(path)) if isinstance(line, Line))
    if name is None and path == "-":
        raise UsageError("standard input names no SystemName: say whose recording it is with --server NAME")
    return (name or Path(path).name.split(".")[0] or Path(path).name)[:MAX_NAME], lines


def _until_fault(lines: Iterator[Line]) -> Iterator[Line | UsageError]:
    """The lines, and at last what is wrong with the recording, if anything is."""
    try:
        yield from lines
    except UsageError as error:
        yield error


def _behind(ahead: list[Line | UsageError], lines: Iterator[Line]) -> Iterator[Line]:
    """What comes behind the lines that were read ahead."""
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
    fault: UsageError | None = None
    """What is wrong with the recording behind this batch."""


def _batches(tracker: Tracker, lines: Iterable[Line], summary: Summary) -> Iterator[_Batch]:
    batch = _Batch()
    try:
        for line in lines:
            summary.messages += line.dir != "mark"
            for record in tracker.feed(line):
                summary.observations += isinstance(record, Observation)
                batch.bodies.append(encode(record))
            if len(batch.bodies) >= BATCH:
                yield batch
                batch = _Batch()
    except UsageError as error:
        batch.fault = error
    batch.bodies += [encode(record) for record in tracker.left_off()]
    yield batch


def _taken_up(connection: Connection, server: str) -> list[bytes]:
    """What waited for its session at the end of the last piece."""
    with connection.transaction():
        query = "select body from fax.waiting_record where server = %s order by ordinal"
        return [bytes(row[0]) for row in connection.execute(query, [server])]


def _left_waiting(connection: Connection, server: str, spool: Spool) -> int:
    """Keeps what still waits for the next piece, in place of what was taken up."""
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
