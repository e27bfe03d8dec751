"""The billing ledger of one consumer in the database: its batches, their lines, and the next batch.

A consumer is a billing system or person with its own sequence of batches.  SQL functions decide which faxes are due and
what has changed (faxstore/sql/billing); this module only calls them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.settings.period import Period
from faxstore.store.database import Connection
from faxstore.store.period import resolve
from faxstore.store.pooler import require_session

Line = dict[str, Any]
"""One row of fax.export_line, by column name."""

_CONSUMER = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LOCK_CLASS = 0x6661_7865
"""The first key of the advisory lock of a consumer; the second is a hash of its name."""
_FETCH = 1_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of fax.export_batch."""

    consumer: str
    batch: int
    first_position: int
    last_position: int
    made_at: datetime
    lines: int
    corrections: int
    pages: int | None
    bad_lines: int | None
    seconds: Decimal | None
    previous_pages: int | None
    previous_bad_lines: int | None
    previous_seconds: Decimal | None
    first_started_at: datetime
    last_started_at: datetime
    first_ended_at: datetime
    last_ended_at: datetime
    format: str
    format_version: int
    sha256: bytes
    digest: bytes
    schema_version: str
    checkpoint: str | None
    batch_before: int | None
    manifest: str | None
    """The delivered manifest that it was restored from; None if the database has made it itself."""
    restored_after: int | None
    position_before: int
    erased_lines: int
    """Lines whose personal values were erased after the export."""
    delivered_at: datetime | None
    """When its file and manifest were in place; None if they may not be yet."""
    sealed_made_at: datetime | None
    """made_at as the transparency log covers it; None if no checkpoint does yet."""


