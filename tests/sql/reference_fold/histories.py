"""Strategies: true faxes, their observers, the faults on the way, and the order of appending."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from hypothesis import strategies as st
from msgspec import structs

from faxstore.observations import Details, Observation, Record
from faxstore.store.append import Appender
from tests.kit.given import life, snapshot
from tests.sql.reference_fold.observers import NOT_TOLD, Observer
from tests.sql.reference_fold.true_fax import BY_SESSION, Attempt, Call, Fax

Recorded = tuple[str, Record]
"""A record and its observer."""

FAULTS = 12
"""The most rows of a history that are lost, repeated or garbled one by one."""

FILTERS: tuple[tuple[str, ...], ...] = (
    (),
    (),
    (),
    ("FAXPAGES",),
    ("FAXERROR", "FAXSTATUSSTRING"),
    ("FAXSTATUS",),
    ("FAXSTATUSSTRING",),
    ("FAXERROR",),
    ("FAXSTATUS", "FAXERROR"),
    ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"),
    ("Newexten", "FAXStatus", "Status"),
    ("Newexten", "FAXStatus", "Status", "FAXERROR", "FAXSTATUSSTRING"),
    ("Newexten", "FAXStatus", "Status", "FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"),
)
"""Channel variables and events that an event filter may hide."""

RATES = (14400, 12000, 9600, 7200, 4800, 2400)
GARBAGE = (-(2**31), -14400, -1, 0, 1, 33600, 33601, 2**31 - 1)
GARBLED = ("data_rate",) * 3 + ("page_number", "pages_received", "pages_transmitted", "total_bad_lines")
NOT_TOLD_TOO = (
    "x_resolution",
    "y_resolution",
    "operation",
    "state",
    "session_type",
    "file_name",
    "error_correction_mode",
)


@dataclass(frozen=True)
class History:
    """Batches in the order of appending, each from one observer, and the faxes that they describe."""

    batches: tuple[tuple[str, tuple[Record, ...]], ...]
    faxes: tuple[Fax, ...] = ()

    @property
    def rows(self) -> list[Recorded]:
        """All rows in the order of appending."""
        return [(collector, record) for collector, batch in self.batches for record in batch]


def append(connection: psycopg.Connection, history: History) -> None:
    """Appends all batches, each observer with its own appender."""
    appenders: dict[str, Appender] = {}
    for collector, batch in history.batches:
        appender = appenders.setdefault(collector, Appender(connection, collector))
        appender.append(enumerate(batch))


# -- true faxes ---------------------------------------------------------------------------------------------


def attempts(quick: bool) -> st.SearchStrategy[tuple[Attempt, ...]]:
    """A page: repeated if it has many bad lines, accepted if it has few (so that a fast poll sees the difference)."""
    seconds = st.integers(8, 24) if quick else st.integers(1, 60)
    attempt = st.builds(
        lambda quarters, lines, rate: Attempt(quarters / 4, lines, rate),
        seconds,
        st.integers(0, 60),
        st.sampled_from(RATES),
    )
    again = st.builds(
        lambda one, lines: replace(one, bad_lines=lines),
        attempt,
        st.integers(80, 200) if quick else st.integers(0, 200),
    )
    return st.builds(lambda kept, sent: (*sent, kept), attempt, st.lists(again, max_size=2))


def calls(quick: bool) -> st.SearchStrategy[Call]:
    """A T.30 call over audio."""
    return st.builds(
        lambda seconds, pages, resolution: Call("G.711", seconds, tuple(pages), resolution),
        st.sampled_from((2.0, 3.5, 6.0)),
        st.lists(attempts(quick), min_size=0, max_size=4),
        st.sampled_from((3850, 7700, 15400, 11811)),
    )


@st.composite
def faxes(draw: st.DrawFn, quick: bool = False) -> Fax:
    """A true fax of any kind; `quick` limits it to receivers and senders that a fast poll can follow exactly."""
    call = draw(calls(quick))
    operation = draw(st.sampled_from(("receive", "receive", "receive", "send", "gateway", "V.21")[: 4 if quick else 6]))
    all_calls: tuple[Call, ...] = (call,)
    if draw(st.sampled_from((False, False, True))) and operation != "V.21":
        kept = 0 if quick else draw(st.integers(0, len(call.pages)))  # audio for some pages, then again over T.38
        all_calls = (replace(call, pages=call.pages[:kept]), replace(call, transport="T.38"))
    fax = Fax(
        number=0,
        operation=operation,
        calls=all_calls,
        start=draw(st.integers(0, 40)) / 8,
        ecm=draw(st.sampled_from((False, False, True))),
        technology=draw(st.sampled_from(("Spandsp", "Spandsp", "Spandsp", BY_SESSION))),
        status=draw(st.sampled_from(("SUCCESS", "FAILED", ""))),
        completed_after=draw(st.sampled_from((0.02, 0.5, 6.0, None))),
        carries_result=draw(st.booleans()),
        hung_up=draw(st.booleans()),
        parties=draw(parties()),
        dial=draw(st.none() | dials()),
    )
    if quick:
        return fax
    return replace(
        fax,
        missed_pages=draw(st.sampled_from((0, 0, 0, 1, -1, NOT_TOLD))),
        restart_at=fax.start + draw(st.integers(1, 40)) if draw(st.integers(0, 5)) == 5 else None,
        hidden=frozenset(draw(st.sampled_from(FILTERS))),
        dialplan=draw(dialplans()),
        moves_after=draw(st.sampled_from((None, None, None, 1.3, 7.3, 20.3))),
    )


def dialplans() -> st.SearchStrategy[tuple[tuple[float, str, str], ...]]:
    """What a dialplan sets before, during and after a fax: any variable, to any text."""
    seconds = st.integers(-16, 160).map(lambda quarters: quarters / 4)
    name = st.sampled_from(("FAXSTATUS",) * 4 + ("FAXERROR", "FAXSTATUSSTRING", "REMOTESTATIONID", "LOCALSTATIONID"))
    values = (
        "SUCCESS",
        "FAILED",
        "",
        "FAILED: error: busy",
        "NATIVE_T38",
        "INIT_ERROR",
        "remote channel hungup",
        "mine",
    )
    settings = st.lists(st.tuples(seconds, name, st.sampled_from(values)), max_size=4, unique_by=lambda one: one[0])
    return st.one_of(st.just(()), settings.map(tuple))


def parties() -> st.SearchStrategy[Details]:
    """The headers of a channel; some are empty or unknown."""
    number = st.sampled_from(("5550001", "", "<unknown>", "+49 30 5550100"))
    every = {"CallerIDNum": number, "ConnectedLineNum": number, "Exten": st.sampled_from(("recv", "", "5550188"))}
    return st.fixed_dictionaries(every, optional={"AccountCode": st.sampled_from(("", "sales")), "Linkedid": number})


def dials() -> st.SearchStrategy[Details]:
    """The headers of a DialBegin; some have no number, and some name the channel that dials."""
    text = st.sampled_from(("+4930555@ISP", "machine", "unknown", "5550001@out/n"))
    every = {"DialString": text, "DestConnectedLineNum": st.sampled_from(("5550001", "", "<unknown>"))}
    return st.fixed_dictionaries(every, optional={"Channel": st.just("PJSIP/phone-1")})


# -- their observers ----------------------------------------------------------------------------------------


@st.composite
def observers(draw: st.DrawFn) -> tuple[Observer, ...]:
    """One observer; or two at once, with clocks up to 3 s apart; or one that takes over from the other."""
    intervals = st.sampled_from((0.5, 1.0, 2.0, 5.0))
    clock = st.integers(-24, 24).map(lambda eighths: eighths / 8)
    misses = st.lists(st.integers(2, 60).map(float), max_size=2).map(tuple)
    one = Observer("one", draw(intervals), draw(st.integers(0, 7)) / 8, draw(clock) / 2, misses=draw(misses))
    how = draw(st.sampled_from(("alone", "at once", "at once", "takes over")))
    if how == "alone":
        return (one,)
    other = Observer("two", draw(intervals), draw(st.integers(0, 7)) / 8, draw(clock) / 2, misses=draw(misses))
    if how == "takes over":
        at = draw(st.integers(2, 40))
        return replace(one, ends=at), replace(other, begins=at + draw(st.integers(0, 6)))
    return one, replace(other, ends=draw(st.sampled_from((10_000.0, 10_000.0, 15.0, 30.0))))


@st.composite
def histories(draw: st.DrawFn, any_order: bool = False) -> History:
    """Some true faxes on one or two servers, as observed, with random faults on the way.

    `any_order` excludes everything that by the rules depends on the order of appending: an absence that its own
    observer refutes later, and an event that waits for its session.
    """
    drawn = draw(st.lists(faxes(), min_size=1, max_size=3))
    unlisted = draw(st.integers(0, 7)) == 7 and not any_order
    recorded = [
        replace(
            fax,
            number=None if unlisted and place == 1 else place,
            server=draw(st.sampled_from(("pbx", "pbx", "other"))),
        )
        for place, fax in enumerate(drawn)
    ]
    rng = random.Random(draw(st.integers(0, 2**32 - 1)))
    who = [replace(one, misses=()) if any_order else one for one in draw(observers())]
    rows = [(one.collector, row) for one in who for fax in recorded for row in one.sees(fax)]
    rows = faulty(rows, draw(faults()), rng)
    order = draw(st.sampled_from(("in order", "in order", "an observer after the other", "shuffled")))
    batches = in_batches(in_order(rows, order, rng), rng)
    later = [again(fax) for fax in recorded if fax.restart_at is not None][:1]
    return History((*batches, *later), tuple(recorded))


def again(fax: Fax) -> tuple[str, tuple[Record, ...]]:
    """The first row of the server's next life."""
    begins = (fax.restart_at or 0) + 4
    return "one", (snapshot(begins + 2, 0, of=life(fax.server, begins)),)


