"""The state machine of one channel.

A channel is one leg of a call.  It runs fax applications one after another, so an event that names only a channel
belongs to the fax that runs there at the time.  Lists show which session that is, but a poll may come late, or the
AMI user may not be allowed to list.  An event whose fax is not known yet is pending: it waits on its channel.

The state of a channel is that of its latest fax (faxstore.sessions.fax).  Events without a column in its table leave it
as it is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from uuid import UUID

from msgspec.structs import replace

from faxstore.observations import MICROSECONDS, Observation
from faxstore.sessions import application_runs
from faxstore.sessions.application_runs import APPLICATIONS, COMPLETIONS, NEWEXTEN, Pending, observed_at
from faxstore.sessions.fax import ANOTHER_BEGINS, COMPLETES, LISTED_AGAIN, RUNNING, Fax, State
from faxstore.sessions.run_facts import RunFacts

LONGEST_WAIT = 150 * MICROSECONDS
"""How long an event waits for its session: T.38 negotiation takes up to 20 s, and a poll may be late."""

LONGEST_FAX = 4 * 3600 * MICROSECONDS
"""How long a channel without a Hangup is remembered: an unlisted fax may end this late."""

MOST_STARTS = 2_000
"""Starts that are remembered per channel or Uniqueid, and Uniqueids with starts, the newest: a batch has no more."""


@dataclass(slots=True, eq=False)
class Channel:
    """One channel of one epoch: its latest fax, and the events that wait for a fax, in order of time."""

    epoch: UUID
    name: str
    fax: Fax | None = None
    uniqueid: str | None = None
    last_seen: int = 0
    hung_up: bool = False
    began: dict[UUID, int] = field(default_factory=dict)
    """When each session began that this process resolved on the channel."""
    pending: list[Pending] = field(default_factory=list)
    names: dict[str, str | None] = field(init=False)
    """Its name, and those that replaced it while it ran a fax, each with its Uniqueid."""
    facts: RunFacts = field(default_factory=RunFacts)
    """Operation and files of the latest run."""

    def __post_init__(self) -> None:
        self.names = {self.name: self.uniqueid}

    @property
    def state(self) -> State:
        """The state of the latest fax, or NEW."""
        return self.fax.state if self.fax else State.NEW

    @property
    def has_begun(self) -> bool:
        """Whether the pending events prove a fax."""
        return application_runs.is_fax([event for _, event in self.pending])

    @property
    def deadline(self) -> int:
        """When the pending events have waited long enough; without pending events, when to forget the channel."""
        if self.pending:
            return self.pending[0].event.observed_at + LONGEST_WAIT
        return self.last_seen + (LONGEST_WAIT if self.hung_up else LONGEST_FAX)

    def is_running(self, event: Observation) -> bool:
        """Return whether an event under another name may be of the run under way: same operation, a file in common."""
        return (self.state in RUNNING or self.has_begun) and self.facts.match(event)

    def is_listed_as(self, completion: Observation) -> bool:
        """Return whether a completion event under another name may end the session that was just listed here."""
        is_recent = self.fax is not None and self.fax.includes(completion) and self.last_seen <= completion.observed_at
        return is_recent and self.facts.match(completion)

    def is_of_another_call(self, event: Observation) -> bool:
        """Return whether an event belongs to another call that uses a name of this channel."""
        known = self.names.get(event.channel or "")
        return bool(known and event.uniqueid and known != event.uniqueid)

    def received(self, event: Observation) -> Observation:
        """Record what an event says of the channel; return it with the name in its details if that is not its own."""
        name = event.channel or ""
        self.names[name] = self.names.get(name) or event.uniqueid
        if event.event in (NEWEXTEN, "FAXStatus"):
            self.facts.add(event)
        return event if name == self.name else renamed(event)

    def list_session(self, session_id: UUID, at: int) -> None:
        """Record that a list showed the session on this channel."""
        if self.fax is None or self.fax.session_id != session_id:
            self.fax = Fax(session_id, State.LISTED, at, at)
            remember(self.began, session_id, at)
        else:
            self.fax = self.fax.after(LISTED_AGAIN)._replace(last_seen=at, gone_at=None)
        self.last_seen = at

    def leaves_list(self, session_id: UUID, at: int) -> bool:
        """Record that a list lacks the session; return whether it is the latest fax and its completion event is due."""
        if self.fax is None or self.fax.session_id != session_id:
            return False
        if self.state is not State.LISTED or self.facts.operation not in APPLICATIONS:
            return False
        self.fax = self.fax._replace(gone_at=at)
        return True

    def lists_again(self, session_id: UUID, seen: Observation) -> bool:
        """Record another listing of the latest fax, and return True, if it changes nothing but times and pages.

        This is the shortcut for the usual record: `list_session` and `facts.add` do the same.
        """
        fax = self.fax
        if fax is None or self.pending or fax.session_id != session_id or fax.state in LISTED_AGAIN:
            return False
        self.last_seen = seen.observed_at
        self.fax = Fax(fax.session_id, fax.state, seen.observed_at, fax.first_listed, fax.uniqueid)
        self.facts.add(seen)
        return True

    def apply(self, event: Observation, session_id: UUID) -> None:
        """Record that an event was found to belong to a session, which may be an earlier one of the channel."""
        if self.fax is not None and self.fax.session_id == session_id:
            fax = self.fax.after(COMPLETES) if event.event in COMPLETIONS else self.fax
            self.fax = fax._replace(uniqueid=fax.uniqueid or event.uniqueid)

    def recall(self, event: Observation, session_id: UUID, *, unlisted: bool) -> None:
        """Record that an event was observed again that is stored in a session of this channel."""
        is_latest = self.fax is not None and self.fax.session_id == session_id
        if is_latest and not (unlisted and event.event in COMPLETIONS):
            self.apply(event, session_id)
        elif unlisted:
            self.become_unlisted(session_id, [event])
        elif event.event == NEWEXTEN and self.fax is not None:
            self.fax = self.fax.after(ANOTHER_BEGINS)

    def become_unlisted(self, session_id: UUID, events: list[Observation]) -> None:
        """Record that events of the channel make an unlisted fax."""
        completed = any(event.event in COMPLETIONS for event in events)
        self.last_seen = events[-1].observed_at
        state = State.COMPLETED if completed else State.UNLISTED
        self.fax = Fax(session_id, state, self.last_seen, None, events[-1].uniqueid)

    def hang_up(self, at: int) -> None:
        """Record that the channel is gone."""
        self.hung_up, self.last_seen = True, max(self.last_seen, at)

    def insert(self, pending: Pending) -> None:
        """Add a pending event at its place in time."""
        insort(self.pending, pending, key=observed_at)

    def wait(self, pending: Pending) -> None:
        """Let an event wait; a Newexten announces another fax."""
        self.insert(pending)
        if pending.event.event == NEWEXTEN and self.fax is not None:
            self.fax = self.fax.after(ANOTHER_BEGINS)

    def take(self, count: int) -> list[Pending]:
        """Remove the first pending events and return them."""
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def pending_before(self, moment: int) -> int:
        """Return how many pending events were observed before a moment."""
        return bisect_left(self.pending, moment, key=observed_at)

    def fax_of_call(self) -> Fax | None:
        """Return the latest fax if it is known to be of the present call (Uniqueid) of this channel."""
        return self.fax if self.fax and self.fax.uniqueid and self.fax.uniqueid in self.names.values() else None

    def is_overtaken(self, moment: int) -> bool:
        """Return whether a later event is pending, so that the channel's state is that of a later moment."""
        return bool(self.pending) and self.pending[-1].event.observed_at > moment


def renamed(event: Observation) -> Observation:
    """Return an event with Channel and Uniqueid in its details: its fax began under another name."""
    return replace(event, details=event.details | {"Channel": event.channel or "", "Uniqueid": event.uniqueid or ""})


def remember(began: dict[UUID, int], session_id: UUID, at: int) -> None:
    """Add a session and its start; drop the oldest of more than MOST_STARTS."""
    began[session_id] = at
    if len(began) > MOST_STARTS:
        del began[next(iter(began))]
