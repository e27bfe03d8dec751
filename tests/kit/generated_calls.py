"""Calls of one server as its wire shows them, generated: faxes, retries, replaced channels, variables of dialplans.

Each event knows the fax that it belongs to (its truth); the records know nothing of it.  Times are unique.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st

from faxstore.observations import MICROSECONDS, Details, Hangup, Life, Listing, Observation

LIFE = Life("pbx1", 0)
START = 1_795_435_200 * MICROSECONDS
APPLICATIONS = {"send": "SendFAX", "receive": "ReceiveFAX"}

INITIAL = [("FAXSTATUS", "FAILED"), ("FAXPAGES", "0"), ("FAXSTATUS", "FAILED"), ("FAXERROR", "INIT_ERROR")]
INITIAL += [("FAXSTATUSSTRING", "error starting fax session"), ("FAXPAGES", "0")]
BLANK = [("FAXSTATUS", ""), ("FAXERROR", ""), ("FAXSTATUSSTRING", "")]
MEDDLING = [("FAXSTATUS", "FAILED: error: No Answer"), ("FAXSTATUS", "SUCCESS"), ("FAXSTATUS", "FAILED")]
MEDDLING += [("FAXSTATUS", ""), ("FAXERROR", "INIT_ERROR"), ("FAXPAGES", "9"), ("LOCALSTATIONID", "+1 555 0100")]
"""What a dialplan sets: any of it may be what res_fax sets too."""


@dataclass(frozen=True)
class Fax:
    """One run of a fax application.  Times are seconds from the begin of its call."""

    operation: str
    file: str
    begins: float
    negotiates: float
    """Seconds until its session begins; None of it is listed before."""
    lasts: float
    """Seconds of its session; 0: it fails before it has a session, and raises no completion event."""
    lingers: float
    """Seconds from the end of its session to its completion event (res_fax.c, disable_t38)."""
    moves: float | None
    """When its channel is replaced, as a share of negotiates + lasts; None: never."""
    meddling: tuple[tuple[str, str], ...]
    """Variables that the dialplan sets before it and after it."""

    @property
    def moves_early(self) -> bool:
        """Whether its channel is replaced before a poll shows its session."""
        begins = 0.05 + self.negotiates
        return self.moves is not None and 0.02 + (begins + self.lasts - 0.03) * self.moves <= begins + 1.2


@dataclass(frozen=True)
class Event:
    """A record of the wire and the fax that it belongs to; None: variables of a dialplan, and other events."""

    at: int
    record: Observation | Hangup | Listing
    fax: int | None

    def __str__(self) -> str:
        record, seconds = self.record, (self.at - START) / MICROSECONDS
        if isinstance(record, Hangup):
            return f"{seconds:.4f} Hangup {record.channel}"
        if isinstance(record, Listing):
            return f"{seconds:.4f} Listing {record.session_numbers}"
        set_to = f" {record.details['Variable']}={record.details['Value']}" if record.event == "VarSet" else ""
        return f"{seconds:.4f} {record.event}{set_to} {record.channel} of {self.fax}"


@dataclass
class Wire:
    """Collects events; each gets a time of its own."""

    events: list[Event] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def add(self, when: float, fax: int | None, event: str, channel: tuple[str, str], **fields: object) -> None:
        at = START + round(when * MICROSECONDS)
        while at in self.used:
            at += 1
        self.used.add(at)
        name, uniqueid = channel
        if event == "Hangup":
            self.events.append(Event(at, Hangup(LIFE, at, name, uniqueid), fax))
        else:
            record = Observation(LIFE, at, event, None, name, uniqueid, **fields)  # type: ignore[arg-type]
            self.events.append(Event(at, record, fax))

    def sets(self, when: float, fax: int | None, channel: tuple[str, str], values: list[tuple[str, str]]) -> None:
        for place, (variable, value) in enumerate(values):
            details: Details = {"Variable": variable, "Value": value}
            self.add(when + place / 10_000, fax, "VarSet", channel, details=details)


@dataclass(frozen=True)
class Listed:
    """A session as polls show it: its number, its first channel name, and from when to when (seconds)."""

    fax: int
    number: int
    channel: str
    operation: str
    file: str
    begins: float
    ends: float


def call(wire: Wire, begins: float, number: int, faxes: list[Fax], first: int) -> Iterator[Listed]:
    """Add the events of a call that runs these faxes one after the other; yield its sessions."""
    channel, now = (f"PJSIP/trunk-{number:08x}", f"{number}.1"), begins
    for place, fax in enumerate(faxes):
        which = first + place
        wire.sets(now, None, channel, list(fax.meddling))
        now += 0.1 + fax.begins
        data: Details = {"Application": APPLICATIONS[fax.operation], "AppData": f"{fax.file},f"}
        wire.add(now, which, "Newexten", channel, operation=fax.operation, details=data)
        wire.sets(now + 0.001, which, channel, INITIAL)
        if not fax.lasts:
            wire.sets(now + 0.01, which, channel, [("FAXSTATUS", "FAILED"), ("FAXERROR", "FILE_ERROR")])
            now += 0.02
            continue
        listed_from, ends = now + 0.05 + fax.negotiates, now + 0.05 + fax.negotiates + fax.lasts
        moves = None if fax.moves is None else now + 0.02 + (ends - now - 0.03) * fax.moves
        new = (f"PJSIP/phone-{which:08x}", f"{number}.{which}.9")
        if moves is not None:
            wire.add(moves, which, "Newexten", new, operation=fax.operation, details=data)
            wire.add(moves + 0.0005, which, "Hangup", channel)
        early = channel if moves is None or moves > listed_from else new
        allocating: Details = {"Status": "Allocating Resources", "FileName": fax.file}
        wire.add(listed_from, which, "FAXStatus", early, operation=fax.operation, details=allocating)
        wire.sets(listed_from + 0.0001, which, early, BLANK)
        yield Listed(which, which, early[0], fax.operation, fax.file, listed_from, ends)
        channel = channel if moves is None else new
        final = [("FAXSTATUS", "SUCCESS"), ("FAXERROR", "NO_ERROR"), ("FAXSTATUSSTRING", "OK")]
        wire.sets(ends + 0.01, which, channel, final)
        completed = {"operation": fax.operation, "file_name": fax.file}
        wire.add(ends + fax.lingers, which, APPLICATIONS[fax.operation], channel, **completed)
        now = ends + fax.lingers + 0.01
    wire.sets(now, None, channel, list(faxes[-1].meddling) if faxes else MEDDLING[:3])
    wire.add(now + 0.01, None, "Hangup", channel)


def polls(sessions: list[Listed]) -> Iterator[Event]:
    """Yield what a poll a second shows of each session: a snapshot while it is listed, and once that it is gone."""
    for session in sessions:
        times = [second + 0.2 for second in range(2_000) if session.begins < second + 0.2 < session.ends]
        for when in times:
            seen = {"operation": session.operation, "state": "Active", "file_name": session.file}
            yield _of_poll(session, when, "FAXSession", **seen)
        if times:
            yield _of_poll(session, times[-1] + 1, "Gone")


def _of_poll(session: Listed, when: float, event: str, **fields: str) -> Event:
    at = START + round(when * MICROSECONDS) + 50 + session.number  # no event of the wire has this time
    record = Observation(LIFE, at, event, session.number, session.channel, **fields)  # type: ignore[arg-type]
    return Event(at, record, session.fax)


def fax_of(file: st.SearchStrategy[str]) -> st.SearchStrategy[Fax]:
    """A fax; short ones end between two polls."""
    return st.builds(
        Fax,
        operation=st.sampled_from(["send", "receive"]),
        file=file,
        begins=st.sampled_from([0.0, 0.5, 200.0]),
        negotiates=st.sampled_from([0.0, 3.0, 18.0]),
        lasts=st.sampled_from([0.0, 0.3, 8.0, 60.0]),
        lingers=st.sampled_from([0.02, 0.02, 4.0]),
        moves=st.sampled_from([None, None, None, 0.05, 0.5, 0.95]),
        meddling=st.lists(st.sampled_from(MEDDLING), max_size=3).map(tuple),
    )
