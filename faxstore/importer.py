"""Recordings into the history: `faxstore import`.

The way is the ingestor's, through a spool and one append; the spool lies in a temporary file that need not
outlive a crash, for the recording itself is still there.  A recording may be imported again, in pieces, or
after an interruption: what is known is a repeat.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path

from faxstore import capture
from faxstore.ami.message import MalformedMessageError, parse
from faxstore.ami.tracker import Tracker
from faxstore.capture import Line
from faxstore.errors import UsageError
from faxstore.observations import Observation, encode
from faxstore.settings import MAX_NAME
from faxstore.spool import Spool
from faxstore.store.append import Appender
from faxstore.store.database import Connection
from faxstore.store.drain import BATCH, Drain

COLLECTOR_ID = "import"

_LOOK_AHEAD = 20_000
"""Lines of standard input that are held back in search of a SystemName."""


@dataclass(slots=True)
class Summary:
    """What an import read and what became of it.

    `unfinished`: list entries and events at the end of a recording that still waited for what would have
    come next; they are left out, and come with the recording's next piece.
    """

    messages: int = 0
    observations: int = 0
    rows: int = 0
    repeats: int = 0
    rejected: int = 0
    unfinished: int = 0

    def add(self, other: Summary) -> None:
        """Adds the counts of another recording."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


Progress = Callable[[Summary], None]


def import_file(connection: Connection, path: str, server: str | None, progress: Progress) -> Summary:
    """Imports one recording; `-` is standard input.

    What stands before a fault of the file is imported, then UsageError names the fault.
    """
    lines: Iterator[Line] = capture.read(path)
    if server is None:
        server, lines = server_of(path, lines)
    return import_lines(connection, server, lines, progress)


def import_lines(connection: Connection, server: str, lines: Iterable[Line], progress: Progress) -> Summary:
    """Imports the lines of one observer of one server."""
    summary = Summary()
    tracker = Tracker(server)
    with tempfile.TemporaryDirectory(prefix="faxstore-import-") as folder:
        spool = Spool(Path(folder) / "spool.sqlite", synchronous="off")
        drain = Drain(spool, lambda: Appender(connection, COLLECTOR_ID))
        try:
            for batch in _batches(tracker, lines, summary):
                spool.put(batch)
                _drain(drain, summary)
                progress(summary)
        finally:
            spool.close()
    summary.unfinished = tracker.unfinished + drain.waiting
    return summary


def server_of(path: str, lines: Iterator[Line]) -> tuple[str, Iterator[Line]]:
    """The name of the server of a recording: SystemName on the wire, else the file's name up to its first dot.

    Gives the lines back whole.  Raises UsageError for standard input that names none.
    """
    if path == "-":
        ahead = [line for _, line in zip(range(_LOOK_AHEAD), lines, strict=False)]
        lines = chain(ahead, lines)
        name = _system_name(ahead)
    else:
        name = _system_name(capture.read(path))
    if name is None and path == "-":
        raise UsageError("standard input names no SystemName: say whose recording it is with --server NAME")
    return (name or Path(path).name.split(".")[0] or Path(path).name)[:MAX_NAME], lines


def _system_name(lines: Iterable[Line]) -> str | None:
    try:
        for line in lines:
            if line.dir == "in" and "SystemName:" in line.text:
                name = parse(line.text).get("SystemName").strip()
                if name:
                    return name
    except (MalformedMessageError, UsageError):
        return None  # the import itself will say what is wrong
    return None


def _batches(tracker: Tracker, lines: Iterable[Line], summary: Summary) -> Iterator[list[bytes]]:
    """Encoded records in portions; a fault in the file is raised after what stands before it."""
    batch: list[bytes] = []
    fault: UsageError | None = None
    try:
        for line in lines:
            summary.messages += line.dir != "mark"
            for record in tracker.feed(line):
                summary.observations += isinstance(record, Observation)
                batch.append(encode(record))
            if len(batch) >= BATCH:
                yield batch
                batch = []
    except UsageError as error:
        fault = error
    yield batch
    if fault is not None:
        raise fault


def _drain(drain: Drain, summary: Summary) -> None:
    while (appended := drain.step()) is not None:
        summary.rows += appended.rows
        summary.repeats += appended.repeats
        summary.rejected += appended.rejected
