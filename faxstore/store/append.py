"""The one way into the history: a batch of records in one transaction.

Records go by binary COPY into fax.staged_row, then fax.append() gives out positions and drops repeats.  A
record that waits for its session is not done: it stays where it came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from faxstore import sql
from faxstore.observations import Hangup, Listing, Observation, Record, Rejected, ServerObservation, moment
from faxstore.sessions.application_runs import COMPLETIONS
from faxstore.sessions.identity import session_id
from faxstore.sessions.ties import Known, Runs, Tied, Ties
from faxstore.store.database import Connection
from faxstore.store.epochs import Epochs

ENDS = COMPLETIONS | {"Gone"}
"""Events after which a session is no longer open."""

_COLUMNS = {
    "batch": "uuid",
    "ordinal": "int4",
    "session_id": "uuid",
    "epoch_id": "uuid",
    "observed_at": "timestamptz",
    "session_number": "int8",
    "data_rate": "int4",
    "x_resolution": "int4",
    "y_resolution": "int4",
    "page_number": "int4",
    "pages_transmitted": "int4",
    "pages_received": "int4",
    "total_bad_lines": "int4",
    "error_correction_mode": "bool",
    "event": "text",
    "operation": "text",
    "state": "text",
    "session_type": "text",
    "channel": "text",
    "uniqueid": "text",
    "technology": "text",
    "file_name": "text",
    "details": "jsonb",
}
_COPY = f"copy fax.staged_row ({', '.join(_COLUMNS)}) from stdin (format binary)"
_PLAIN = tuple(_COLUMNS)[5:-1]
"""Columns that are fields of an Observation by the same name."""

_INTEGERS = tuple(name for name, kind in _COLUMNS.items() if kind == "int4" and name != "ordinal")

_ADD_SERVER_ROW = sql.text("queries/store/add_server_row")
_ADD_REJECTED = sql.text("queries/store/add_rejected")
_LAST_ON_CHANNEL = sql.text("queries/store/last_on_channel")
_RUNS_OF_UNIQUEID = sql.text("queries/store/runs_of_uniqueid")


@dataclass(slots=True)
class Appended:
    """What became of a batch: the keys that are done with, and how many rows were new or known."""

    done: list[int] = field(default_factory=list)
    rows: int = 0
    repeats: int = 0
    rejected: int = 0


class Appender:
    """Appends to one database over one connection; after an error, of no further use."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._connection = connection
        self._collector_id = collector_id
        self._epochs = Epochs(connection, collector_id)
        self._ties = Ties(self._last_on_channel, self._runs_of_uniqueid)
        self._session_ids: dict[tuple[UUID, int], UUID] = {}

    def append(self, batch: Iterable[tuple[int, Record]]) -> Appended:
        """Appends records, each with the key of its place in a queue, and commits."""
        result = Appended()
        tied: list[Tied] = []
        records = list(batch)  # decoded before the lock is taken
        with self._connection.transaction():
            # First of all: whoever reads the history and then waits for the lock could be waited for by its holder.
            self._connection.execute("select fax.lock_append()")
            for key, record in records:
                if isinstance(record, Observation):
                    tied += self._observed(key, record)
                    continue
                result.done.append(key)
                if isinstance(record, Listing):
                    tied += self._ties.waited_too_long(record.observed_at)
                    ended = {entry.session_id for entry in tied if entry.observation.event in ENDS}
                    tied += self._listed(record, ended)
                elif isinstance(record, Hangup):
                    tied += self._hung_up(record)
                else:
                    self._aside(record, result)
            if tied:
                self._copy(tied, result)
        result.done += [entry.key for entry in tied if entry.key >= 0]
        return result

    # -- which session -------------------------------------------------------------------------------

    def _observed(self, key: int, seen: Observation) -> list[Tied]:
        epoch = self._epochs.of(seen.life)
        late = self._ties.waited_too_long(seen.observed_at)
        if seen.session_number is None:
            return late + self._ties.happened(epoch, key, seen)
        session = self._session(epoch, seen.session_number)
        return [*late, *self._ties.listed(epoch, session, seen), Tied(key, seen, session)]

    def _listed(self, listing: Listing, ended: set[UUID]) -> list[Tied]:
        """What the store holds open, did not end in this batch, and a complete list no longer has, is gone."""
        epoch = self._epochs.known(listing.life)
        if epoch is None:
            return []
        missing = self._connection.execute(
            "select session_id, session_number from fax.find_gone_sessions(%s, %s, %s::bigint[])",
            [epoch, moment(listing.observed_at), list(listing.session_numbers)],
        )
        return [
            Tied(-1, Observation(listing.life, listing.observed_at, "Gone", number), session)
            for session, number in missing.fetchall()
            if session not in ended
        ]

    def _hung_up(self, hangup: Hangup) -> list[Tied]:
        epoch = self._epochs.known(hangup.life)
        return self._ties.hung_up(epoch, hangup) if epoch else []

    def _session(self, epoch: UUID, number: int) -> UUID:
        known = self._session_ids.get((epoch, number))
        if known is None:
            if len(self._session_ids) > 2_000:
                self._session_ids.clear()
            known = self._session_ids[epoch, number] = session_id(epoch, number)
        return known

    def _last_on_channel(self, epoch: UUID, event: Observation) -> Known | None:
        at = {
            "epoch": epoch,
            "channel": event.channel,
            "uniqueid": event.uniqueid,
            "moment": moment(event.observed_at),
        }
        row = self._connection.execute(_LAST_ON_CHANNEL, at).fetchone()
        return Known(*row) if row else None

    def _runs_of_uniqueid(self, server: str, uniqueid: str, at: int) -> Runs:
        asked = {"server": server, "uniqueid": uniqueid, "moment": moment(at)}
        rows = self._connection.execute(_RUNS_OF_UNIQUEID, asked).fetchall()
        under_way = next((session for session, _, goes_on in rows if goes_on), None)
        return Runs(under_way, frozenset(session for session, before, _ in rows if before))

    # -- rows ----------------------------------------------------------------------------------------

    def _copy(self, tied: list[Tied], result: Appended) -> None:
        batch = uuid4()
        rows = [self._row(batch, ordinal, entry) for ordinal, entry in enumerate(tied)]  # may ask the store
        with self._connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types(list(_COLUMNS.values()))
                for row in rows:
                    copy.write_row(row)
            cursor.execute("select appended, repeats from fax.append(%s, %s)", [batch, self._collector_id])
            appended, repeats = cast("tuple[int, int]", cursor.fetchone())
        result.rows += appended
        result.repeats += repeats

    def _row(self, batch: UUID, ordinal: int, entry: Tied) -> list[Any]:
        seen = entry.observation
        for name in _INTEGERS:
            value = getattr(seen, name)
            if value is not None and not -(2**31) <= value < 2**31:  # binary COPY would wrap it without a word
                raise ValueError(f"{name} is {value!r:.40}, over 32 bits")
        return [
            batch,
            ordinal,
            entry.session_id,
            self._epochs.of(seen.life),
            moment(seen.observed_at),
            *[getattr(seen, name) for name in _PLAIN],
            Jsonb(seen.details) if seen.details else None,
        ]

    def _aside(self, record: ServerObservation | Rejected, result: Appended) -> None:
        at = moment(record.observed_at)
        if isinstance(record, Rejected):
            raw = record.raw.encode("utf-8", "backslashreplace")
            digest = hashlib.sha256(record.reason.encode("utf-8", "backslashreplace") + b"\0" + raw).digest()
            row: list[Any] = [record.server, at, digest, self._collector_id, record.reason, raw]
            self._connection.execute(_ADD_REJECTED, row)
            result.rejected += 1
        else:
            details = Jsonb(record.details) if record.details else None
            row = [record.server, at, record.event, self._collector_id, details]
            self._connection.execute(_ADD_SERVER_ROW, row)
