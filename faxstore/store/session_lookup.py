"""The stored epochs and sessions, as faxstore.sessions asks for them.

A life is one observer's view of one run of a server's fax registry.  An epoch is the run itself, under one id for all
observers.  fax.resolve_epoch() finds the epoch by the evidence of the life (start-up time, start-up text, reload) or
creates it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec.structs import replace

from faxstore.observations import Life, Listing, Observation, Record, microseconds, moment
from faxstore.sessions.fax import Fax
from faxstore.sessions.identity import epoch_id, session_id
from faxstore.sessions.lookup import EventKey, Runs, SessionLookup, Stored, event_key
from faxstore.sessions.run_facts import RunFacts, files
from faxstore.sessions.ties import LISTINGS
from faxstore.store.locked_transaction import LockedTransaction

_NEWEST_EPOCH = "select fax.newest_epoch(%s, %s, %s, %s)"
_UNSEEN_RELOAD = "select fax.unseen_reload(%s, %s, %s, %s, %s)"
_NUMBERS_RESTARTED = "select fax.numbers_restarted(%s, %s, %s, %s, %s)"
_RESOLVE = "select fax.resolve_epoch(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_LAST_ON_CHANNEL = (
    "select session_id, last_seen, completed, first_listed, unlisted, uniqueid, gone_at, operation, files"
    " from fax.last_on_channel(%(epoch)s, %(server)s, %(channel)s, %(uniqueid)s, %(moment)s)"
)
_RUNS_OF_UNIQUEID = (
    "select session_id, started_before, goes_on from fax.runs_of_uniqueid(%(server)s, %(uniqueid)s, %(moment)s)"
)
_STORED_EVENTS = (
    "select ordinal, session_id, epoch_id, unlisted, is_fax"
    " from fax.stored_events(%(servers)s, %(moments)s::timestamptz[], %(events)s, %(channels)s, %(uniqueids)s)"
)
_ADRIFT = "select session_id from fax.adrift(%(epoch)s, %(operation)s, %(moment)s, %(files)s)"
_MISSING = "select session_id, session_number, channel from fax.find_gone_sessions(%s, %s, %s::bigint[])"


_Key = tuple[str, int, int | None]
"""Identifies a life: server, first_seen and reloaded_at."""


class StoredSessions(SessionLookup):
    """The SessionLookup of one database, which asks under the lock of all appenders.

    Each life is resolved once, again when more is known of its start, and again with its first list, which may show
    that res_fax was reloaded before.
    """

    def __init__(self, transaction: LockedTransaction, collector_id: str) -> None:
        self._transaction = transaction
        self._collector_id = collector_id
        self._epochs: dict[_Key, tuple[Life, UUID]] = {}
        self._settled: set[_Key] = set()
        """The lives of which it is known whether res_fax was reloaded before them, or whose first list is complete."""
        self._shown: dict[_Key, dict[int, str]] = {}
        """Of the others, the channels of the sessions that this batch lists, by number."""

    def begin_batch(self, records: Iterable[Record]) -> None:
        """Start a batch of these records."""
        self._shown.clear()
        settled: Life | None = None
        for record in records:
            if not isinstance(record, Observation) or record.life is settled or record.event not in LISTINGS:
                continue
            key = _key(record.life)
            # without a known start the life's epoch has no other lives
            if record.life.reloaded_at or key in self._settled or not record.life.has_known_start:
                settled = record.life
            elif record.channel and "\0" not in record.channel:  # a channel with NUL cannot be stored
                self._shown.setdefault(key, {})[cast("int", record.session_number)] = record.channel

    def epoch(self, life: Life) -> UUID:
        key = _key(life)
        before = self._epochs.get(key)
        if before is not None and (before[0] is life or before[0] == life) and key not in self._shown:
            self._epochs[key] = (life, before[1])  # the next comparison is with the same object
            return before[1]
        epoch = cast("UUID", self._resolve(life, before[1] if before else None, create=True))
        self._epochs[key] = (life, epoch)
        return epoch

    def known_epoch(self, life: Life) -> UUID | None:
        before = self._epochs.get(_key(life))
        return before[1] if before else self._resolve(life, None, create=False)

    def stored(self, events: Sequence[Observation]) -> dict[EventKey, Stored]:
        keys = [event_key(event) for event in events]
        if not keys:
            return {}
        servers, times, names, channels = map(list, zip(*keys, strict=True))
        moments = [moment(cast("int", at)) for at in times]
        uniqueids = [event.uniqueid for event in events]
        asked = {"servers": servers, "moments": moments, "events": names, "channels": channels, "uniqueids": uniqueids}
        rows = self._transaction.execute(_STORED_EVENTS, asked).fetchall()
        return {keys[ordinal - 1]: Stored(*session) for ordinal, *session in rows}

    def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
        key = {"epoch": epoch, "server": event.life.server, "channel": event.channel, "uniqueid": event.uniqueid}
        row = self._transaction.execute(_LAST_ON_CHANNEL, key | {"moment": moment(event.observed_at)}).fetchone()
        if row is None:
            return None
        *fax, operation, names = row
        return Fax.stored(*fax), RunFacts(operation, frozenset(names))

    def adrift(self, epoch: UUID, completion: Observation) -> UUID | None:
        key = {"epoch": epoch, "operation": completion.operation, "moment": moment(completion.observed_at)}
        row = self._transaction.execute(_ADRIFT, key | {"files": list(files(completion))}).fetchone()
        return cast("UUID", row[0]) if row else None

    def runs(self, event: Observation) -> Runs:
        key = {"server": event.life.server, "uniqueid": event.uniqueid, "moment": moment(event.observed_at)}
        rows = self._transaction.execute(_RUNS_OF_UNIQUEID, key).fetchall() if event.uniqueid is not None else []
        under_way = next((session for session, _, goes_on in rows if goes_on), None)
        return Runs(under_way, frozenset(session for session, before, _ in rows if before))

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        self._settled.add(_key(listing.life))
        parameters = [epoch, moment(listing.observed_at), list(listing.session_numbers)]
        return self._transaction.execute(_MISSING, parameters).fetchall()

    def _resolve(self, life: Life, before: UUID | None, *, create: bool) -> UUID | None:
        shown = self._shown.pop(_key(life), {})
        if before is None or shown:
            seen = self._with_unseen_reload(life, shown)
            life, before = seen, before if seen is life else None
        own = [life.server, epoch_id(life), before, _moment(life.first_seen), life.continued]
        start = [_moment(life.started_at), life.startup_text, _moment(life.reloaded_at)]
        row = self._transaction.execute(_RESOLVE, [*own, *start, self._previous(life), create]).fetchone()
        return cast("UUID | None", row[0]) if row else None

    def _previous(self, life: Life) -> UUID | None:
        """Return the epoch of the life before the reload with which a life began, if this observer has seen both."""
        if life.reloaded_at is None:
            return None
        start = (life.server, life.started_at, life.startup_text)
        before = [
            (other.reloaded_at or 0, epoch)
            for other, epoch in self._epochs.values()
            if (other.server, other.started_at, other.startup_text) == start
            and (other.reloaded_at or 0) < life.reloaded_at
        ]
        return max(before)[1] if before else None

    def _with_unseen_reload(self, life: Life, shown: Mapping[int, str]) -> Life:
        """Return the life with the reload that its observer missed, if stored rows or its first list show one."""
        if life.reloaded_at is not None or not life.has_known_start:
            return life
        start = [life.server, _moment(life.started_at), life.startup_text, _moment(life.first_seen)]
        row = self._transaction.execute(_UNSEEN_RELOAD, [*start, self._collector_id]).fetchone()
        if row and row[0]:
            return replace(life, reloaded_at=microseconds(row[0]))
        restarted = self._numbers_restarted(start, shown) if shown else None
        if restarted is not None:
            self._settled.add(_key(life))
        return replace(life, reloaded_at=life.first_seen) if restarted else life

    def _numbers_restarted(self, start: list[Any], shown: Mapping[int, str]) -> bool | None:
        """Return whether these numbers are on other channels than in the newest epoch; None if not known yet."""
        ((epoch,),) = self._transaction.execute(_NEWEST_EPOCH, start).fetchall()
        if epoch is None:
            return False
        sessions = [session_id(epoch, number) for number in shown]
        values = [epoch, sessions, list(shown.values()), start[-1], self._collector_id]
        ((restarted,),) = self._transaction.execute(_NUMBERS_RESTARTED, values).fetchall()
        return cast("bool | None", restarted)


def _key(life: Life) -> _Key:
    return life.server, life.first_seen, life.reloaded_at


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
