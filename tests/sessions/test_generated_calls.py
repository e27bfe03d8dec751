"""Generated calls of a server, resolved in batches, with restarts and repeats: every fax is one session.

The truth is in the generated events.  The stored sessions are in memory, so that thousands of examples take seconds.
"""

from __future__ import annotations

import os
from collections import defaultdict
from itertools import pairwise
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faxstore.observations import MICROSECONDS, Hangup, Listing, Observation
from faxstore.sessions.application_runs import COMPLETIONS
from faxstore.sessions.resolver import Resolver
from tests.kit.generated_calls import LIFE, Event, Fax
from tests.kit.generated_servers import Server, is_variable, name, servers
from tests.kit.memory_lookup import MemoryLookup

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "60"))
"""More by hand: FAXSTORE_TEST_EXAMPLES=2000."""


def resolve(events: list[Event], cuts: list[int], overlap: int) -> MemoryLookup:
    """Resolve the events in batches that end at the cuts.

    After every second batch faxstore restarts: the resolver forgets everything, and what still waits is read again.
    So are `overlap` batches before: none by the ingestor, some by a second observer that began later.
    """
    stored, resolver = MemoryLookup(), None
    waiting: dict[int, Event] = {}
    bounds = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    for place, (begin, end) in enumerate(pairwise(bounds)):
        batch = dict(enumerate(events))
        keys = list(range(begin, end))
        if resolver is None or place % 2 == 0:
            resolver = Resolver(stored)
            keys = sorted({*waiting, *range(bounds[max(place - overlap, 0)], end)})
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
@given(servers(), st.lists(st.integers(0, 10_000), max_size=6), st.integers(0, 1))
def test_every_fax_is_one_session(server: Server, cuts: list[int], overlap: int) -> None:
    events, faxes, allowed = server.events, server.faxes, server.allowed
    if not events:
        return
    if server.forgets_at_a_restart:
        cuts = []
    found = resolve(events, cuts, overlap).faxes()
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
