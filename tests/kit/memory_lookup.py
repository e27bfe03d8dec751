"""A SessionLookup over the rows that a Resolver returned: what the database would answer, without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID, uuid5

from faxstore.observations import Life, Listing, Observation
from faxstore.sessions.application_runs import COMPLETIONS
from faxstore.sessions.fax import AFTER_END, Fax
from faxstore.sessions.identity import NAMESPACE
from faxstore.sessions.lookup import EventKey, Runs, SessionLookup, Stored, event_key
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.resolver import ENDS
from faxstore.sessions.run_facts import RunFacts, files

EPOCH = uuid5(NAMESPACE, "the epoch of a memory")
SNAPSHOTS = frozenset({"FAXSession", "FAXSessionsEntry"})


class MemoryLookup(SessionLookup):
    """The stored rows by session, in order of time; a repeat (session, time) is ignored."""

    def __init__(self) -> None:
        self.rows: dict[UUID, list[Resolved]] = defaultdict(list)

    def append(self, rows: Iterable[Resolved]) -> None:
        """Store the rows of a batch."""
        for row in rows:
            stored = self.rows[row.session_id]
            if all(row.observation.observed_at != other.observation.observed_at for other in stored):
                stored.append(row)
                stored.sort(key=lambda each: each.observation.observed_at)

    def faxes(self) -> dict[UUID, list[Observation]]:
        """Return the observations of each session that is a fax."""
        return {
            session: [row.observation for row in rows]
            for session, rows in self.rows.items()
            if all(r.is_fax for r in rows)
        }

    def epoch(self, life: Life) -> UUID:
        return EPOCH

    def known_epoch(self, life: Life) -> UUID | None:
        return EPOCH

    def stored(self, events: Sequence[Observation]) -> dict[EventKey, Stored]:
        wanted, found = {event_key(event) for event in events}, {}
        for session, rows in self.rows.items():
            for row in rows:
                if row.observation.session_number is None and event_key(row.observation) in wanted:
                    stored = Stored(session, EPOCH, self._number(session) is None, row.is_fax)
                    found[event_key(row.observation)] = stored
        return found

    def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
        on_channel = [
            (self._began(session), session)
            for session in self.faxes()
            if self._channel(session) == event.channel
            and self._began(session) <= event.observed_at
            and (self._number(session) is not None or self._uniqueid(session) == event.uniqueid)
        ]
        return self._as_of(max(on_channel)[1], event.observed_at) if on_channel else None

    def runs(self, event: Observation) -> Runs:
        of_call = [session for session in self.faxes() if event.uniqueid and self._uniqueid(session) == event.uniqueid]
        began = [session for session in of_call if self._began(session) <= event.observed_at]
        goes_on = [
            session
            for session in began
            if self._number(session) is None
            and any(row.observation.observed_at >= event.observed_at for row in self.rows[session])
        ]
        before = frozenset(session for session in began if self._began(session) < event.observed_at)
        return Runs(goes_on[0] if goes_on else None, before)

    def adrift(self, epoch: UUID, completion: Observation) -> UUID | None:
        now, names = completion.observed_at, files(completion)
        found = [
            (seen[-1].observed_at, session)
            for session, seen in self.faxes().items()
            if (hung_up := [row.observed_at for row in seen if row.event == "Hangup" and row.observed_at <= now])
            and not any(row.event in COMPLETIONS and row.observed_at < now for row in seen)
            and not any(row.event == "Gone" and row.observed_at < now - AFTER_END for row in seen)
            and any(
                row.event in SNAPSHOTS
                and min(hung_up[-1], now - AFTER_END) <= row.observed_at <= now
                and row.operation == completion.operation
                and names & files(row)
                for row in seen
            )
        ]
        return max(found)[1] if found else None

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        found = []
        for session, seen in self.faxes().items():
            number, channel = self._number(session), self._channel(session)
            listed = [row.observed_at for row in seen if row.event in SNAPSHOTS]
            if number is None or number in listing.session_numbers or any(row.event in ENDS for row in seen):
                continue
            if max(listed, default=0) < listing.observed_at:
                found.append((session, number, channel))
        return found

    def _as_of(self, session: UUID, moment: int) -> tuple[Fax, RunFacts]:
        seen = [row.observation for row in self.rows[session] if row.observation.observed_at < moment]
        listed = [row.observed_at for row in seen if row.event in SNAPSHOTS]
        unlisted = self._number(session) is None
        last_seen = max((row.observed_at for row in seen if unlisted or row.event in SNAPSHOTS), default=0)
        completed = any(row.event in COMPLETIONS for row in seen)
        gone_at = min((row.observed_at for row in seen if row.event == "Gone"), default=None)
        first = min(listed, default=0)
        fax = Fax.stored(session, last_seen, completed, first, unlisted, self._uniqueid(session), gone_at)
        operation = next((row.operation for row in seen if row.operation), None)
        return fax, RunFacts(operation, frozenset(row.file_name for row in seen if row.file_name))

    def _began(self, session: UUID) -> int:
        starts = [row.observation.observed_at for row in self.rows[session] if not row.is_prelude]
        return min(starts, default=self.rows[session][0].observation.observed_at)

    def _first(self, session: UUID, name: str) -> object:
        values = (getattr(row.observation, name) for row in self.rows[session])
        return next((value for value in values if value is not None), None)

    def _number(self, session: UUID) -> int | None:
        return cast("int | None", self._first(session, "session_number"))

    def _channel(self, session: UUID) -> str | None:
        return cast("str | None", self._first(session, "channel"))

    def _uniqueid(self, session: UUID) -> str | None:
        return cast("str | None", self._first(session, "uniqueid"))
