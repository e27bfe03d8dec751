"""Ties: the assignment of events that name only a channel to sessions.

SendFAX, ReceiveFAX, FAXStatus, VarSet and Newexten carry no SessionNumber (manager_channels.c).  The state of their
channel decides (see faxstore.sessions.channel).  An event that is pending stays in the spool as well, so that a crash
loses nothing.  It is resolved when

- a list shows a session on the channel: the event belongs to that session;
- the fax completes, another one begins, the channel hangs up or another call uses its name, or LONGEST_WAIT has passed,
  without such a list: the pending events are an unlisted fax if they prove one.

Variables prove no fax, because a dialplan may set them at any time.  Those before the start of a fax, or without a fax,
are added to the previous fax of the call, else they are the variables of a call without a fax.

If a later event is pending already, the channel's state is of no use, and the stored sessions decide as of the time of
the event.  An event that is stored already belongs to the session that it is stored in, whatever is known now.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from faxstore.observations import Hangup, Observation
from faxstore.sessions import application_runs
from faxstore.sessions.application_runs import APPLICATIONS, COMPLETIONS, NEWEXTEN, Pending, observed_at
from faxstore.sessions.channel import Channel, renamed
from faxstore.sessions.channels import Channels
from faxstore.sessions.fax import RUNNING, Fax, State
from faxstore.sessions.lookup import EventKey, SessionLookup, Stored, event_key
from faxstore.sessions.replaced_channels import Replacements
from faxstore.sessions.resolved import Resolved, rows_of_run, rows_without_fax
from faxstore.sessions.run_facts import RunFacts
from faxstore.sessions.unlisted_faxes import UnlistedFaxes

LISTINGS = frozenset({"FAXSession", "FAXSessionsEntry"})
"""Events which show that a session is listed.  Status names a session too, but only describes its channel."""


class ChannelTies:
    """Assigns events that name only a channel to sessions."""

    def __init__(self, lookup: SessionLookup) -> None:
        self._lookup = lookup
        self._channels = Channels()
        self._stored: dict[EventKey, Stored] = {}
        """The events of the current batch that are stored."""
        self._unlisted = UnlistedFaxes(lookup)
        self._replacements = Replacements(self._channels)

    def begin_batch(self, events: Sequence[Observation]) -> None:
        """Start a batch with these events, which name only a channel."""
        self._stored = self._lookup.stored(events)

    def list_session(self, epoch: UUID, session_id: UUID, seen: Observation) -> list[Resolved]:
        """Record a listed session; return the pending events of its channel that belong to it.

        Detectors (V.21) are ignored: the channel of a gateway has one besides the gateway session.
        """
        if seen.channel is None or seen.operation == "V.21" or seen.event not in LISTINGS:
            return []
        channel = self._channels.find(epoch, seen.channel) or Channel(epoch, seen.channel)
        if channel.lists_again(session_id, seen):
            self._channels.touch(channel)
            return []
        former = channel.fax_of_call()
        is_new = channel.fax is None or channel.fax.session_id != session_id
        channel.list_session(session_id, seen.observed_at)
        channel.facts.add(seen)
        if is_new:
            self._channels.adopt(channel, seen.life, seen.life.reloaded_at or seen.life.first_seen)
        taken = channel.take(self._count_for(channel, session_id, seen))
        start = application_runs.start_of_session([event for _, event in taken], seen.operation)
        loose, run = application_runs.split(taken, start or 0)
        for _, event in run:
            channel.apply(event, session_id)
        self._channels.update(channel)
        return [*rows_without_fax(channel, former, loose), *rows_of_run(run, session_id, epoch, start is not None)]

    def add_event(self, epoch: UUID, key: int, event: Observation) -> list[Resolved]:
        """Resolve an event, or let it wait; return the event and the pending ones that it resolves."""
        channel = self._channels.find(epoch, event.channel or "") or self._stored_channel(epoch, event)
        resolved = []
        if channel.is_of_another_call(event):
            resolved = self._release(channel, len(channel.pending)) if channel.name == event.channel else []
            channel = self._channels.give_name(channel, event.channel or "")
        event = channel.received(event)
        if event.event == NEWEXTEN:
            self._replacements.announce(channel, event)
        stored = self._stored.get(event_key(event))
        if stored is None:
            count = application_runs.count_of_earlier_run(channel.pending, event)
            origin = self._replacements.listed_for(channel) if count else None
            resolved += self._rename(origin, channel, count) if origin else self._release(channel, count)
            channel = origin or channel
            resolved += self._place(channel, key, event)
        else:
            resolved += self._repeat(channel, key, event, stored)
        self._channels.update(channel)
        return resolved

    def hang_up(self, epoch: UUID, hangup: Hangup) -> list[Resolved]:
        """Record that a channel is gone; return its pending events as an unlisted fax, unless its run goes on."""
        gone = Observation(hangup.life, hangup.observed_at, "Hangup", None, hangup.channel, hangup.uniqueid)
        channel = self._channels.find(epoch, hangup.channel) or self._stored_channel(epoch, gone)
        heir = self._replacements.successor(channel, hangup.observed_at)
        resolved = []
        if heir is not None:
            resolved = self._rename(channel, heir, len(heir.pending))
        elif application_runs.is_in_session([event for _, event in channel.pending]):
            self._replacements.set_adrift(channel)
        elif application_runs.begun_without_end([event for _, event in channel.pending]):
            resolved = rows_without_fax(channel, channel.fax_of_call(), channel.take(len(channel.pending)))
        elif not self._replacements.is_held(channel):
            resolved = self._release(channel, len(channel.pending))
        if channel.fax is not None and channel.fax.includes(gone) and channel.facts.operation in APPLICATIONS:
            resolved.append(Resolved(None, gone, channel.fax.session_id, epoch))
            if heir is None:
                self._replacements.set_adrift(channel)
        if heir is None:
            channel.hang_up(hangup.observed_at)
        self._channels.update(channel)
        return resolved

    def session_gone(self, epoch: UUID, session_id: UUID, gone: Observation) -> list[Resolved]:
        """Record that a list lacks a session; return events under another name that it resolves."""
        channel = self._channels.find(epoch, gone.channel or "")
        if channel is None or not channel.leaves_list(session_id, gone.observed_at):
            return []
        if (heir := self._replacements.held_for(channel, gone.observed_at)) is not None:
            return self._rename(channel, heir, len(heir.pending))
        self._replacements.set_adrift(channel)
        return []

    def expire(self, now: int) -> list[Resolved]:
        """Return the events that have waited for LONGEST_WAIT, as unlisted faxes."""
        resolved = []
        for channel in self._channels.expire(now):
            resolved += self._release(channel, len(channel.pending))
            self._channels.update(channel)
        return resolved

    def _stored_channel(self, epoch: UUID, event: Observation) -> Channel:
        stored = self._lookup.latest_fax(epoch, event)
        if stored is None:
            return Channel(epoch, event.channel or "")
        fax, facts = stored
        return Channel(epoch, event.channel or "", fax, fax.uniqueid, last_seen=fax.last_seen, facts=facts)

    def _latest(self, channel: Channel, event: Observation) -> tuple[Fax | None, RunFacts]:
        """Return the channel's latest fax as of an event, and its facts."""
        if not channel.is_overtaken(event.observed_at):
            return channel.fax, channel.facts
        return self._lookup.latest_fax(channel.epoch, event) or (None, RunFacts())

    def _repeat(self, channel: Channel, key: int, event: Observation, stored: Stored) -> list[Resolved]:
        """Return a stored event as a row of its session."""
        if stored.is_fax:
            channel.recall(event, stored.session_id, unlisted=stored.unlisted)
        return [Resolved(key, event, stored.session_id, stored.epoch_id, is_fax=stored.is_fax)]

    def _place(self, channel: Channel, key: int, event: Observation) -> list[Resolved]:
        overtaken = channel.is_overtaken(event.observed_at)
        fax, facts = self._latest(channel, event)
        if fax is not None and fax.includes(event):
            channel.apply(event, fax.session_id)
            return [Resolved(key, event, fax.session_id, channel.epoch)]
        goes_on = fax is not None and fax.unlisted and fax.state in (State.UNLISTED, State.COMPLETED)
        session_id = self._lookup.runs(event).under_way if overtaken or goes_on else None
        if session_id is not None:
            resolved = self._release(channel, channel.pending_before(event.observed_at))
            channel.become_unlisted(session_id, [event])
            return [*resolved, Resolved(key, event, session_id, channel.epoch)]
        channel.wait(Pending(key, event))
        if event.event not in COMPLETIONS:
            return []
        count = application_runs.count_until_next_run(channel.pending, event.observed_at)
        if application_runs.begins_for_certain([event for _, event in channel.pending[:count]]):
            return self._release(channel, count)
        if fax is not None and fax.may_complete_with(event, facts):
            return self._resolve(channel, channel.take(count), fax)
        completed = self._complete_listed(channel, count, event)
        return self._release(channel, count) if completed is None else completed

    def _complete_listed(self, channel: Channel, count: int, completion: Observation) -> list[Resolved] | None:
        """Return pending events up to a completion event if they end a listed session, none if they may, else None.

        The session is that of another channel whose name this one replaced, or of this channel, if only Newexten
        suggests that another run began.
        """
        if channel.state is State.SUPERSEDED and channel.fax is not None:
            former = channel.fax._replace(state=State.LISTED)
            if former.includes(completion):
                channel.fax = former
                return self._resolve(channel, channel.take(count), former)
        origin = self._replacements.origin(channel, completion)
        if origin is not None:
            return self._rename(origin, channel, count)
        adrift = self._lookup.adrift(channel.epoch, completion)
        if adrift is None:
            return [] if self._replacements.hold(channel, completion) else None
        channel.fax = Fax(adrift, State.LISTED, completion.observed_at, completion.observed_at, completion.uniqueid)
        taken = [Pending(key, renamed(event)) for key, event in channel.take(count)]
        return self._resolve(channel, taken, channel.fax)

    def _rename(self, channel: Channel, heir: Channel, count: int) -> list[Resolved]:
        """Let the run of a channel go on under the name of another one, with its first pending events."""
        taken = heir.take(count)
        start = application_runs.start_of_run([event for _, event in taken]) or 0
        loose, moved = application_runs.split(taken, start)
        resolved = rows_without_fax(heir, heir.fax_of_call(), loose)
        later = heir.take(len(heir.pending))
        self._channels.rename(channel, heir)
        moved, later = [[Pending(key, channel.received(event)) for key, event in part] for part in (moved, later)]
        if channel.fax is not None and channel.state in RUNNING and not channel.has_begun:
            resolved += self._resolve(channel, moved, channel.fax)
        else:
            channel.pending = sorted([*channel.pending, *moved], key=observed_at)
            ends = [place for place, (_, event) in enumerate(channel.pending, 1) if event.event in COMPLETIONS]
            resolved += self._release(channel, max(ends, default=0))
        channel.pending = sorted([*channel.pending, *later], key=observed_at)
        self._channels.update(channel)
        return resolved

    def _resolve(self, channel: Channel, events: list[Pending], fax: Fax) -> list[Resolved]:
        """Return events as rows of a fax of the channel."""
        for _, event in events:
            channel.apply(event, fax.session_id)
        return [Resolved(key, event, fax.session_id, channel.epoch) for key, event in events]

    def _count_for(self, channel: Channel, session_id: UUID, seen: Observation) -> int:
        """Return how many of the first pending events belong to the session that was listed."""
        if not channel.is_overtaken(seen.observed_at):
            return 0 if channel.state is State.COMPLETED else len(channel.pending)
        stored, _ = self._latest(channel, seen)
        if stored is not None and stored.session_id == session_id:  # a repeat
            return channel.pending_before(seen.observed_at)
        return application_runs.count_until_next_run(channel.pending, seen.observed_at)

    def _release(self, channel: Channel, count: int) -> list[Resolved]:
        """Make the first pending events of a channel an unlisted fax if they prove one."""
        taken = channel.take(count)
        events = [event for _, event in taken]
        if not application_runs.is_fax(events):
            return rows_without_fax(channel, channel.fax_of_call(), taken)
        start = application_runs.start_of_run(events)
        loose, run = application_runs.split(taken, start or 0)
        resolved = rows_without_fax(channel, channel.fax_of_call(), loose)
        session_id = self._unlisted.session_id(channel, [event for _, event in run])
        channel.become_unlisted(session_id, events)
        return [*resolved, *rows_of_run(run, session_id, channel.epoch, start is not None)]
