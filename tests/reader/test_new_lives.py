"""A new life of the fax registry, as a LineReader finds it: sessions, entries and clocks across it."""

from __future__ import annotations

import pytest

from faxstore.observations import (
    MICROSECONDS,
    Hangup,
    Life,
    Listing,
    Observation,
    Record,
    ServerObservation,
)
from tests.kit.observer_lines import CHANNEL, Wire, observations, only_observation, rejected


def lives(records: list[Record]) -> list[Life]:
    return [record.life for record in records if isinstance(record, Observation | Hangup | Listing)]


def test_a_number_that_was_gone_and_is_listed_again_is_a_new_session(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    before = lives([*wire.polls_list(6, 7), *wire.details(6), *wire.details(7)])[-1]
    wire.polls_list()
    records = [*wire.polls_list(0, 6), *wire.details(0), *wire.details(6)]
    assert rejected(records) == []
    assert caplog.records == []
    first, second = observations(records, "FAXSession")
    assert (first.session_number, first.channel) == (0, CHANNEL)
    assert (second.session_number, second.channel) == (6, CHANNEL)
    assert second.life.reloaded_at is not None
    assert first.life == second.life != before
    again = [*wire.polls_list(0, 6), *wire.details(0), *wire.details(6)]
    assert set(lives(observations(again, "FAXSession"))) == {second.life}  # type: ignore[arg-type]


@pytest.mark.parametrize("module", ["res_fax.so", "res_fax", "RES_FAX.so"])
def test_loading_res_fax_begins_a_new_life(wire: Wire, module: str) -> None:
    """loader.c, load_resource: the event contains the module name as the loading command spelled it."""
    wire.polls_list(7)
    before = only_observation(wire.details(7)).life
    unloaded = wire.sends("Event: Unload", f"Module: {module}", "Status: Success")
    loaded = wire.sends("Event: Load", f"Module: {module}", "Status: Success")
    assert [record.event for record in [*unloaded, *loaded] if isinstance(record, ServerObservation)] == [
        "Unload",
        "Load",
    ]
    wire.polls_list(0)
    after = only_observation(wire.details(0)).life
    assert (after.started_at, before.reloaded_at) == (before.started_at, None)
    assert after.reloaded_at is not None


@pytest.mark.parametrize(
    "headers",
    [
        ("Event: Load", "Module: res_fax.so", "Status: Decline"),  # already loaded
        ("Event: Load", "Module: res_fax.so", "Status: Failure"),
        ("Event: Load", "Module: res_musiconhold.so", "Status: Success"),
        ("Event: Load", "Module: res_fax_spandsp.so", "Status: Success"),
        ("Event: Unload", "Module: res_musiconhold.so", "Status: Success"),
        ("Event: Reload", "Module: res_fax.so", "Status: 0"),  # reads its settings again; session numbers continue
        ("Event: Reload", "Module: All", "Status: 0"),
    ],
    ids=" ".join,
)
def test_other_module_events_do_not_begin_a_new_life(wire: Wire, headers: tuple[str, ...]) -> None:
    wire.polls_list(7)
    before = only_observation(wire.details(7)).life
    wire.sends(*headers)
    wire.polls_list(7)
    assert only_observation(wire.details(7)).life == before


@pytest.mark.parametrize("module", ["res_fax.so", "All"])
def test_a_reload_is_recorded(wire: Wire, module: str) -> None:
    """The manual lists the event next to FAXSession."""
    (seen,) = wire.sends("Event: Reload", f"Module: {module}", "Status: 0")
    assert isinstance(seen, ServerObservation)
    assert (seen.event, seen.details) == ("Reload", {"Module": module, "Status": "0"})


def test_a_falling_counter_begins_a_new_life(wire: Wire) -> None:
    def counters(completed: int) -> list[Record]:
        return wire.sends(
            "Event: FAXStats",
            "TransmitAttempts: 5",
            "ReceiveAttempts: 5",
            f"CompletedFAXes: {completed}",
            "FailedFAXes: 0",
        )

    counters(9)
    wire.polls_list(7)
    before = only_observation(wire.details(7)).life
    assert [type(record) for record in counters(8)] == [ServerObservation]
    wire.polls_list(7)
    assert only_observation(wire.details(7)).life != before


def test_unanswered_entries_stay_in_their_life_when_a_new_one_begins(wire: Wire) -> None:
    """A session is listed as Initialized, so no detail is requested; then the module is loaded again."""
    wire.polls_list(7)
    listed = round((wire.now - 1) * MICROSECONDS)
    wire.starts_list()
    records = [
        *wire.lists(8),
        *wire.sends("Event: Load", "Module: res_fax.so", "Status: Success"),
        *wire.mark("polled"),
    ]
    seen = observations(records)
    assert {entry.session_number for entry in seen} <= {7, 8}
    assert 8 in {entry.session_number for entry in seen}
    assert {entry.life.reloaded_at for entry in seen} == {None}
    assert all(entry.observed_at >= listed for entry in seen)


def test_an_entry_whose_detail_is_pending_stays_in_its_life(wire: Wire) -> None:
    wire.polls_list(7)
    seen = only_observation([*wire.sends("Event: Load", "Module: res_fax.so", "Status: Success"), *wire.mark("polled")])
    assert (seen.session_number, seen.life.reloaded_at) == (7, None)


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
def test_the_same_start_on_the_next_connection_is_the_same_life(wire: Wire, off: int) -> None:
    wire.polls_list(7)
    before = only_observation(wire.details(7)).life
    wire.mark("disconnected: cut")
    wire.connects(3600 + off)
    wire.polls_list(7)
    assert only_observation(wire.details(7)).life == before


def test_another_start_on_the_next_connection_is_a_new_life(wire: Wire) -> None:
    wire.polls_list(0)
    before = only_observation(wire.details(0)).life
    wire.mark("disconnected: cut")
    wire.connects(-3)
    wire.polls_list(0)
    after = only_observation(wire.details(0)).life
    assert after.started_at is not None
    assert before.started_at is not None
    assert after.started_at - before.started_at == 3603 * MICROSECONDS


def test_a_session_keeps_its_clock_when_the_clock_is_set_back(wire: Wire) -> None:
    wire.polls_list(7)
    before = only_observation(wire.details(7))
    wire.now -= 3600
    set_back = wire.now
    after = only_observation([*wire.polls_list(7), *wire.details(7, page=2)])
    assert (after.session_number, after.page_number, after.life) == (7, 2, before.life)
    assert 0 < after.observed_at - before.observed_at < 60 * MICROSECONDS
    gone = only_observation(wire.polls_list(8))
    assert (gone.event, gone.session_number) == ("Gone", 7)
    assert 0 < gone.observed_at - after.observed_at < 60 * MICROSECONDS
    assert 0 <= only_observation(wire.details(8)).observed_at - set_back * MICROSECONDS < 60 * MICROSECONDS
