"""Polls: lists of sessions and their details as observations."""

from __future__ import annotations

import pytest

from faxstore.observations import (
    MICROSECONDS,
    Listing,
    Observation,
    Record,
)
from tests.kit.observer_lines import CHANNEL, NOON, Wire, observations, only_observation, rejected


def test_a_poll_joins_the_detail_to_its_list_entry(wire: Wire) -> None:
    assert observations(wire.polls_list(7)) == []  # the detail has not arrived yet
    seen = only_observation(wire.details(7, page=2))
    assert seen == Observation(
        seen.life,
        round(wire.now * MICROSECONDS),
        "FAXSession",
        7,
        channel=CHANNEL,
        technology="Spandsp",
        session_type="G.711",
        operation="send",
        state="Active",
        error_correction_mode=True,
        data_rate=14400,
        x_resolution=8031,
        y_resolution=3850,
        page_number=2,
        pages_transmitted=0,
        pages_received=0,
        total_bad_lines=0,
        file_name="/a.tif",
        details=seen.details,
    )
    assert seen.life.started_at == round((NOON - 3600) * MICROSECONDS)


def test_headers_that_only_the_list_has_go_to_the_details(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7, "Modem: V.34")
    wire.ends_list(1)
    assert {name: value for name, value in only_observation(wire.details(7)).details.items() if name != "ActionID"} == {
        "Modem": "V.34"
    }


def test_several_files_of_a_session_stay_in_the_details(wire: Wire) -> None:
    wire.starts_list()
    wire.sends(
        "Event: FAXSessionsEntry", "SessionNumber: 7", "Operation: send", "State: Active", "Files: /a.tif,/b.tif"
    )
    wire.ends_list(1)
    assert only_observation(wire.details(7)).details["Files"] == "/a.tif,/b.tif"


@pytest.mark.parametrize("operation", ["send", "receive", "gateway", "V.21", "none", "teleport"])
@pytest.mark.parametrize(
    "state", ["Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown", "Asleep"]
)
def test_an_entry_without_a_detail_request_becomes_an_observation(wire: Wire, operation: str, state: str) -> None:
    wire.starts_list()
    wire.lists(7, state=state, operation=operation)
    listed_at = round(wire.now * MICROSECONDS)
    assert observations(wire.ends_list(1)) == []
    seen = only_observation(wire.mark("polled"))
    assert (seen.event, seen.session_number, seen.observed_at) == ("FAXSessionsEntry", 7, listed_at)
    assert (seen.operation, seen.state, seen.channel) == (operation, state, CHANNEL)
    assert seen.data_rate is None


def test_a_lost_answer_leaves_the_entry(wire: Wire) -> None:
    wire.polls_list(7)
    wire.requests("Action: FAXSession", "ActionID: q1", "SessionNumber: 7")
    wire.sends("Response: Success", "ActionID: q1", "Message: FAXSession event will follow")
    seen = only_observation(wire.polls_list(7))
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)


@pytest.mark.parametrize("action_id", [("ActionID: q1",), ()], ids=["with ActionID", "without"])
def test_a_refused_detail_leaves_the_entry(wire: Wire, action_id: tuple[str, ...]) -> None:
    wire.polls_list(7)
    wire.requests("Action: FAXSession", *action_id, "SessionNumber: 7")
    seen = only_observation(wire.sends("Response: Error", *action_id, "Message: Session not found"))
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)
    assert observations(wire.mark("polled")) == []


def test_a_session_that_is_no_longer_listed_is_gone(wire: Wire) -> None:
    wire.polls_list(7, 8)
    wire.details(7)
    wire.details(8)
    gone = only_observation(wire.polls_list(8))
    assert (gone.event, gone.session_number, gone.channel) == ("Gone", 7, CHANNEL)
    assert gone.observed_at == round(wire.now * MICROSECONDS)
    assert observations(wire.polls_list(8), "Gone") == []


def test_a_session_that_was_never_listed_is_stored(wire: Wire) -> None:
    wire.polls_list()
    seen = only_observation(wire.details(4_000_000_000))
    assert (seen.event, seen.session_number, seen.channel) == ("FAXSession", 4_000_000_000, None)
    assert (seen.operation, seen.data_rate) == ("send", 14400)


@pytest.mark.parametrize("state", ["Active", "Uninitialized"])
def test_a_detector_has_three_fields(wire: Wire, state: str) -> None:
    wire.starts_list()
    wire.sends(
        "Event: FAXSessionsEntry",
        f"Channel: {CHANNEL}",
        "SessionNumber: 0",
        "SessionType: none",
        "Operation: V.21",
        f"State: {state}",
        "Files: ",
    )
    wire.ends_list(1)
    seen = only_observation(wire.sends("Event: FAXSession", "SessionNumber: 0", "Operation: V.21", f"State: {state}"))
    assert (seen.session_number, seen.operation, seen.state, seen.session_type) == (0, "V.21", state, "none")
    assert (seen.page_number, seen.file_name, seen.error_correction_mode) == (None, None, None)


def test_an_old_server_sends_no_listitems(wire: Wire) -> None:
    """Asterisk 13.0 and 13.1."""
    wire.polls_list(7)
    wire.details(7)
    wire.starts_list()
    assert only_observation(wire.sends("Event: FAXSessionsComplete", "EventList: Complete", "Total: 0")).event == "Gone"


def test_lists_need_no_action_id(wire: Wire) -> None:
    """Wire.polls_list has none; with one it is the same."""
    wire.starts_list("ActionID: p1")
    wire.lists(7, "ActionID: p1")
    wire.ends_list(1, "ActionID: p1")
    wire.details(7, "ActionID: p1-7")
    gone = [*wire.starts_list("ActionID: p2"), *wire.ends_list(0, "ActionID: p2")]
    assert only_observation(gone).event == "Gone"


