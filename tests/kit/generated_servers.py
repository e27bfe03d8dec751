"""Servers with generated calls at once, as an AMI user with some event filter or some classes sees them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from faxstore.observations import Observation
from tests.kit.generated_calls import Event, Fax, Listed, Wire, call, fax_of, polls

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
    return event.record.event if isinstance(event.record, Observation) else type(event.record).__name__


class Server:
    """Calls at once on one server: the events that are let through in order, the faxes, and the filter."""

    def __init__(self, events: list[Event], faxes: dict[int, Fax], allowed: str) -> None:
        self.events, self.faxes, self.allowed = events, faxes, allowed

    def __repr__(self) -> str:
        return "\n".join([self.allowed, *map(str, self.faxes.items()), *map(str, self.events)])

    @property
    def forgets_at_a_restart(self) -> bool:
        """Whether a restart forgets that a channel was replaced: only the Hangup, if it is a row, is stored."""
        return any(fax.moves_early for fax in self.faxes.values()) or self.allowed == "no Newexten"

    @property
    def replaces_channels(self) -> bool:
        """Whether a channel is replaced: after a restart, its later variables are of a call without a fax."""
        return any(fax.moves is not None for fax in self.faxes.values())


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
