"""ChannelTies with scripted stored sessions, fed by one short call per event."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from faxstore.observations import MICROSECONDS, Details, Hangup, Life, Listing, Observation
from faxstore.sessions.channel import Channel
from faxstore.sessions.channels import Channels
from faxstore.sessions.fax import Fax, State
from faxstore.sessions.identity import NAMESPACE, unlisted_id, variables_id
from faxstore.sessions.lookup import EventKey, Runs, Stored
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.run_facts import RunFacts
from faxstore.sessions.ties import ChannelTies

EPOCH = uuid5(NAMESPACE, "an epoch")
ANOTHER_EPOCH = uuid5(NAMESPACE, "another epoch")
SESSION = uuid5(NAMESPACE, "a session")
ANOTHER = uuid5(NAMESPACE, "another session")
LIFE = Life("pbx1", 0)
CHANNEL = "PJSIP/trunk-0000001a"


def at(seconds: float) -> int:
    """Return the time in microseconds, in seconds from a fixed hour."""
    return round((1_795_435_200 + seconds) * MICROSECONDS)


def stored(session: UUID, state: State, last_seen: float = 0, first_listed: float | None = 0) -> Fax:
    """Return a stored fax with its times in seconds."""
    return Fax(session, state, at(last_seen), None if first_listed is None else at(first_listed))


def listed(when: float, channel: str = CHANNEL) -> Observation:
    """Return the snapshot of a sender on the channel."""
    return Observation(LIFE, at(when), "FAXSession", 7, channel=channel, operation="send")


def unlisted(application: str, ordinal: int) -> UUID:
    """Return the id of an unlisted fax on Uniqueid 1.2."""
    return unlisted_id("pbx1", "1.2", application, ordinal)


VARIABLES = variables_id("pbx1", "1.2")
"""The id of the variables of the call 1.2, if it ran no fax."""


def keys_and_sessions(rows: list[Resolved]) -> list[tuple[int | None, UUID]]:
    return [(row.key, row.session_id) for row in rows]


def remembered(channels: Channels) -> list[Channel]:
    """Return all channels that are remembered."""
    return [channel for names in channels._by_epoch.values() for channel in names.values()]


class ScriptedLookup:
    """Stored sessions from dictionaries; `asked` lists the channels that were looked up."""

    def __init__(self) -> None:
        self.faxes: dict[str, Fax] = {}
        self.stored_in: dict[EventKey, Stored] = {}
        self.runs_of: dict[str, Runs] = {}
        self.facts = RunFacts("send")
        self.open_adrift: UUID | None = None
        self.open: list[tuple[UUID, int, str | None]] = []
        self.asked: list[str] = []

    def epoch(self, life: Life) -> UUID:
        return EPOCH

    def known_epoch(self, life: Life) -> UUID | None:
        return EPOCH

    def stored(self, events: Sequence[Observation]) -> dict[EventKey, Stored]:
        return self.stored_in

    def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
        self.asked.append(event.channel or "")
        fax = self.faxes.get(event.channel or "") if epoch == EPOCH else None
        return (fax, self.facts) if fax else None

    def adrift(self, epoch: UUID, completion: Observation) -> UUID | None:
        return self.open_adrift

    def runs(self, event: Observation) -> Runs:
        return self.runs_of.get(event.uniqueid or "", Runs(None, frozenset()))

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        return [entry for entry in self.open if entry[1] not in listing.session_numbers]


class ScriptedTies:
    """ChannelTies over a ScriptedLookup.  The key of an event is the number of events so far, from 1."""

    def __init__(self) -> None:
        self.stored = ScriptedLookup()
        self.ties = ChannelTies(self.stored)
        self.key = 0

    @property
    def pending(self) -> int:
        """The number of events that wait for their session."""
        return sum(len(channel.pending) for channel in remembered(self.ties._channels))

    def lists(self, session: UUID, when: float, channel: str = CHANNEL) -> list[int | None]:
        """Let a poll show the session; return the keys of the events that it resolves."""
        return self.sees(session, listed(when, channel))

    def sees(self, session: UUID, seen: Observation) -> list[int | None]:
        """Let an observation name the session; return the keys of the events that it resolves."""
        rows = self.ties.list_session(EPOCH, session, seen)
        assert {row.session_id for row in rows} <= {session}
        return [row.key for row in rows]

    def happens(
        self,
        event: str,
        when: float,
        channel: str = CHANNEL,
        uniqueid: str | None = "1.2",
        operation: str | None = None,
        details: Details | None = None,
    ) -> list[Resolved]:
        """Let an event happen on the channel."""
        self.key += 1
        seen = Observation(LIFE, at(when), event, None, channel, uniqueid, operation=operation, details=details or {})
        return self.ties.add_event(EPOCH, self.key, seen)

    def begins(self, when: float, operation: str = "send") -> list[Resolved]:
        """Let Newexten report that a fax application begins."""
        return self.happens("Newexten", when, operation=operation)

    def sets(self, variable: str, value: str, when: float) -> list[Resolved]:
        """Let a VarSet happen."""
        return self.happens("VarSet", when, details={"Variable": variable, "Value": value})

    def clears(self, when: float) -> list[Resolved]:
        """Let a run clear its variables, as it does first (res_fax.c, sendfax_exec; tests/captures/failures-22)."""
        values = [("FAXSTATUS", "FAILED"), ("FAXPAGES", "0"), ("FAXSTATUS", "FAILED"), ("FAXERROR", "INIT_ERROR")]
        values.append(("FAXSTATUSSTRING", "error starting fax session"))
        rows: list[Resolved] = []
        for place, (variable, value) in enumerate(values):
            rows += self.sets(variable, value, when + place / 1000)
        return rows

    def fails(self, when: float) -> list[Resolved]:
        """Let a run that has begun set its result: it had no session, and raises no completion event."""
        return self.sets("FAXSTATUS", "FAILED", when) + self.sets("FAXERROR", "FILE_ERROR", when + 0.001)

    def hangs_up(self, when: float, channel: str = CHANNEL) -> list[Resolved]:
        """Let the channel hang up."""
        return self.ties.hang_up(EPOCH, Hangup(LIFE, at(when), channel, "1.2"))
