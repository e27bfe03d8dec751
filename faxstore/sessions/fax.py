"""The state machine of one fax on a channel.

The state is that of the channel's latest fax:

    NEW         No fax is known.
    LISTED      A list showed the session.  Events belong to it.
    UNLISTED    Pending events became a fax of their own, because no list showed one.  It may go on.
    COMPLETED   The fax raised its completion event.  Later events are pending for the next fax.
    SUPERSEDED  Newexten announced another fax before this one raised a completion event.  Events are pending.
    FOLLOWED    Newexten announced another fax after the completion event.  Events are pending.

    state       same session  another session  completion  Newexten of   pending events
                listed        listed           event       another fax   become a fax
    ----------  ------------  ---------------  ----------  ------------  ---------------------
    NEW         -             LISTED           -           NEW           UNLISTED or COMPLETED
    LISTED      LISTED        LISTED           COMPLETED   SUPERSEDED    UNLISTED or COMPLETED
    UNLISTED    -             LISTED           -           SUPERSEDED    UNLISTED or COMPLETED
    COMPLETED   COMPLETED     LISTED           COMPLETED   FOLLOWED      UNLISTED or COMPLETED
    SUPERSEDED  LISTED        LISTED           FOLLOWED    SUPERSEDED    UNLISTED or COMPLETED
    FOLLOWED    COMPLETED     LISTED           FOLLOWED    FOLLOWED      UNLISTED or COMPLETED

Pending events become a fax if they prove one (faxstore.sessions.application_runs): COMPLETED if a completion event is
among them, else UNLISTED.  Others leave the state as it is, as do events without a column.  A Hangup changes only how
long the channel is remembered: a completion event may follow it.

Events belong to a listed session until 15 s after its last listing.  Its completion event does until 15 s after the
first list that lacks the session: an observer that was away listed nothing meanwhile (docs/decisions/0036).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple
from uuid import UUID

from faxstore.observations import MICROSECONDS, Observation
from faxstore.sessions.application_runs import NEWEXTEN
from faxstore.sessions.run_facts import RunFacts, files

AFTER_END = 15 * MICROSECONDS
"""How long after its last listing an event may still belong to a session: disable_t38() waits up to 5 s (res_fax.c).

A completion event may come this long after the first list that lacks the session.
"""

BEHIND_THE_LIST = 2 * MICROSECONDS
"""How long after the list that first shows a session its Newexten may arrive: AMI queues events while it answers."""


class State(Enum):
    """The state of a channel's latest fax; the module's docstring has the transitions."""

    NEW = auto()
    LISTED = auto()
    UNLISTED = auto()
    COMPLETED = auto()
    SUPERSEDED = auto()
    FOLLOWED = auto()


RUNNING = frozenset({State.LISTED, State.UNLISTED})
"""States of a fax that has not ended, as far as is known."""

# Next states after an input.  In a state that is not a key the input changes nothing.
LISTED_AGAIN = {State.SUPERSEDED: State.LISTED, State.FOLLOWED: State.COMPLETED}
COMPLETES = {State.LISTED: State.COMPLETED, State.SUPERSEDED: State.FOLLOWED}
ANOTHER_BEGINS = {State.LISTED: State.SUPERSEDED, State.UNLISTED: State.SUPERSEDED, State.COMPLETED: State.FOLLOWED}


class Fax(NamedTuple):
    """A fax on a channel as of one moment.  Times are microseconds."""

    session_id: UUID
    state: State
    last_seen: int
    first_listed: int | None
    """None: no list has shown it."""
    uniqueid: str | None = None
    """Uniqueid of its channel.  None: no event has reported it."""
    gone_at: int | None = None
    """When a list first lacked the session.  None: none has, as far as is known."""

    @classmethod
    def stored(
        cls,
        session_id: UUID,
        last_seen: int,
        completed: bool,
        first_listed: int,
        unlisted: bool,
        uniqueid: str | None,
        gone_at: int | None,
    ) -> Fax:
        """Return the fax that is stored so."""
        state = State.COMPLETED if completed else State.UNLISTED if unlisted else State.LISTED
        return cls(session_id, state, last_seen, None if unlisted else first_listed, uniqueid, gone_at)

    @property
    def unlisted(self) -> bool:
        """Whether no list has shown the fax."""
        return self.first_listed is None

    def after(self, transitions: dict[State, State]) -> Fax:
        """Return the fax after a transition."""
        return self._replace(state=transitions.get(self.state, self.state))

    def includes(self, event: Observation) -> bool:
        """Return whether an event of the channel belongs to this fax: it is listed, and the event is near a listing."""
        if self.state is not State.LISTED or self.first_listed is None:
            return False
        if event.event == NEWEXTEN:
            return 0 <= event.observed_at - self.first_listed < BEHIND_THE_LIST
        return event.observed_at <= self.last_seen + AFTER_END

    def may_complete_at(self, moment: int) -> bool:
        """Return whether this listed session may raise its completion event at a time, however long ago it was listed.

        A session that no one lists goes on unseen, so only the first list that lacks it limits the time.
        """
        if self.state is not State.LISTED or self.first_listed is None or moment < self.first_listed:
            return False
        return self.gone_at is None or moment <= self.gone_at + AFTER_END

    def may_complete_with(self, completion: Observation, facts: RunFacts) -> bool:
        """Return whether a completion event of its channel may end this listed session, which has these facts.

        A call may run another fax unseen, and a later call may use the same channel name.  So the event must name the
        same file or, if that is not known, be of the same call.
        """
        if not self.may_complete_at(completion.observed_at) or completion.operation != facts.operation:
            return False
        if facts.files and files(completion):
            return facts.match(completion)
        return self.uniqueid is not None and self.uniqueid == completion.uniqueid
