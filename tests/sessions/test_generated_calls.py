"""Generated calls of a server, resolved in batches, with restarts and repeats: every fax is one session.

The truth is in the generated events.  The stored sessions are in memory, so that thousands of examples take seconds.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faxstore.observations import MICROSECONDS, Hangup, Listing, Observation
from faxstore.sessions.application_runs import COMPLETIONS
from faxstore.sessions.resolver import Resolver
from tests.kit.generated_calls import LIFE, Event, Fax, Listed, Wire, call, fax_of, polls
from tests.kit.memory_lookup import MemoryLookup

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "60"))
"""More by hand: FAXSTORE_TEST_EXAMPLES=2000."""

Filter = Callable[[Event], bool]


def is_variable(event: Event, *names: str) -> bool:
    record = event.record
    return isinstance(record, Observation) and record.event == "VarSet" and record.details["Variable"] not in names


FILTERS: dict[str, Filter] = {
    "everything": lambda event: True,
    "no Newexten": lambda event: name(event) != "Newexten",
    "no FAXStatus": lambda event: name(event) != "FAXStatus",
    "no variables": lambda event: not is_variable(event),
    "no FAXPAGES": lambda event: not is_variable(event, "FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING", "LOCALSTATIONID"),
    "class call": lambda event: name(event) not in {"Newexten", "VarSet"},
}
"""Which events an event filter or the classes of the AMI user let through."""


def name(event: Event) -> str:
    return event.record.event if isinstance(event.record, Observation) else "Hangup"


class Server:
    """Calls at once on one server: the events that are let through in order, the faxes, and the filter."""

    def __init__(self, events: list[Event], faxes: dict[int, Fax], allowed: str) -> None:
        self.events, self.faxes, self.allowed = events, faxes, allowed

    def __repr__(self) -> str:
        return "\n".join([self.allowed, *map(str, self.faxes.items()), *map(str, self.events)])


@st.composite
def servers(draw: st.DrawFn) -> Server:
    """Draw a server."""
    allowed = draw(st.sampled_from(sorted(FILTERS)))
    wire, listed, faxes = Wire(), list[Listed](), dict[int, Fax]()
    for number in range(draw(st.integers(1, 4))):
        own = [draw(fax_of(st.just(f"/fax/{number}-{place}.tif"))) for place in range(draw(st.integers(0, 3)))]
        first = len(faxes)
        faxes |= {first + place: fax for place, fax in enumerate(own)}
        listed += call(wire, draw(st.sampled_from([0.0, 0.4, 1.7, 30.0])), number, own, first)
    events = [event for event in wire.events if FILTERS[allowed](event)] + list(polls(listed))
    return Server(sorted(events, key=lambda event: event.at), faxes, allowed)


def resolve(events: list[Event], cuts: list[int]) -> MemoryLookup:
    """Resolve the events in batches that end at the cuts.

    After every second batch faxstore restarts: the resolver forgets everything, and what still waits is read again, as
    is the batch before, because it was killed before it discarded what was stored.
    """
    stored, resolver = MemoryLookup(), None
    waiting: dict[int, Event] = {}
    bounds = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    for place, (begin, end) in enumerate(pairwise(bounds)):
        batch = dict(enumerate(events))
        keys = list(range(begin, end))
        if resolver is None or place % 2 == 0:
            resolver = Resolver(stored)
            keys = sorted({*waiting, *range(bounds[max(place - 1, 0)], end)})
        waiting |= {key: batch[key] for key in keys if isinstance(batch[key].record, Observation)}
        _append(resolver, stored, [(key, batch[key]) for key in keys], waiting)
    assert resolver is not None
    late = events[-1].at + 1_000 * MICROSECONDS
    resolver.begin_batch([])
    stored.append(resolver.resolve(len(events), Listing(LIFE, late, ())))
    return stored


def _append(
    resolver: Resolver, stored: MemoryLookup, batch: list[tuple[int, Event]], waiting: dict[int, Event]
) -> None:
    resolver.begin_batch([event.record for _, event in batch])
    rows = [row for key, event in batch for row in resolver.resolve(key, event.record)]
    stored.append(rows)
    for row in rows:
        waiting.pop(row.key if row.key is not None else -1, None)


def is_visible(fax: Fax, number: int, events: list[Event], allowed: str) -> bool:
    """Whether the events that were let through prove the fax."""
    own = [event for event in events if event.fax == number]
    if any(name(event) in COMPLETIONS | {"FAXSession", "FAXStatus", "Newexten"} for event in own):
        return True
    return allowed not in {"no variables", "class call"} and any(is_variable(event) for event in own)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(servers(), st.lists(st.integers(0, 10_000), max_size=6))
def test_every_fax_is_one_session(server: Server, cuts: list[int]) -> None:
    events, faxes, allowed = server.events, server.faxes, server.allowed
    if not events:
        return
    if any(fax.moves_early for fax in faxes.values()) or allowed == "no Newexten":
        cuts = []  # a restart forgets that a channel was replaced, unless the Hangup is a row of its session
    found = resolve(events, cuts).faxes()
    truth = {event.at: event.fax for event in events if not isinstance(event.record, Hangup)}
    sessions: dict[int, set[UUID]] = defaultdict(set)
    for session, seen in found.items():
        # A variable of a run whose other events are under another name, and hidden, is added to the fax before.
        known = [each for each in seen if each.observed_at in truth]
        own = {truth[each.observed_at] for each in known if each.event != "VarSet"} - {None}
        own = own or {truth[known[0].observed_at]}
        assert len(own) == 1, (allowed, "a session of no fax, or of several", own, [each.event for each in seen])
        sessions[own.pop() or 0].add(session)
    for number, fax in faxes.items():
        expected = 1 if is_visible(fax, number, events, allowed) else 0
        assert len(sessions[number]) == expected, (allowed, number, fax)