# -- incomplete lists -----------------------------------------------------------------------------


@pytest.mark.parametrize("total", [0, 1, 3, 10**6])
def test_a_list_with_another_total_does_not_show_what_is_gone(wire: Wire, total: int) -> None:
    wire.polls_list(6, 7)
    wire.details(6)
    wire.details(7)
    wire.starts_list()
    wire.lists(7)
    wire.lists(8)
    records = wire.ends_list(total)
    (fault,) = rejected(records)
    assert fault.reason == "FAXSessionsComplete: Total is not the number of entries received, 2"
    assert f"Total: {total}\r\n" in fault.raw
    assert observations(records, "Gone") == []
    assert [seen.session_number for seen in observations(wire.details(8))] == [8]


@pytest.mark.parametrize("total", ["abc", "-1", "1.0", "9" * 5000])
def test_a_total_that_is_not_a_number_is_rejected(wire: Wire, total: str, caplog: pytest.LogCaptureFixture) -> None:
    wire.polls_list(7)  # its detail has not come yet
    wire.starts_list()
    wire.lists(7)
    wire.lists(8)
    records = wire.ends_list(total)
    (fault,) = rejected(records)
    assert "Total" in fault.reason
    assert "start" not in fault.reason
    assert caplog.records == []  # no exception was logged
    assert len(fault.reason) < 200
    assert [seen.session_number for seen in observations(wire.mark("polled"))] == [7, 8]


def test_entries_before_a_total_of_many_digits_are_not_lost(wire: Wire) -> None:
    wire.polls_list(5)
    seen = [*wire.starts_list(), *wire.lists(7), *wire.ends_list("9" * 5000), *wire.mark("polled")]
    assert {entry.session_number for entry in observations(seen)} == {5, 7}


def test_a_session_of_a_faulty_list_is_gone_with_the_next_complete_list(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7)
    wire.ends_list(2)
    wire.details(7)
    gone = only_observation(wire.polls_list())
    assert (gone.event, gone.session_number) == ("Gone", 7)


def test_a_disconnect_within_a_list_leaves_its_entries_and_shows_nothing_gone(wire: Wire) -> None:
    wire.polls_list(6, 7)
    wire.details(6)
    wire.details(7)
    wire.starts_list()
    wire.lists(7, state="Complete")
    records = wire.mark("disconnected: the server closed the connection")
    assert [(seen.event, seen.session_number, seen.state) for seen in observations(records)] == [
        ("FAXSessionsEntry", 7, "Complete")
    ]
    wire.connects()
    gone = only_observation(wire.polls_list(7))
    assert (gone.event, gone.session_number) == ("Gone", 6)


def test_a_list_that_the_next_one_interrupts_leaves_its_entries(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7)
    seen = only_observation(wire.starts_list())
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)


def test_the_end_of_a_list_without_its_start_is_not_an_empty_list(wire: Wire) -> None:
    """A recording begins in the middle of a list, or the start was garbled."""
    wire.polls_list(7)
    wire.details(7)
    records = wire.sends("Event: FAXSessionsComplete", "EventList: Complete")
    assert observations(records, "Gone") == []
    assert len(rejected(records)) == 1


def test_a_second_end_of_a_list_shows_nothing_gone(wire: Wire) -> None:
    wire.polls_list(7)
    records = wire.ends_list(1)
    assert observations(records, "Gone") == []
    assert len(rejected(records)) == 1


def test_a_number_that_is_listed_twice_gives_two_observations(wire: Wire) -> None:
    wire.starts_list()
    seen = [*wire.lists(7, state="Active"), *wire.lists(7, state="Complete"), *wire.ends_list(2), *wire.mark("polled")]
    assert sorted(entry.state or "" for entry in observations(seen)) == ["Active", "Complete"]


# -- a Listing record per minute ------------------------------------------------------------------


def test_a_listing_is_recorded_at_the_start_of_a_connection_and_then_each_minute(wire: Wire) -> None:
    def listings(records: list[Record]) -> list[tuple[int, ...]]:
        return [record.session_numbers for record in records if isinstance(record, Listing)]

    assert listings(wire.polls_list(8, 7)) == [(7, 8)]
    assert listings(wire.polls_list(7)) == []
    wire.now += 60
    assert listings(wire.polls_list(7)) == [(7,)]
    wire.mark("disconnected: cut")
    wire.connects()
    assert listings(wire.polls_list()) == [()]


def test_the_first_list_of_a_life_is_recorded_at_once(wire: Wire) -> None:
    """It ends the sessions of the life before, also if no fax follows."""
    wire.polls_list(7)
    wire.sends("Event: Load", "Module: res_fax.so", "Status: Success")
    (first,) = [record for record in wire.polls_list() if isinstance(record, Listing)]
    assert first.life.reloaded_at is not None
    assert not any(isinstance(record, Listing) for record in wire.polls_list())


def test_a_list_after_the_start_became_known_is_recorded_at_once(wire: Wire) -> None:
    wire.polls_list()
    wire.sends("Response: Success", "CoreStartupDate: 2026-11-23", "CoreStartupTime: 08:00:12")
    (first,) = [record for record in wire.polls_list() if isinstance(record, Listing)]
    assert first.life.startup_text == "2026-11-23 08:00:12"


def test_a_listing_is_recorded_after_the_clock_is_set_back(wire: Wire) -> None:
    wire.polls_list(7)
    wire.now -= 3600
    assert any(isinstance(record, Listing) for record in wire.polls_list(7))
