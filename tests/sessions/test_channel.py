"""Channel: the table of states in the docstring of faxstore.sessions.fax is what the code does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxstore.observations import Details, Observation
from faxstore.sessions import fax as module
from faxstore.sessions.application_runs import Pending
from faxstore.sessions.channel import Channel
from faxstore.sessions.fax import Fax, State
from faxstore.sessions.run_facts import RunFacts
from tests.kit.scripted_ties import ANOTHER, CHANNEL, EPOCH, LIFE, SESSION, at

Input = Callable[[Channel], None]


def event(name: str, when: float) -> Observation:
    return Observation(LIFE, at(when), name, channel=CHANNEL, uniqueid="1.2")


INPUTS: dict[str, Input] = {
    "same session listed": lambda channel: channel.list_session(SESSION, at(1)),
    "another session listed": lambda channel: channel.list_session(ANOTHER, at(1)),
    "completion event": lambda channel: channel.apply(event("SendFAX", 1), SESSION),
    "Newexten of another fax": lambda channel: channel.wait(Pending(1, event("Newexten", 1))),
    "pending events become a fax": lambda channel: channel.become_unlisted(ANOTHER, [event("VarSet", 1)]),
    "completed pending events become a fax": lambda channel: channel.become_unlisted(ANOTHER, [event("SendFAX", 1)]),
}


def channel_in(state: State) -> Channel:
    unlisted = state is State.UNLISTED
    fax = None if state is State.NEW else Fax(SESSION, state, at(0), None if unlisted else at(0))
    return Channel(EPOCH, CHANNEL, fax)


def documented() -> list[tuple[State, str, State]]:
    """Return state, input and next state of each cell of the table that is not '-'."""
    lines = (module.__doc__ or "").splitlines()
    start = next(number for number, line in enumerate(lines) if set(line.strip()) == {"-", " "})
    cells = []
    for line in lines[start + 1 : start + 1 + len(State)]:
        state, *following = line.replace(" or ", "/").replace("Newexten of", "").split()
        for name, text in zip(list(INPUTS)[:5], following, strict=True):
            unlisted, _, completed = text.partition("/")
            cells += [(State[state], name, State[unlisted])] if unlisted != "-" else []
            cells += [(State[state], "completed pending events become a fax", State[completed])] if completed else []
    return cells


@pytest.mark.parametrize(("state", "name", "after"), documented())
def test_each_cell_of_the_table(state: State, name: str, after: State) -> None:
    channel = channel_in(state)
    INPUTS[name](channel)
    assert channel.state is after


def test_the_table_covers_every_state() -> None:
    assert {state for state, _, _ in documented()} == set(State)
    assert len(documented()) == 6 * len(State) - 4


@pytest.mark.parametrize("state", list(State)[1:])
@pytest.mark.parametrize("name", ["VarSet", "FAXStatus"])
def test_other_events_leave_the_state(state: State, name: str) -> None:
    channel = channel_in(state)
    channel.apply(event(name, 1), SESSION)
    channel.wait(Pending(1, event(name, 1)))
    channel.hang_up(at(2))
    assert channel.state is state


@pytest.mark.parametrize("state", list(State)[1:])
def test_only_a_listed_fax_includes_events(state: State) -> None:
    assert Fax(SESSION, state, at(0), at(0)).includes(event("VarSet", 1)) is (state is State.LISTED)


@pytest.mark.parametrize(
    ("completed", "is_unlisted", "state"),
    [
        (False, False, State.LISTED),
        (False, True, State.UNLISTED),
        (True, False, State.COMPLETED),
        (True, True, State.COMPLETED),
    ],
)
def test_the_state_of_a_stored_fax(completed: bool, is_unlisted: bool, state: State) -> None:
    fax = Fax.stored(SESSION, at(1), completed, at(0), is_unlisted, "1.2", None)
    assert (fax.state, fax.unlisted, fax.uniqueid) == (state, is_unlisted, "1.2")


# -- the shortcut for a session that is listed again ------------------------------------------------------

LISTED_FILES: list[tuple[str | None, Details]] = [
    ("a.tif", {}),
    ("b.tif", {}),
    ("a.tif,b.tif", {}),
    ("a&b.tif", {}),
    ("a.tif", {"Files": "a.tif"}),
    ("a.tif", {"Files": ["b.tif", "c.tif"]}),
    (None, {"FileName": "a.tif"}),
    (None, {}),
    ("", {}),
]


@st.composite
def listings(draw: st.DrawFn) -> Observation:
    file_name, details = draw(st.sampled_from(LISTED_FILES))
    pages = {"pages_received": draw(st.sampled_from([None, 0, 3])), "pages_transmitted": draw(st.sampled_from([0, 2]))}
    operation = draw(st.sampled_from(["receive", "send", None]))
    when, session_event = at(draw(st.integers(0, 9))), draw(st.sampled_from(["FAXSession", "FAXSessionsEntry"]))
    fields = {"operation": operation, "file_name": file_name, "details": details}
    return Observation(LIFE, when, session_event, 1, CHANNEL, **fields, **pages)  # type: ignore[arg-type]


@given(st.sampled_from(State), st.lists(listings(), min_size=1, max_size=6))
def test_a_session_that_is_listed_again_leaves_the_same_channel_on_either_way(
    state: State, seen: list[Observation]
) -> None:
    quick, general = channel_in(state), channel_in(state)
    for each in seen:
        if not quick.lists_again(SESSION, each):
            quick.list_session(SESSION, each.observed_at)
            quick.facts.add(each)
        general.list_session(SESSION, each.observed_at)
        general.facts = RunFacts(general.facts.operation, general.facts.files, general.facts.pages)  # no shortcut
        general.facts.add(each)
        assert (quick.fax, quick.last_seen) == (general.fax, general.last_seen)
        assert (quick.facts.operation, quick.facts.files) == (general.facts.operation, general.facts.files)
        assert quick.facts.pages == general.facts.pages


def test_another_session_or_a_pending_event_takes_the_general_way() -> None:
    channel, seen = channel_in(State.LISTED), Observation(LIFE, at(1), "FAXSession", 1, CHANNEL)
    assert not channel.lists_again(ANOTHER, seen)
    channel.wait(Pending(1, event("VarSet", 1)))
    assert not channel.lists_again(SESSION, seen)