def in_order(rows: list[Recorded], order: str, rng: random.Random) -> list[Recorded]:
    """The rows in their natural order, or shuffled."""
    named = [row for row in rows if is_named(row[1])]
    by_channel = [
        row for row in rows if not is_named(row[1])
    ]  # these wait for each other: only their own order is true
    if order == "in order":
        named.sort(key=lambda row: row[1].observed_at)
    elif order == "shuffled":
        rng.shuffle(named)
    return named + by_channel


def is_named(record: Record) -> bool:
    """Whether it names its session by number and not only by channel."""
    return isinstance(record, Observation) and record.session_number is not None


def in_batches(rows: list[Recorded], rng: random.Random) -> list[tuple[str, tuple[Record, ...]]]:
    """Batches of any size, each from one observer."""
    batches: list[tuple[str, tuple[Record, ...]]] = []
    largest = rng.choice((5, 80, 800))
    while rows:
        chunk, rows = rows[: (size := rng.randint(1, largest) + len(rows) // 12)], rows[size:]
        of: dict[str, list[Record]] = defaultdict(list)
        for collector, row in chunk:
            of[collector].append(row)
        batches += [(collector, tuple(batch)) for collector, batch in of.items()]
    return batches


# -- what goes wrong ----------------------------------------------------------------------------------------

Fault = tuple[str, str, int]
"""A fault: a row lost, repeated, without a value, garbled, or everything lost from there; a column; and the row."""


def faults() -> st.SearchStrategy[list[Fault]]:
    """Some faults, or none."""
    what = st.sampled_from(("lost", "repeated", "without a value", "garbled", "garbled", "rest lost"))
    fault = st.tuples(what, st.sampled_from((*GARBLED, *NOT_TOLD_TOO)), st.integers(0, 1000))
    return st.one_of(st.just([]), st.lists(fault, min_size=1, max_size=FAULTS))


def faulty(rows: list[Recorded], what: Sequence[Fault], rng: random.Random) -> list[Recorded]:
    """The rows with these faults."""
    rows = list(rows)
    for kind, column, place in sorted(what, key=lambda fault: fault[0] == "repeated"):
        if not rows:
            break
        collector, row = rows[at := place % len(rows)]
        if kind == "lost":
            rows = [recorded for recorded in rows if recorded[0] != collector or rng.random() > 0.1]
        elif kind == "rest lost":
            rows = rows[: at + 1]
        elif kind == "repeated":
            rows.append((collector, row))
        elif isinstance(row, Observation) and row.event == "FAXSession":
            value = rng.choice(GARBAGE) if kind == "garbled" and column in GARBLED else None
            if value is not None and value > 1 and column.startswith("page") and rng.random() < 0.9:
                value = 70  # one page each: thousands are slow
            garbled: dict[str, Any] = {column: value}
            rows[at] = collector, structs.replace(row, **garbled)
    return rows