class Ledger:
    """The ledger of one consumer, over one connection."""

    def __init__(self, connection: Connection, consumer: str) -> None:
        self._connection = connection
        self.consumer = consumer

    def batches(self) -> list[Batch]:
        """All batches, oldest first."""
        with self._connection.cursor(row_factory=class_row(Batch)) as cursor:
            return cursor.execute(sql.text("queries/billing/batches"), [self.consumer]).fetchall()

    def listed(self) -> Iterator[Batch]:
        """All batches, oldest first, as they arrive."""
        with self._connection.transaction(), self._connection.cursor("batches", row_factory=class_row(Batch)) as cursor:
            yield from cursor.execute(sql.text("queries/billing/batches"), [self.consumer])

    def batch(self, number: int) -> Batch:
        """The batch of that number.  Raises UsageError if it does not exist."""
        found = [one for one in self.batches() if one.batch == number]
        if not found:
            raise UsageError(f"consumer {self.consumer} has no batch {number}; {self.status()}")
        return found[0]

    def batch_by(self, moment: datetime) -> Batch | None:
        """The last batch made by a moment, by the times that the log covers; None if there was none.

        If nothing was ever sealed, by the times in fax.export_batch.  Raises UsageError if a checkpoint is missing
        that could decide whether a batch was made by then.
        """
        batches = self.batches()
        ((sealed_until,),) = self._connection.execute("select max(made_at) from fax.checkpoint")
        if sealed_until is None:
            return _last(one for one in batches if one.made_at <= moment)
        open_ones = [one.batch for one in batches if one.sealed_made_at is None]
        if open_ones and moment > sealed_until:
            state = f"no checkpoint covers batch {open_ones[0]} of {self.consumer} yet"
            raise UsageError(f"{state}: run faxstore seal, or give the number of a batch")
        return _last(one for one in batches if one.sealed_made_at is not None and one.sealed_made_at <= moment)

    def status(self) -> str:
        """How far the consumer is, as a clause of a message."""
        batches = self.batches()
        return f"its last batch is {batches[-1].batch}" if batches else "it has no batches yet"

    def lines(self, number: int) -> Iterator[Line]:
        """The lines of a batch, in order."""
        return self._rows("queries/billing/lines", {"consumer": self.consumer, "batch": number})

    def due(self, *, recheck: bool = False) -> Iterator[Line]:
        """The lines that the next batch would have; changes nothing."""
        return self._rows("queries/billing/due_lines", {"consumer": self.consumer, "recheck": recheck})

    def as_of(self, number: int, period: Period) -> Iterator[Line]:
        """The newest revisions exported up to that batch of the faxes that began in a period."""
        absolute = resolve(self._connection, period)  # the function's moments are local to its time zone
        since, until = (moment and moment.replace(tzinfo=None) for moment in (absolute.since, absolute.until))
        parameters = {"consumer": self.consumer, "batch": number, "since": since, "until": until, "time_zone": "UTC"}
        return self._rows("queries/billing/lines_as_of", parameters)

    def begin_batch(self, *, recheck: bool = False) -> int:
        """Insert the lines of the next batch in the open transaction; return their number.

        `recheck` compares every exported fax with the views instead of those with new rows only.
        """
        row = self._connection.execute("select fax.begin_export_batch(%s, %s)", [self.consumer, recheck]).fetchone()
        return cast("int", row[0]) if row else 0

    def end_batch(self, format: str, version: int, sha256: bytes) -> None:
        """Insert the batch of those lines, with the format and the SHA-256 of its file."""
        values = [self.consumer, format, version, sha256]
        self._connection.execute("select fax.end_export_batch(%s, %s, %s, %s)", values)

    def mark_delivered(self, number: int) -> None:
        """Record that the file and the manifest of a batch are in place."""
        self._connection.execute("select fax.export_delivered(%s, %s)", [self.consumer, number])

    def restore_lines(self, rows: list[dict[str, Any]]) -> None:
        """Insert lines that were read from a delivered file (faxstore.billing.parsing)."""
        parameters = {"consumer": self.consumer, "rows": Jsonb(rows)}
        self._connection.execute(sql.text("queries/billing/restore_lines"), parameters)

    def restore_batch(self, number: int, **columns: Any) -> None:
        """Insert the batch of those lines, with columns of fax.export_batch as its manifest has them."""
        parameters = columns | {"consumer": self.consumer, "batch": number}
        self._connection.execute(sql.text("queries/billing/restore_batch"), parameters)

    @contextmanager
    def owner_transaction(self) -> Iterator[None]:
        """A transaction with the rights of the owner of the schema."""
        with self._connection.transaction():
            self._connection.execute("set local role fax_owner")
            yield

    @contextmanager
    def repeatable_read(self) -> Iterator[None]:
        """A transaction that sees the database as of its first query; it is rolled back if the block fails."""
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            with self._connection.transaction():
                yield
        finally:
            if not self._connection.closed:
                self._connection.isolation_level = None

    def try_lock(self) -> bool:
        """Take the consumer's lock until the connection closes; return False if another connection has it."""
        keys = [_LOCK_CLASS, self.consumer]
        row = self._connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", keys).fetchone()
        return bool(row and row[0])

    def lock(self) -> None:
        """Wait for the consumer's lock.  Call it before a transaction, which then sees what the last holder did."""
        self._connection.execute("select pg_advisory_lock(%s, hashtext(%s))", [_LOCK_CLASS, self.consumer])

    def _rows(self, query: str, parameters: dict[str, Any]) -> Iterator[Line]:
        # A server cursor, because a batch may be larger than memory.
        name = f"rows_of_{id(parameters)}"
        with self._connection.transaction(), self._connection.cursor(name, row_factory=dict_row) as cursor:
            cursor.itersize = _FETCH
            yield from cursor.execute(sql.text(query), parameters)


def _last(batches: Iterable[Batch]) -> Batch | None:
    return max(batches, key=lambda one: one.batch, default=None)


def open_ledger(connection: Connection, consumer: str) -> Ledger:
    """Return the ledger of a consumer over a connection of its own.

    Raises UsageError for an invalid name, and behind a pooler.
    """
    if not _CONSUMER.fullmatch(consumer):
        allowed = "up to 63 of a-z, 0-9, _ and -, beginning with a letter or a digit"
        raise UsageError(f"--consumer {consumer!r}: a consumer's name is part of file names: use {allowed}")
    require_session(connection, "faxstore billing")
    # The server ends a query whose client is gone, and with it the lock that another run waits for.
    connection.execute("select set_config('client_connection_check_interval', '2s', false)")
    # Times are read, and digests made, in one zone.
    connection.execute("select set_config('timezone', 'UTC', false)")
    return Ledger(connection, consumer)
