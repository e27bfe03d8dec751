"""Append: the one way into the history, a batch of records in one transaction.

faxstore.sessions resolves each record to a session.  fax.append() receives the rows as one parameter, assigns positions
and ignores repeats.  A record that waits for its session is not done: it stays in the spool.  fax.append() also stores
how many records of the spool are done, so that none is appended twice (faxstore.spool.progress).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from faxstore import sql
from faxstore.observations import MICROSECONDS, Observation, Record, Rejected, ServerObservation, moment
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.resolver import Resolver
from faxstore.spool.progress import Progress, count, runs_of
from faxstore.store.composite import Composite
from faxstore.store.database import Connection
from faxstore.store.distribution import is_distributed
from faxstore.store.locked_transaction import LockedTransaction
from faxstore.store.registration import SESSION_COLUMNS, Registration
from faxstore.store.session_lookup import StoredSessions

_INTEGERS = (
    "data_rate", "x_resolution", "y_resolution", "page_number",
    "pages_transmitted", "pages_received", "total_bad_lines",
)  # fmt: skip
_TEXTS = ("event", "operation", "state", "session_type", "file_name")
ROW_COLUMNS = {
    "session_id": "uuid", "observed_at": "timestamptz",
    **dict.fromkeys(_INTEGERS, "integer"), "error_correction_mode": "boolean", **dict.fromkeys(_TEXTS, "text"),
    "details": "jsonb",
}  # fmt: skip
"""Columns of fax.appended_row, with their types."""

EPOCH_COLUMNS = {"epoch_id": "uuid", "last_seen_at": "timestamptz"}
"""Columns of fax.appended_epoch, with their types."""

SMALLEST_PART, MOST_PARTS = 100, 8
"""A batch is appended in parts: the client resolves and encodes one while the database stores the one before.

