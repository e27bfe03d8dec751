"""The session of a fax that no list showed.

Its id is computed from the call and the number of faxes before it on the call, so the stored sessions and those of the
current batch are counted.
"""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from faxstore.observations import Observation
from faxstore.sessions import application_runs
from faxstore.sessions.channel import MOST_STARTS, Channel, remember
from faxstore.sessions.fax import State
from faxstore.sessions.identity import unlisted_id
from faxstore.sessions.lookup import SessionLookup


class UnlistedFaxes:
    """Finds the session of an unlisted fax; remembers when those of the latest calls began."""

    def __init__(self, lookup: SessionLookup) -> None:
        self._lookup = lookup
        self._began: OrderedDict[tuple[str, str], dict[UUID, int]] = OrderedDict()
        """When each unlisted fax began, by server and call."""

    def session_id(self, channel: Channel, events: list[Observation]) -> UUID:
        """Return the id of an unlisted fax: of one that is under way, or by the number of faxes before it."""
        first, latest = events[0], channel.fax
        stored = self._lookup.runs(first)
        if stored.under_way is not None:
            return stored.under_way
        under_way = latest is not None and latest.unlisted and latest.state in (State.UNLISTED, State.SUPERSEDED)
        if latest and under_way and application_runs.start_of_run(events) is None:
            return latest.session_id  # its first events waited for LONGEST_WAIT
        call = call_of(channel, first)
        began = self._began.setdefault((first.life.server, call), {})
        for session, at in channel.began.items():
            remember(began, session, at)
        before = stored.before | {session for session, at in began.items() if at < first.observed_at}
        ordinal, application = len(before), application_runs.application(events)
        while (session_id := unlisted_id(first.life.server, call, application, ordinal)) in before:
            ordinal += 1
        remember(began, session_id, first.observed_at)
        remember(channel.began, session_id, first.observed_at)
        if len(self._began) > MOST_STARTS:
            self._began.popitem(last=False)  # by now it is stored
        return session_id


def call_of(channel: Channel, event: Observation) -> str:
    """Return the Uniqueid, else epoch and channel: names of channels repeat after a restart."""
    return event.uniqueid or f"{channel.epoch} {event.channel}"
