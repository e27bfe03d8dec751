"""Generated calls of a server whose observer is away for a while: a fax that a list has shown is one session.

The observer returns with its memory (its connection was lost) or without it (faxstore was started again).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from faxstore.observations import MICROSECONDS, Listing
from tests.kit.generated_calls import LIFE, START, Event
from tests.kit.generated_servers import Server, name, servers
from tests.sessions.test_generated_calls import EXAMPLES, resolve

SECOND = MICROSECONDS


def seen_by_absent(events: list[Event], left: int, returned: int, *, restarted: bool) -> list[Event]:
    """Return the events of an observer that was away: its first poll shows which sessions have gone."""
    seen = [event for event in events if not left <= event.at < returned]
    poll = returned + (START + SECOND // 5 - returned) % SECOND
    before = _listed(event for event in events if event.at < left)
    still = _listed(event for event in events if event.at >= returned)
    if restarted:
        seen = [event for event in seen if not (name(event) == "Gone" and event.at > left and event.fax not in still)]
        now = _listed(event for event in events if poll <= event.at < poll + SECOND // 2)
        return sorted([*seen, Event(poll, Listing(LIFE, poll, tuple(now)), None)], key=lambda event: event.at)
    gone = [event for event in events if name(event) == "Gone" and left <= event.at < returned and event.fax in before]
    late = [
        Event(poll + place, replace(event.record, observed_at=poll + place), event.fax)
        for place, event in enumerate(gone)
    ]
    return sorted([*seen, *late], key=lambda event: event.at)


def _listed(events: Iterable[Event]) -> set[int]:
    """Return the faxes that these events show in a list; a session has the number of its fax."""
    return {event.fax for event in events if name(event) == "FAXSession" and event.fax is not None}


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(servers(), st.floats(0, 300), st.sampled_from([0.5, 3, 20, 200]), st.booleans())
def test_a_listed_fax_is_one_session_after_an_absence(
    server: Server, left: float, seconds: float, restarted: bool
) -> None:
    if any(fax.moves is not None for fax in server.faxes.values()):
        return  # nothing shows that a channel was replaced meanwhile
    begin = START + round(left * SECOND)
    end = begin + round(seconds * SECOND)
    events = seen_by_absent(server.events, begin, end, restarted=restarted)
    absence = sum(event.at < begin for event in events)
    cuts = [absence // 2, absence] if restarted else [absence]
    if not events:
        return
    listed, truth = _listed(events), {event.at: event.fax for event in events if event.fax is not None}
    sessions: dict[int, set[UUID]] = defaultdict(set)
    for session, seen in resolve(events, cuts, 0).faxes().items():
        # The beginning of a fax whose session no list showed is taken for that of the next one on its channel.
        own = listed & {truth.get(each.observed_at, -1) for each in seen if each.event not in ("VarSet", "Gone")}
        assert len(own) <= 1, ("a session of several faxes", own, [each.event for each in seen])
        for fax in own:
            sessions[fax].add(session)
    assert all(len(sessions[fax]) == 1 for fax in listed), dict(sessions)
