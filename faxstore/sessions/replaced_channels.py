"""Runs that go on under the name of another channel: attended transfer, pickup, parking, call forward.

A masquerade (main/channel.c, channel_do_masquerade) gives the channel that runs a fax application the name and the
Uniqueid of another channel.  AMI has no event for it.  Recordings of real servers (tests/field) show:

- Lists keep the old name until the session ends.  Variables and the completion event carry the new one.
- Newexten reports the same application with the same AppData under the new name, without the variables with which a run
  begins, and within a millisecond the old name hangs up.
- An AMI user without class dialplan sees only the Hangup: the session stays listed although its channel is gone.
"""

from __future__ import annotations

from collections import deque

from faxstore.observations import MICROSECONDS, Observation
from faxstore.sessions.application_runs import begins_for_certain
from faxstore.sessions.channel import Channel
from faxstore.sessions.channels import Channels
from faxstore.sessions.fax import AFTER_END, State
from faxstore.sessions.run_facts import files

AT_ONCE = MICROSECONDS
"""How far Newexten of the new name and Hangup of the old one may be apart; they come within a millisecond."""

MOST_REMEMBERED = 10_000
"""Newexten events of the last second, and channels that hung up, that are remembered: the newest."""


class Replacements:
    """Finds the channel that a run moved to, and the channel that a completion event comes from."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._announced: deque[tuple[Channel, Observation]] = deque(maxlen=MOST_REMEMBERED)
        self._adrift: dict[Channel, None] = {}
        """Channels that hung up or left the list before they completed, and whose new name is unknown."""
        self._held: dict[Channel, Observation] = {}
        """Channels with a completion event that may end a session of another channel, which is still listed."""

    def announce(self, channel: Channel, event: Observation) -> None:
        """Remember a Newexten: a run begins on the channel, or has moved there."""
        while self._announced and self._announced[0][1].observed_at < event.observed_at - AT_ONCE:
            self._announced.popleft()
        self._announced.append((channel, event))

    def successor(self, channel: Channel, hung_up_at: int) -> Channel | None:
        """Return the channel under whose name the run of a channel goes on that hangs up; None if there is none."""
        for place, (other, event) in enumerate(self._announced):
            if other is channel or other.epoch != channel.epoch or abs(hung_up_at - event.observed_at) > AT_ONCE:
                continue
            if channel.is_running(event) and not _begins_after(other, event):
                del self._announced[place]
                return other
        return None

    def hold(self, channel: Channel, completion: Observation) -> bool:
        """Remember a completion event until the next list if it may end a listed session of another channel."""
        if not self._listed_as(channel, completion):
            return False
        self._held[channel] = completion
        if len(self._held) > MOST_REMEMBERED:
            del self._held[next(iter(self._held))]
        return True

    def listed_for(self, channel: Channel) -> Channel | None:
        """Return the channel whose session the event that waits on a channel ends, before a list shows it."""
        completion = self._held.pop(channel, None)
        if completion is None:
            return None
        listed = self._listed_as(channel, completion)
        return min(listed, key=lambda other: other.facts.pages_apart(completion), default=None)

    def _listed_as(self, channel: Channel, completion: Observation) -> list[Channel]:
        """Return the other channels whose listed session a completion event may end."""
        others = self._channels.listed_with(channel.epoch, files(completion))
        return [other for other in others if other is not channel and other.is_listed_as(completion)]

    def is_held(self, channel: Channel) -> bool:
        """Return whether a completion event waits on the channel."""
        return channel in self._held

    def held_for(self, channel: Channel, gone_at: int) -> Channel | None:
        """Return the channel whose completion event ends the session that has left the list; None if there is none."""
        since, epoch = gone_at - AFTER_END, channel.epoch
        self._held = {held: end for held, end in self._held.items() if held.pending and end.observed_at >= since}
        found = [held for held, end in self._held.items() if held.epoch == epoch and channel.facts.match(end)]
        best = min(found, key=lambda held: channel.facts.pages_apart(self._held[held]), default=None)
        if best is not None:
            del self._held[best]
        return best

    def set_adrift(self, channel: Channel) -> None:
        """Remember a channel that hung up, or whose session left the list, before a completion event."""
        self._adrift[channel] = None
        if len(self._adrift) > MOST_REMEMBERED:
            del self._adrift[next(iter(self._adrift))]

    def origin(self, channel: Channel, completion: Observation) -> Channel | None:
        """Return the channel whose session a completion event on another channel ends; None if there is none."""
        at = completion.observed_at
        self._adrift = {each: None for each in self._adrift if each.pending or _may_complete_at(at, each)}
        others = [each for each in self._adrift if each is not channel and each.epoch == channel.epoch]
        found = [each for each in others if each.is_running(completion)]
        best = min(found, key=lambda each: (each.facts.pages_apart(completion), each.last_seen), default=None)
        if best is not None:
            del self._adrift[best]
        return best


def _may_complete_at(moment: int, channel: Channel) -> bool:
    """Return whether the session of a channel that is adrift may raise its completion event at a moment.

    It was listed just before, or since its channel hung up, which shows that it went on under another name.
    """
    if channel.fax is None or channel.state is not State.LISTED:
        return False
    went_on = channel.hung_up and channel.fax.last_seen >= channel.last_seen
    return channel.last_seen >= moment - AFTER_END or (went_on and channel.fax.may_complete_at(moment))


def _begins_after(channel: Channel, event: Observation) -> bool:
    """Return whether a run began on the channel with a Newexten or after it."""
    if channel.state is State.LISTED:
        return True
    events = [pending for _, pending in channel.pending if pending.observed_at >= event.observed_at]
    return begins_for_certain(events)
