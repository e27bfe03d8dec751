"""Which session an event belongs to that names only its channel.

SendFAX, ReceiveFAX, FAXStatus, VarSet and Newexten carry no SessionNumber (manager_channels.c).  Some come before
the session is listed: they wait for it here, and in the spool, until the session is listed, the fax completes
without ever being listed, another one begins on the channel, the channel is gone, or too much time has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from faxstore.observations import MICROSECONDS, Hangup, Life, Observation
from faxstore.sessions import application_runs as fax_runs
from faxstore.sessions.application_runs import COMPLETIONS, NEWEXTEN
from faxstore.sessions.identity import unlisted_id

AFTER_END = 15 * MICROSECONDS
"""How long after its last listing an event may still be a session's: disable_t38() waits up to 5 s (res_fax.c)."""

LONGEST_WAIT = 150 * MICROSECONDS
"""How long an event may wait for a session: T.38 negotiation takes up to 20 s, and a poll may be late."""

BEHIND_THE_LIST = 2 * MICROSECONDS
"""How long after the list that first shows a session its own Newexten may come: AMI queues events while it answers."""

LONGEST_FAX = 4 * 3600 * MICROSECONDS
"""How long a channel is remembered that is not known to be gone: a fax that no list shows may end this late."""

JUST_BEFORE = 30 * MICROSECONDS
"""How long before the list that tells of a new life its first events may have come."""

SWEEP_EVERY = MICROSECONDS // 20
"""How often what waits is looked through, by the observations' own time."""

TIDY_EVERY = 10 * MICROSECONDS
"""How often channels that were not heard of are forgotten."""

MOST_REMEMBERED = 2_000
"""Uniqueids with unlisted faxes whose runs this process remembers, the newest: a batch has no more."""

LISTINGS = frozenset({"FAXSession", "FAXSessionsEntry"})
"""Events of a session that say that it is listed; a Status has its number, and says what its channel is."""


class Known(NamedTuple):
    """The last session of a channel that began before an event, as it was then; unlisted: no list showed it."""

    session_id: UUID
    last_seen: int
    completed: bool
    first_listed: int
    unlisted: bool

    def takes(self, event: Observation) -> bool:
        """Whether an event is this session's; what follows an unlisted fax waits until it is clear what it is."""
        if self.completed or self.unlisted:
            return False
        if event.event == NEWEXTEN:
            return 0 <= event.observed_at - self.first_listed < BEHIND_THE_LIST
        return event.observed_at <= self.last_seen + AFTER_END


class Tied(NamedTuple):
    """An observation with its session, by the key under which it lies in the spool."""

    key: int
    observation: Observation
    session_id: UUID


@dataclass(slots=True)
class _Channel:
    session: Known | None = None
    over: bool = False
    """Another fax has begun: no further event is the session's, unless it is listed again."""
    uniqueid: str | None = None
    heard: int = 0
    gone: bool = False
    runs: dict[UUID, int] = field(default_factory=dict)
    """The sessions of it that this process has seen, and when they began."""
    waiting: list[tuple[int, Observation]] = field(default_factory=list)

    def wait(self, events: list[tuple[int, Observation]]) -> None:
        self.waiting += events
        self.waiting.sort(key=lambda entry: entry[1].observed_at)

    def waits_beyond(self, moment: int) -> bool:
        """Whether later events wait: a piece of a recording that overlaps the one before, or a clock set back."""
        return bool(self.waiting) and self.waiting[-1][1].observed_at > moment


Lookup = Callable[[UUID, Observation], Known | None]
"""Asks the store for the last session of that epoch on an observation's channel."""


class Runs(NamedTuple):
    """What the store knows of a Uniqueid at a moment: an unlisted fax under way, and which faxes had begun before."""

    under_way: UUID | None
    before: frozenset[UUID]


AskRuns = Callable[[str, str, int], Runs]
"""Asks the store for the runs of a Uniqueid of a server at a moment."""


