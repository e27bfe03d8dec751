"""What the resolver asks about sessions that are already stored.

faxstore.store.session_lookup answers from the database; tests answer from a dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from faxstore.observations import Life, Listing, Observation
from faxstore.sessions.fax import Fax
from faxstore.sessions.run_facts import RunFacts


class Runs(NamedTuple):
    """The stored faxes of one Uniqueid as of a moment."""

    under_way: UUID | None
    """The unlisted fax that began by then and has rows from then on."""
    before: frozenset[UUID]
    """All faxes that had begun before."""


EventKey = tuple[str, int, str, str]
"""Server, time, name and channel of an event: each line of an observer has a microsecond of its own."""


def event_key(event: Observation) -> EventKey:
    """Return what identifies an event."""
    return event.life.server, event.observed_at, event.event, event.channel or ""


class Stored(NamedTuple):
    """The session of an event that is stored."""

    session_id: UUID
    epoch_id: UUID
    unlisted: bool
    """No list has shown the session."""
    is_fax: bool
    """False: a call that ran no fax."""


class SessionLookup(Protocol):
    """Questions about stored epochs and sessions."""

    def epoch(self, life: Life) -> UUID:
        """Return the epoch of a life; create it if no observer has reported it yet."""

    def known_epoch(self, life: Life) -> UUID | None:
        """Return the epoch of a life, or None if it is not stored."""

    def stored(self, events: Sequence[Observation]) -> dict[EventKey, Stored]:
        """Return the sessions of those events that are stored.  All of them name only a channel."""

    def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
        """Return the last fax that began on the event's channel by the time of the event, as it was at that time."""

    def adrift(self, epoch: UUID, completion: Observation) -> UUID | None:
        """Return the stored session, of a channel that hung up before, which a completion event elsewhere may end."""

    def runs(self, event: Observation) -> Runs:
        """Return the faxes of the event's server and Uniqueid as of the time of the event; none without a Uniqueid."""

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        """Return id, SessionNumber and channel of each open session of the epoch that a complete list lacks."""