A distributed database stores it as one part: each call of fax.append() waits for all nodes several times.
"""

_DAY = 86_400
"""Seconds.  Packed rows were observed more than two days before they were packed."""

_observed = attrgetter("observed_at", *_INTEGERS, "error_correction_mode", *_TEXTS)
_APPEND = sql.text("queries/store/append")
_ADD_SERVER_ROW = "select fax.add_server_row(%s, %s, %s, %s, %s)"
_ADD_REJECTED = sql.text("queries/store/add_rejected")


@dataclass(slots=True)
class Appended:
    """The outcome of a batch: the keys of the records that are done, and counts of new rows, repeats and rejections."""

    done: list[int] = field(default_factory=list)
    rows: int = 0
    repeats: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """By server."""
    sessions: set[UUID] = field(default_factory=set)
    """The faxes of the rows, new or repeated."""
    oldest_at: int | None = None
    """The time of the oldest record."""


class Appender:
    """Appends batches over one connection.  After an error it must be replaced."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._collector_id = collector_id
        self._transaction = LockedTransaction(connection)
        self._lookup = StoredSessions(self._transaction, collector_id)
        self._resolver = Resolver(self._lookup)
        self._registration = Registration()
        self._epochs = Composite(connection, "fax.appended_epoch", EPOCH_COLUMNS)
        self._sessions = Composite(connection, "fax.appended_session", SESSION_COLUMNS)
        self._rows = Composite(connection, "fax.appended_row", ROW_COLUMNS)
        self._most_parts = 1 if is_distributed(connection) else MOST_PARTS
        self._cursors = [connection.cursor(binary=True) for _ in range(self._most_parts)]

    def append(self, batch: Iterable[tuple[int, Record]], progress: Progress | None = None) -> Appended:
        """Append records, each with its key in the spool, and commit.

        `progress` is that of the spool before the batch, None for records that come from no spool.  Raises
        psycopg.errors.SerializationFailure if the database has another number of the spool's records.  A small batch
        that asks the database nothing is one statement.
        """
        result = Appended()
        records = list(batch)  # decoded before the lock is taken
        result.oldest_at = min((record.observed_at for _, record in records), default=None)
        with self._transaction:
            if _may_be_packed(result.oldest_at):
                self._transaction.wait_for_packing()
            self._transaction.begin_if_pooled()
            appends = self._append(records, progress, result)
        for rows, repeats in (append.fetchone() or (0, 0) for append in appends):
            result.rows += rows
            result.repeats += repeats
        return result

    def _append(
        self, records: list[tuple[int, Record]], progress: Progress | None, result: Appended
    ) -> list[psycopg.Cursor[TupleRow]]:
        """Append the parts of a batch, in order; return the cursors with the answers of fax.append()."""
        parts = list(parts_of(records, self._most_parts))
        if len(parts) > 1:
            self._transaction.pipeline()
        self._add_server_rows(records)
        self._lookup.begin_batch(record for _, record in records)
        appends = []
        for cursor, part in zip(self._cursors, parts, strict=False):
            rows = self._resolve(part, result)
            advanced = _advanced(progress if part is parts[-1] else None, result.done)
            if rows or advanced[0]:
                appends.append(cursor.execute(_APPEND, [*self._encoded(rows), *advanced], prepare=True))
        return appends

    def _resolve(self, records: list[tuple[int, Record]], result: Appended) -> list[Resolved]:
        """Return the rows that become known with these records."""
        rows: list[Resolved] = []
        self._resolver.begin_batch(record for _, record in records)
        for key, record in records:
            if isinstance(record, Rejected):
                self._add_rejected(record)
                result.rejected[record.server] += 1
            elif not isinstance(record, ServerObservation):
                rows += self._resolver.resolve(key, record)
            if not isinstance(record, Observation):
                result.done.append(key)
        result.done += [row.key for row in rows if row.key is not None]
        result.sessions.update(row.session_id for row in rows if row.is_fax)
        return rows

    def _encoded(self, rows: list[Resolved]) -> list[Any]:
        """Return the first parameters of fax.append() for these rows."""
        values = ((row.session_id, *_observed(row.observation), row.observation.details or None) for row in rows)
        return [
            self._collector_id,
            self._epochs.array(_last_seen(rows).items()),
            self._sessions.array(self._registration.of(rows)),
            self._rows.array(values),
        ]

    def _add_server_rows(self, records: list[tuple[int, Record]]) -> None:
        """Add the observations of servers first: the counters after a connect show whether it follows a reload."""
        for _, record in records:
            if isinstance(record, ServerObservation):
                details = Jsonb(record.details) if record.details else None
                row = [record.server, moment(record.observed_at), record.event, self._collector_id, details]
                self._transaction.execute(_ADD_SERVER_ROW, row)

    def _add_rejected(self, record: Rejected) -> None:
        raw = record.raw.encode("utf-8", "backslashreplace")
        digest = hashlib.sha256(record.reason.encode("utf-8", "backslashreplace") + b"\0" + raw).digest()
        row = [record.server, moment(record.observed_at), digest, self._collector_id, record.reason, raw]
        self._transaction.execute(_ADD_REJECTED, row)


def _may_be_packed(oldest_at: int | None) -> bool:
    """Whether a record may belong to a packed session.  fax.append() decides by the clock of the database."""
    return oldest_at is not None and oldest_at < (time.time() - _DAY) * MICROSECONDS


def parts_of(records: list[tuple[int, Record]], most: int) -> Iterator[list[tuple[int, Record]]]:
    """Yield the parts of a batch.  A session starts at its earliest row in the first part that has one of it."""
    size = max(SMALLEST_PART, -(-len(records) // most))
    for start in range(0, len(records), size):
        yield records[start : start + size]


def _advanced(progress: Progress | None, done: list[int]) -> list[Any]:
    """Return the parameters that say how many records of the spool are done, and which this batch adds."""
    if progress is None or not done:
        return [None] * 4
    runs = runs_of(done)
    keys = ",".join(map(str, chain(*runs)))  # psycopg takes eight times as long for a list
    after = progress.appended + count(runs)
    return [progress.spool_id, progress.appended, after, f"{{{keys}}}"]


def _last_seen(rows: list[Resolved]) -> dict[UUID, int]:
    """Return when each epoch of the rows was last observed in them."""
    last: dict[UUID, int] = {}
    for epoch, of_epoch in groupby(rows, attrgetter("epoch_id")):  # rows that follow each other mostly share one
        at = max(row.observation.observed_at for row in of_epoch)
        last[epoch] = max(at, last.get(epoch, at))
    return last
