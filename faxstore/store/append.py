"""Append: the one way into the history, a batch of records in one transaction.

faxstore.sessions resolves each record to a session.  The rows go by binary COPY into fax.staged_row, and fax.append()
assigns positions and ignores repeats.  A record that waits for its session is not done: it stays in the spool.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from faxstore import sql
from faxstore.observations import Observation, Record, Rejected, ServerObservation, moment
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.resolver import Resolver
from faxstore.store.database import Connection
from faxstore.store.session_lookup import StoredSessions

_INTEGERS = (
    "data_rate", "x_resolution", "y_resolution", "page_number",
    "pages_transmitted", "pages_received", "total_bad_lines",
)  # fmt: skip
_TEXTS = ("event", "operation", "state", "session_type", "channel", "uniqueid", "technology", "file_name")
_OBSERVATION_FIELDS = ("session_number", *_INTEGERS, "error_correction_mode", *_TEXTS)
"""Columns that are fields of an Observation by the same name."""

_OWN_COLUMNS = ("batch", "ordinal", "session_id", "epoch_id", "is_fax", "is_prelude", "observed_at")
_COLUMNS = (*_OWN_COLUMNS, *_OBSERVATION_FIELDS, "details")
_OWN_TYPES = ["uuid", "int4", "uuid", "uuid", "bool", "bool", "timestamptz"]
_TYPES = [*_OWN_TYPES, "int8", *["int4"] * len(_INTEGERS), "bool", *["text"] * len(_TEXTS), "jsonb"]
_COPY = f"copy fax.staged_row ({', '.join(_COLUMNS)}) from stdin (format binary)"
_ADD_SERVER_ROW = sql.text("queries/store/add_server_row")
_ADD_REJECTED = sql.text("queries/store/add_rejected")


class UnstorableError(ValueError):
    """A value does not fit its column; str() names the column and does not quote the value."""


@dataclass(slots=True)
class Appended:
    """The outcome of a batch: the keys of the records that are done, and counts of new rows, repeats and rejections."""

    done: list[int] = field(default_factory=list)
    rows: int = 0
    repeats: int = 0
    rejected: int = 0


class Appender:
    """Appends batches over one connection.  After an error it must be replaced."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._connection = connection
        self._collector_id = collector_id
        self._resolver = Resolver(StoredSessions(connection, collector_id))

    def append(self, batch: Iterable[tuple[int, Record]]) -> Appended:
        """Append records, each with its key in the spool, and commit."""
        result = Appended()
        rows: list[Resolved] = []
        records = list(batch)  # decoded before the lock is taken
        with self._connection.transaction():
            # Lock first: a transaction that has read the history and then waits for the lock could deadlock with its
            # holder, which may create a partition.
            self._connection.execute("select fax.lock_append()")
            self._resolver.begin_batch(record for _, record in records)
            for key, record in records:
                if isinstance(record, ServerObservation):
                    self._add_server_row(record)
                elif isinstance(record, Rejected):
                    self._add_rejected(record)
                    result.rejected += 1
                else:
                    rows += self._resolver.resolve(key, record)
                if not isinstance(record, Observation):
                    result.done.append(key)
            if rows:
                self._copy(rows, result)
        result.done += [row.key for row in rows if row.key is not None]
        return result

    def _copy(self, rows: list[Resolved], result: Appended) -> None:
        batch = uuid4()
        values = [_values(batch, ordinal, row) for ordinal, row in enumerate(rows)]
        with self._connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row_values in values:
                    copy.write_row(row_values)
            cursor.execute("select appended, repeats from fax.append(%s, %s)", [batch, self._collector_id])
            result.rows, result.repeats = cast("tuple[int, int]", cursor.fetchone())

    def _add_server_row(self, record: ServerObservation) -> None:
        details = Jsonb(record.details) if record.details else None
        row = [record.server, moment(record.observed_at), record.event, self._collector_id, details]
        self._connection.execute(_ADD_SERVER_ROW, row)

    def _add_rejected(self, record: Rejected) -> None:
        raw = record.raw.encode("utf-8", "backslashreplace")
        digest = hashlib.sha256(record.reason.encode("utf-8", "backslashreplace") + b"\0" + raw).digest()
        row = [record.server, moment(record.observed_at), digest, self._collector_id, record.reason, raw]
        self._connection.execute(_ADD_REJECTED, row)


def _values(batch: UUID, ordinal: int, row: Resolved) -> list[Any]:
    """Return the values of _COLUMNS.  Raises UnstorableError for a number that binary COPY would wrap."""
    seen = row.observation
    for name in _INTEGERS:
        value = getattr(seen, name)
        if value is not None and not -(2**31) <= value < 2**31:
            raise UnstorableError(f"{name} is over 32 bits")
    fields = [getattr(seen, name) for name in _OBSERVATION_FIELDS]
    details = Jsonb(seen.details) if seen.details else None
    own = [batch, ordinal, row.session_id, row.epoch_id, row.is_fax, row.is_prelude, moment(seen.observed_at)]
    return [*own, *fields, details]
