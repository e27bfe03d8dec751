"""Records in, rows with their session and epoch out.

A record with a SessionNumber is resolved at once.  An event that names only a channel may have to wait: it comes out
with a later record, and until then its entry stays in the spool.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from faxstore.observations import Hangup, Listing, Observation, Record
from faxstore.sessions.application_runs import COMPLETIONS
from faxstore.sessions.identity import session_id
from faxstore.sessions.lookup import SessionLookup
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.ties import LISTINGS, ChannelTies

ENDS = COMPLETIONS | {"Gone"}
"""Events after which a session is over."""


class Resolver:
    """Decides which session each record of a sequence of batches belongs to.

    The stored sessions must include all batches before the current one.  After an error the resolver must be replaced.
    """

    def __init__(self, lookup: SessionLookup) -> None:
        self._lookup = lookup
        self._ties = ChannelTies(lookup)
        self._ended: set[UUID] = set()
        """The sessions that ended in this batch."""
        self._shown: dict[tuple[UUID, int], tuple[UUID, Observation]] = {}
        """Epoch and last snapshot of each session that this batch showed, by its id and SessionNumber."""

    def begin_batch(self, records: Iterable[Record]) -> None:
        """Start a batch of these records: what the last one resolved is stored."""
        self._ended.clear()
        self._shown.clear()
        self._ties.begin_batch(
            [record for record in records if isinstance(record, Observation) and record.session_number is None]
        )

    def resolve(self, key: int, record: Observation | Listing | Hangup) -> list[Resolved]:
        """Return the rows that become known with this record.  `key` identifies it among the rows returned later."""
        if isinstance(record, Hangup):
            epoch = self._lookup.known_epoch(record.life)
            rows = self._ties.hang_up(epoch, record) if epoch else []
        else:
            rows = self._ties.expire(record.observed_at)
            rows += self._listing(record) if isinstance(record, Listing) else self._observation(key, record)
        for row in rows:
            if row.observation.event in ENDS:
                self._ended.add(row.session_id)
        return rows

    def _observation(self, key: int, seen: Observation) -> list[Resolved]:
        epoch = self._lookup.epoch(seen.life)
        if seen.session_number is None:
            return self._ties.add_event(epoch, key, seen)
        session = session_id(epoch, seen.session_number)
        if seen.event in LISTINGS:
            self._shown[session, seen.session_number] = epoch, seen
        ties = self._ties.session_gone if seen.event == "Gone" else self._ties.list_session
        return [*ties(epoch, session, seen), Resolved(key, seen, session, epoch)]

    def _listing(self, listing: Listing) -> list[Resolved]:
        """Return a Gone row for each session of the list's epoch that did not end and is not listed.

        A list creates its epoch: it shows that the sessions of earlier epochs are over, even if no fax follows.
        Without a known start it does not, because another observer's list would create another epoch.
        """
        if not listing.life.has_known_start and self._lookup.known_epoch(listing.life) is None:
            return []
        epoch = self._lookup.epoch(listing.life)
        rows: list[Resolved] = []
        for session, number, channel in [*self._lookup.missing(epoch, listing), *self._shown_before(epoch, listing)]:
            if session not in self._ended:
                self._ended.add(session)
                gone = Observation(listing.life, listing.observed_at, "Gone", number, channel)
                rows += [*self._ties.session_gone(epoch, session, gone), Resolved(None, gone, session, epoch)]
        return rows

    def _shown_before(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        """Return id, SessionNumber and channel of each session that this batch showed and the list lacks."""
        listed = set(listing.session_numbers)
        return [
            (session, number, seen.channel)
            for (session, number), (shown_in, seen) in self._shown.items()
            if shown_in == epoch and seen.observed_at < listing.observed_at and number not in listed
        ]
