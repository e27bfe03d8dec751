"""A Drain appends the records of a queue to the history, batch by batch: of the spool, or of an import.

A record whose content the database refuses must not block the records behind it.  The drain halves a failing batch
until the record is alone in its batch and stores it in fax.rejected_message.  A record of a newer faxstore stays in
the queue under its key, so that the newer version can append it later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import psycopg

from faxstore.observations import InvalidRecordError, NewerRecordError, Record, Rejected, decode, encode
from faxstore.settings.server_names import name_problem
from faxstore.spool.progress import Progress
from faxstore.store.append import Appended, Appender
from faxstore.store.composite import UnstorableError

log = logging.getLogger(__name__)

BATCH = 2_000
"""Most records per append.  It bounds the memory of a batch and how long other appenders wait for the lock."""

UNKNOWN_SERVER = "?"
"""The server of a rejected record whose bytes do not name a usable one."""

_CONTENT_ERRORS = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.CardinalityViolation,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""Errors caused by the content of a record: a retry would fail in the same way."""

_FAR_FUTURE = 250_000_000_000_000_000
"""Microseconds since 1970 below which both Postgres and Python can represent a time."""


Entry = bytes | Record
"""A record, or its encoded form."""


def encoded(entry: Entry) -> bytes:
    """Return an entry as bytes."""
    return entry if isinstance(entry, bytes) else encode(entry)


class Queue(Protocol):
    """What a Drain reads from: faxstore.spool.queue.Spool, or faxstore.ingest.record_queue.RecordQueue."""

    def peek(self, after: int, limit: int) -> Sequence[tuple[int, Entry]]:
        """Return up to `limit` entries after the key `after`, in order, with their keys."""

    def progress(self) -> Progress | None:
        """Return how much of the queue was appended, None if only this process will ever append from it."""

    def discard(self, keys: Iterable[int], progress: Progress | None, /) -> None:
        """Remove entries from the queue, which were appended after it had this progress."""


class Drain:
    """Appends the entries of a queue in order and discards those that are done.

    Entries that wait for their session stay in the queue, and so do records of a newer faxstore.  `newer` holds the
    keys of the latter that were already reported; a caller that creates several drains for one queue passes the
    same set to each.  `appender` creates an appender; it is called after each error of content, and its own error, that
    the database has another schema, leaves the entries in the queue.
    """

    def __init__(self, queue: Queue, appender: Callable[[], Appender], newer: set[int] | None = None) -> None:
        self._queue = queue
        self._new_appender = appender
        self._appender = appender()
        self.newer = set() if newer is None else newer
        self._last_key = 0
        self._limit = BATCH
        self._suspect = 0
        """The last key of a batch that failed; batches stay small up to this key."""

    def step(self, limit: int | None = None) -> Appended | None:
        """Append the next batch, of at most `limit` records, and discard what is done.

        Returns None if the queue has no further entries.  Raises psycopg.Error if the database is unreachable or
        refuses to append; a spool must then be settled, and this drain replaced.  Only appended entries are ever
        discarded.
        """
        entries = self._queue.peek(self._last_key, min(self._limit, limit or BATCH))
        if not entries:
            return None
        try:
            appended = self._append(self._appender, self._readable(entries))
        except _CONTENT_ERRORS as error:
            if len(entries) == 1:
                return self._reject(*entries[0], error)
            self._suspect, self._limit = max(self._suspect, entries[-1][0]), len(entries) // 2
            self._restart()
            return Appended()
        self._last_key = entries[-1][0]
        if self._last_key >= self._suspect:
            self._limit = BATCH
        return appended

    def _append(self, appender: Appender, records: Iterable[tuple[int, Record]]) -> Appended:
        progress = self._queue.progress()
        appended = appender.append(records, progress)
        self._queue.discard(appended.done, progress)
        return appended

    def _readable(self, entries: Sequence[tuple[int, Entry]]) -> Iterator[tuple[int, Record]]:
        """Yield the records that this version can read; report the others once."""
        newer: dict[int, str] = {}
        for key, entry in entries:
            try:
                yield key, decode(entry) if isinstance(entry, bytes) else entry
            except NewerRecordError as error:
                newer[key] = str(error)
        if unreported := newer.keys() - self.newer:
            self.newer |= unreported
            advice = "records of a newer faxstore set aside: %d (first: %s); run that version to append them"
            log.warning(advice, len(unreported), newer[min(unreported)])

    def _restart(self) -> None:
        """Start again at the front of the queue: only the old appender knew which entries wait."""
        self._appender = self._new_appender()
        self._last_key = 0

    def _reject(self, key: int, entry: Entry, error: Exception) -> Appended:
        appender = self._new_appender()
        refused = not isinstance(error, InvalidRecordError)
        reason = f"the database refused it: {_cause(error)}" if refused else str(error)
        log.error("a record is moved to fax.rejected_message: %s", reason)
        appended = self._append(appender, [(key, _rejected(entry, reason))])
        self._restart()
        return appended


def _cause(error: Exception) -> str:
    """Return what is wrong with a record.  The text of most errors quotes the record, so their class represents it."""
    if isinstance(error, UnstorableError):
        return str(error)
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        where = error.diag.constraint_name or error.diag.column_name
        return f"{type(error).__name__} (SQLSTATE {error.sqlstate}){f' of {where}' if where else ''}"
    return type(error).__name__


def _rejected(entry: Entry, reason: str) -> Record:
    """Return a Rejected that the database accepts whatever the record contains; its raw text is the encoded record."""
    body = encoded(entry)
    raw = body.decode("utf-8", "backslashreplace")
    try:
        record = decode(body)
    except ValueError:
        return Rejected(UNKNOWN_SERVER, 0, reason, raw)
    server: object = record.life.server if hasattr(record, "life") else record.server
    at: object = record.observed_at
    observed_at = at if isinstance(at, int) and 0 <= at < _FAR_FUTURE else 0
    name = server if isinstance(server, str) and name_problem(server) is None else UNKNOWN_SERVER
    return Rejected(name, observed_at, reason, raw)