class Ties:
    """Follows every channel that has to do with a fax."""

    def __init__(self, lookup: Lookup, ask_runs: AskRuns) -> None:
        self._lookup = lookup
        self._ask_runs = ask_runs
        self._channels: dict[tuple[UUID, str], _Channel] = {}
        self._with_waiting: dict[tuple[UUID, str], _Channel] = {}
        self._runs: dict[tuple[str, str], dict[UUID, int]] = {}
        self._swept = 0
        self._tidied = 0

    @property
    def waiting(self) -> int:
        """Events that wait for their session."""
        return sum(len(channel.waiting) for channel in self._channels.values())

    def listed(self, epoch: UUID, session_id: UUID, seen: Observation) -> Iterator[Tied]:
        """A session was listed on its channel: what waited there is its own, unless it is known to be over."""
        if seen.channel is None or seen.operation == "V.21" or seen.event not in LISTINGS:
            return
        at = seen.observed_at
        channel = self._channels.setdefault((epoch, seen.channel), _Channel())
        if channel.session is None or channel.session.session_id != session_id:
            channel.session = Known(session_id, at, completed=False, first_listed=at, unlisted=False)
            channel.runs[session_id] = at
            channel.wait(self._before_the_life_was_told(epoch, seen))
        channel.session, channel.over, channel.heard = channel.session._replace(last_seen=at), False, at
        count = self._count_of(epoch, channel, channel.session, seen)
        ours, channel.waiting = channel.waiting[:count], channel.waiting[count:]
        if channel.waiting:
            self._with_waiting[epoch, seen.channel] = channel
        yield from (Tied(key, observation, session_id) for key, observation in ours)

    def happened(self, epoch: UUID, key: int, event: Observation) -> list[Tied]:
        """An event on a channel: tied to its session, or waiting."""
        channel, at = self._of(epoch, event), event.observed_at
        tied: list[Tied] = []
        if channel.uniqueid and event.uniqueid and channel.uniqueid != event.uniqueid:  # the name is used again
            tied = self._unlisted(epoch, channel, len(channel.waiting))
            channel = self._channels[epoch, event.channel or ""] = _Channel()
        channel.uniqueid = channel.uniqueid or event.uniqueid
        tied += self._unlisted(epoch, channel, fax_runs.earlier(channel.waiting, event))
        session = self._session_at(epoch, channel, event)
        if session is not None and session.takes(event):
            if channel.session is not None and channel.session.session_id == session.session_id:
                channel.session = channel.session._replace(completed=event.event in COMPLETIONS)
            return [*tied, Tied(key, event, session.session_id)]
        if known := self._known_unlisted(channel, session, event):
            tied += self._unlisted(epoch, channel, sum(seen.observed_at < at for _, seen in channel.waiting))
            channel.session = Known(known, at, event.event in COMPLETIONS, first_listed=0, unlisted=True)
            channel.over = False
            return [*tied, Tied(key, event, known)]
        channel.over = channel.over or event.event == NEWEXTEN
        channel.wait([(key, event)])
        self._with_waiting[epoch, event.channel or ""] = channel
        if event.event in COMPLETIONS:
            tied += self._unlisted(epoch, channel, fax_runs.until_next(channel.waiting, at))
        return tied

    def hung_up(self, epoch: UUID, hangup: Hangup) -> list[Tied]:
        """The channel is gone: what still waits there will never be listed.

        Its session is remembered a while: a completion event may come behind the hangup.
        """
        channel = self._channels.get((epoch, hangup.channel))
        if channel is None:
            return []
        channel.gone = True
        return self._unlisted(epoch, channel, len(channel.waiting))

    def waited_too_long(self, now: int) -> list[Tied]:
        """What has waited longer than any negotiation takes, and forgets channels that were not heard of since."""
        late: list[Tied] = []
        if self._swept <= now < self._swept + SWEEP_EVERY:
            return late
        self._swept = now
        for (epoch, name), channel in list(self._with_waiting.items()):
            if channel.waiting and channel.waiting[0][1].observed_at < now - LONGEST_WAIT:
                late += self._unlisted(epoch, channel, len(channel.waiting))
            if not channel.waiting:
                del self._with_waiting[epoch, name]
        self._tidy(now)
        return late

    def _tidy(self, now: int) -> None:
        if self._tidied <= now < self._tidied + TIDY_EVERY:
            return
        self._tidied = now
        for key, channel in list(self._channels.items()):
            if not channel.waiting and channel.heard < now - (LONGEST_WAIT if channel.gone else LONGEST_FAX):
                del self._channels[key]

    def _before_the_life_was_told(self, epoch: UUID, seen: Observation) -> list[tuple[int, Observation]]:
        """Where only a listed number told of a new life, the events just before that list belong to it too."""
        if seen.life.reloaded_at is None:
            return []
        ours: list[tuple[int, Observation]] = []
        for (other, name), channel in self._channels.items():
            if other != epoch and name == seen.channel:
                for key, event in list(channel.waiting):
                    if _may_be_of(event, seen.life, seen.life.reloaded_at - JUST_BEFORE):
                        channel.waiting.remove((key, event))
                        ours.append((key, replace(event, life=seen.life)))
        return ours

    def _of(self, epoch: UUID, event: Observation) -> _Channel:
        name = event.channel or ""
        channel = self._channels.get((epoch, name))
        if channel is None:
            channel = self._channels[epoch, name] = _Channel()
            channel.session = self._lookup(epoch, event)
            channel.heard = channel.session.last_seen if channel.session else 0
        return channel

    def _session_at(self, epoch: UUID, channel: _Channel, event: Observation) -> Known | None:
        """The session that an event of the channel may be of."""
        if channel.waits_beyond(event.observed_at):
            return self._lookup(epoch, event)
        return None if channel.over else channel.session

    def _known_unlisted(self, channel: _Channel, session: Known | None, event: Observation) -> UUID | None:
        """The fax that no list showed and that the store has, of which this event is a repeat."""
        if (session is not None and session.unlisted) or channel.waits_beyond(event.observed_at):
            return self._runs_at(event).under_way
        return None

    def _count_of(self, epoch: UUID, channel: _Channel, session: Known, seen: Observation) -> int:
        """How many of the first that wait are the session's that was listed."""
        if not channel.waits_beyond(seen.observed_at):
            return 0 if session.completed else len(channel.waiting)
        known = self._lookup(epoch, seen)
        if known is not None and known.session_id == session.session_id:  # a repeat
            return sum(event.observed_at < seen.observed_at for _, event in channel.waiting)
        return fax_runs.until_next(channel.waiting, seen.observed_at)

    def _unlisted(self, epoch: UUID, channel: _Channel, count: int) -> list[Tied]:
        """The first so many that wait are of one fax, and no list will show it."""
        settled, channel.waiting = channel.waiting[:count], channel.waiting[count:]
        if not settled:
            return []
        events = [event for _, event in settled]
        session_id = self._session_of(epoch, channel, events)
        last, completed = events[-1].observed_at, any(event.event in COMPLETIONS for event in events)
        channel.session = Known(session_id, last, completed, first_listed=0, unlisted=True)
        channel.over, channel.heard = False, last
        return [Tied(key, event, session_id) for key, event in settled]

    def _runs_at(self, event: Observation) -> Runs:
        if event.uniqueid is None:
            return Runs(None, frozenset())
        return self._ask_runs(event.life.server, event.uniqueid, event.observed_at)

    def _session_of(self, epoch: UUID, channel: _Channel, events: list[Observation]) -> UUID:
        first, before = events[0], channel.session
        # Channel names begin again with the server: without a Uniqueid only the epoch tells them apart.
        uniqueid = first.uniqueid or f"{epoch} {first.channel}"
        server = first.life.server
        runs = self._runs_at(first)
        if runs.under_way is not None:
            return runs.under_way
        if before is not None and before.unlisted and not before.completed and not fax_runs.begins(events):
            return before.session_id  # it waited too long for the rest
        seen = self._runs.get((server, uniqueid), {}) | channel.runs
        ordinal = len(runs.before | {session for session, began in seen.items() if began < first.observed_at})
        session_id = unlisted_id(server, uniqueid, fax_runs.application(events), ordinal)
        if len(self._runs) >= MOST_REMEMBERED:
            del self._runs[next(iter(self._runs))]  # by now the store knows it
        channel.runs[session_id] = first.observed_at
        self._runs[server, uniqueid] = seen | channel.runs
        return session_id


def _may_be_of(event: Observation, life: Life, since: int) -> bool:
    """Whether the event may be of a life that was told later; one of another start of the server is not."""
    same_start = (event.life.server, event.life.started_at) == (life.server, life.started_at)
    return same_start and event.observed_at >= since
