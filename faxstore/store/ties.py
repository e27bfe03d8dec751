"""Which session an event belongs to that names only its channel.

SendFAX, ReceiveFAX, FAXStatus and VarSet carry no SessionNumber (manager_channels.c, channel_fax_cb).  Some
come before the session is listed: they wait for it here, and in the spool, until the session is listed, the
fax completes without ever being listed, the channel is gone, or too much time has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from faxstore.observations import MICROSECONDS, Hangup, Observation
from faxstore.store.identity import unlisted_id

AFTER_END = 15 * MICROSECONDS
"""How long after its last listing an event may still be a session's: disable_t38() waits up to 5 s (res_fax.c)."""

LONGEST_WAIT = 150 * MICROSECONDS
"""How long an event may wait for a session: T.38 negotiation takes up to 20 s, and a poll may be late."""

JUST_BEFORE = 30 * MICROSECONDS
"""How long before the list that tells of a new life its first events may have come."""

SWEEP_EVERY = MICROSECONDS // 20
"""How often what waits is looked through, by the observations' own time."""

MOST_REMEMBERED = 10_000
"""Unlisted faxes of which this process remembers the ordinal, until the store has them."""

COMPLETIONS = frozenset({"SendFAX", "ReceiveFAX"})
LISTINGS = frozenset({"FAXSession", "FAXSessionsEntry"})
"""Events of a session that say that it is listed; a Status has its number, and says what its channel is."""


class Known(NamedTuple):
    """A session that the store knows on a channel: the last one that began before an event."""

    session_id: UUID
    last_seen: int
    completed: bool


class Tied(NamedTuple):
    """An observation with its session, by the key under which it lies in the spool."""

    key: int
    observation: Observation
    session_id: UUID


@dataclass(slots=True)
class _Channel:
    session_id: UUID | None = None
    uniqueid: str | None = None
    last_seen: int = 0
    completed: bool = False
    runs: int = 0
    waiting: list[tuple[int, Observation]] = field(default_factory=list)


Lookup = Callable[[UUID, Observation], Known | None]
"""Asks the store for the last session of that epoch on an observation's channel."""


class Runs(NamedTuple):
    """What the store knows of a channel at a moment: an unlisted fax under way, and how many had begun before."""

    under_way: UUID | None
    before: int


AskRuns = Callable[[str, str, int], Runs]
"""Asks the store for the runs of a Uniqueid of a server at a moment."""


class Ties:
    """Follows every channel that has to do with a fax."""

    def __init__(self, lookup: Lookup, ask_runs: AskRuns) -> None:
        self._lookup = lookup
        self._ask_runs = ask_runs
        self._channels: dict[tuple[UUID, str], _Channel] = {}
        self._unlisted_runs: dict[tuple[str, str], int] = {}
        self._swept = 0

    @property
    def waiting(self) -> int:
        """Events that wait for their session."""
        return sum(len(channel.waiting) for channel in self._channels.values())

    def listed(self, epoch: UUID, session_id: UUID, seen: Observation) -> Iterator[Tied]:
        """A session was listed on its channel: what waited there is its own."""
        if seen.channel is None or seen.operation == "V.21" or seen.event not in LISTINGS:
            return
        channel = self._channels.setdefault((epoch, seen.channel), _Channel())
        if channel.session_id != session_id:
            channel.session_id, channel.completed = session_id, False
            channel.runs += 1
            channel.waiting = self._before_the_life_was_told(epoch, seen) + channel.waiting
        channel.last_seen = seen.observed_at
        for key, observation in channel.waiting:
            yield Tied(key, observation, session_id)
        channel.waiting = []

    def happened(self, epoch: UUID, key: int, event: Observation) -> list[Tied]:
        """An event on a channel: tied to its session, or waiting."""
        channel = self._of(epoch, event)
        tied: list[Tied] = []
        if channel.uniqueid and event.uniqueid and channel.uniqueid != event.uniqueid:  # the name is used again
            tied = self._unlisted(epoch, channel)
            channel = self._channels[epoch, event.channel or ""] = _Channel()
        channel.uniqueid = channel.uniqueid or event.uniqueid
        if channel.session_id and not channel.completed and event.observed_at <= channel.last_seen + AFTER_END:
            channel.completed = event.event in COMPLETIONS
            return [*tied, Tied(key, event, channel.session_id)]
        channel.waiting.append((key, event))
        return [*tied, *(self._unlisted(epoch, channel) if event.event in COMPLETIONS else ())]

    def hung_up(self, epoch: UUID, hangup: Hangup) -> list[Tied]:
        """The channel is gone: what still waits there will never be listed.

        Its session is remembered a while: a completion event may come behind the hangup.
        """
        channel = self._channels.get((epoch, hangup.channel))
        return self._unlisted(epoch, channel) if channel else []

    def waited_too_long(self, now: int) -> list[Tied]:
        """What has waited longer than any negotiation takes, and forgets channels that were not heard of since."""
        late: list[Tied] = []
        if self._swept <= now < self._swept + SWEEP_EVERY:
            return late
        self._swept = now
        for (epoch, name), channel in list(self._channels.items()):
            if channel.waiting and channel.waiting[0][1].observed_at < now - LONGEST_WAIT:
                late += self._unlisted(epoch, channel)
            if not channel.waiting and channel.last_seen < now - LONGEST_WAIT:
                del self._channels[epoch, name]
        return late

    def _before_the_life_was_told(self, epoch: UUID, seen: Observation) -> list[tuple[int, Observation]]:
        """Where only a listed number told of a new life, the events just before that list belong to it too."""
        told = seen.life.reloaded_at
        if told is None:
            return []
        ours: list[tuple[int, Observation]] = []
        for (other, name), channel in self._channels.items():
            if other != epoch and name == seen.channel:
                for one in list(channel.waiting):
                    if one[1].observed_at >= told - JUST_BEFORE and one[1].life.server == seen.life.server:
                        channel.waiting.remove(one)
                        ours.append((one[0], replace(one[1], life=seen.life)))
        return ours

    def _of(self, epoch: UUID, event: Observation) -> _Channel:
        name = event.channel or ""
        channel = self._channels.get((epoch, name))
        if channel is None:
            channel = self._channels[epoch, name] = _Channel()
            known = self._lookup(epoch, event)
            if known is not None:
                channel.session_id, channel.last_seen, channel.completed = known
        return channel

    def _unlisted(self, epoch: UUID, channel: _Channel) -> list[Tied]:
        if not channel.waiting:
            return []
        waiting, channel.waiting = channel.waiting, []
        first = waiting[0][1]
        # Channel names begin again with the server: without a Uniqueid only the epoch tells them apart.
        uniqueid = first.uniqueid or f"{epoch} {first.channel}"
        application = next((event.event for _, event in waiting if event.event in COMPLETIONS), "")
        server = first.life.server
        runs = self._ask_runs(server, uniqueid, first.observed_at)
        ordinal = max(channel.runs, runs.before, self._unlisted_runs.get((server, uniqueid), 0))
        session_id = runs.under_way or unlisted_id(server, uniqueid, application, ordinal)
        if len(self._unlisted_runs) >= MOST_REMEMBERED:
            self._unlisted_runs.clear()  # by now the store knows them
        self._unlisted_runs[server, uniqueid] = ordinal + 1
        channel.runs += 1
        channel.session_id, channel.completed, channel.last_seen = None, False, waiting[-1][1].observed_at
        return [Tied(key, observation, session_id) for key, observation in waiting]
