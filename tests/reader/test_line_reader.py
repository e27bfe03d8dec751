"""From the lines of a connection to records: what is understood, what is set aside, and that nothing is lost."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture import recording as capture
from faxstore.capture.message import clean_text
from faxstore.capture.recording import Direction, Line
from faxstore.capture.vocabulary import FAX_VARIABLES
from faxstore.observations import (
    MICROSECONDS,
    Hangup,
    Life,
    Listing,
    Observation,
    Record,
    Rejected,
    ServerObservation,
    decode,
    encode,
)
from faxstore.reader.line_reader import LineReader
from tests.kit import truth
from tests.kit.observer_lines import CHANNEL, NOON, Wire, observations, rejected, the_one


@pytest.fixture
def wire() -> Wire:
    """A connection to a server that started an hour before noon."""
    wire = Wire()
    wire.connects()
    return wire


# -- a poll ------------------------------------------------------------------------------------------


def test_a_poll_joins_the_detail_to_its_list_entry(wire: Wire) -> None:
    assert observations(wire.polls_list(7)) == []  # the detail is still to come
    seen = the_one(wire.tells(7, page=2))
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


def test_what_the_list_says_beyond_the_detail_is_kept(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7, "Modem: V.34")
    wire.ends_list(1)
    assert {name: value for name, value in the_one(wire.tells(7)).details.items() if name != "ActionID"} == {
        "Modem": "V.34"
    }


def test_several_files_of_a_session_are_kept(wire: Wire) -> None:
    wire.starts_list()
    wire.says("Event: FAXSessionsEntry", "SessionNumber: 7", "Operation: send", "State: Active", "Files: /a.tif,/b.tif")
    wire.ends_list(1)
    assert the_one(wire.tells(7)).details["Files"] == "/a.tif,/b.tif"


@pytest.mark.parametrize("operation", ["send", "receive", "gateway", "V.21", "none", "teleport"])
@pytest.mark.parametrize(
    "state", ["Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown", "Asleep"]
)
def test_an_entry_that_is_not_asked_is_an_observation_of_its_own(wire: Wire, operation: str, state: str) -> None:
    wire.starts_list()
    wire.lists(7, state=state, operation=operation)
    listed_at = round(wire.now * MICROSECONDS)
    assert observations(wire.ends_list(1)) == []
    seen = the_one(wire.mark("polled"))
    assert (seen.event, seen.session_number, seen.observed_at) == ("FAXSessionsEntry", 7, listed_at)
    assert (seen.operation, seen.state, seen.channel) == (operation, state, CHANNEL)
    assert seen.data_rate is None


def test_an_answer_that_never_comes_leaves_the_entry(wire: Wire) -> None:
    wire.polls_list(7)
    wire.asks("Action: FAXSession", "ActionID: q1", "SessionNumber: 7")
    wire.says("Response: Success", "ActionID: q1", "Message: FAXSession event will follow")
    seen = the_one(wire.polls_list(7))
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)


@pytest.mark.parametrize("action_id", [("ActionID: q1",), ()], ids=["with ActionID", "without"])
def test_a_session_that_has_just_ended_leaves_its_entry(wire: Wire, action_id: tuple[str, ...]) -> None:
    wire.polls_list(7)
    wire.asks("Action: FAXSession", *action_id, "SessionNumber: 7")
    seen = the_one(wire.says("Response: Error", *action_id, "Message: Session not found"))
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)
    assert observations(wire.mark("polled")) == []


def test_a_session_that_is_no_longer_listed_is_gone(wire: Wire) -> None:
    wire.polls_list(7, 8)
    wire.tells(7)
    wire.tells(8)
    gone = the_one(wire.polls_list(8))
    assert (gone.event, gone.session_number, gone.channel) == ("Gone", 7, CHANNEL)
    assert gone.observed_at == round(wire.now * MICROSECONDS)
    assert observations(wire.polls_list(8), "Gone") == []


def test_a_session_that_was_never_listed_is_stored(wire: Wire) -> None:
    wire.polls_list()
    seen = the_one(wire.tells(4_000_000_000))
    assert (seen.event, seen.session_number, seen.channel) == ("FAXSession", 4_000_000_000, None)
    assert (seen.operation, seen.data_rate) == ("send", 14400)


@pytest.mark.parametrize("state", ["Active", "Uninitialized"])
def test_a_detector_tells_three_things(wire: Wire, state: str) -> None:
    wire.starts_list()
    wire.says(
        "Event: FAXSessionsEntry",
        f"Channel: {CHANNEL}",
        "SessionNumber: 0",
        "SessionType: none",
        "Operation: V.21",
        f"State: {state}",
        "Files: ",
    )
    wire.ends_list(1)
    seen = the_one(wire.says("Event: FAXSession", "SessionNumber: 0", "Operation: V.21", f"State: {state}"))
    assert (seen.session_number, seen.operation, seen.state, seen.session_type) == (0, "V.21", state, "none")
    assert (seen.page_number, seen.file_name, seen.error_correction_mode) == (None, None, None)


def test_an_old_server_tells_no_list_items(wire: Wire) -> None:
    """Asterisk 13.0 and 13.1."""
    wire.polls_list(7)
    wire.tells(7)
    wire.starts_list()
    assert the_one(wire.says("Event: FAXSessionsComplete", "EventList: Complete", "Total: 0")).event == "Gone"


def test_lists_need_no_action_id(wire: Wire) -> None:
    """Wire.polls_list has none; with one it is the same."""
    wire.starts_list("ActionID: p1")
    wire.lists(7, "ActionID: p1")
    wire.ends_list(1, "ActionID: p1")
    wire.tells(7, "ActionID: p1-7")
    gone = [*wire.starts_list("ActionID: p2"), *wire.ends_list(0, "ActionID: p2")]
    assert the_one(gone).event == "Gone"


# -- lists that are not whole ------------------------------------------------------------------------


@pytest.mark.parametrize("total", [0, 1, 3, 10**6])
def test_a_list_whose_total_disagrees_says_nothing_of_what_is_gone(wire: Wire, total: int) -> None:
    wire.polls_list(6, 7)
    wire.tells(6)
    wire.tells(7)
    wire.starts_list()
    wire.lists(7)
    wire.lists(8)
    records = wire.ends_list(total)
    (fault,) = rejected(records)
    assert fault.reason == f"FAXSessionsComplete says Total {total} and 2 entries came"
    assert f"Total: {total}\r\n" in fault.raw
    assert observations(records, "Gone") == []
    assert [seen.session_number for seen in observations(wire.tells(8))] == [8]


@pytest.mark.parametrize("total", ["abc", "-1", "1.0", "9" * 5000])
def test_a_total_that_is_no_number_is_named(wire: Wire, total: str, caplog: pytest.LogCaptureFixture) -> None:
    wire.polls_list(7)  # its detail has not come yet
    wire.starts_list()
    wire.lists(7)
    wire.lists(8)
    records = wire.ends_list(total)
    (fault,) = rejected(records)
    assert "Total" in fault.reason
    assert "start" not in fault.reason
    assert caplog.records == []  # nothing of ours failed
    assert len(fault.reason) < 200
    assert [seen.session_number for seen in observations(wire.mark("polled"))] == [7, 8]


def test_entries_before_a_total_of_many_digits_are_not_lost(wire: Wire) -> None:
    wire.polls_list(5)
    seen = [*wire.starts_list(), *wire.lists(7), *wire.ends_list("9" * 5000), *wire.mark("polled")]
    assert {entry.session_number for entry in observations(seen)} == {5, 7}


def test_what_a_faulty_list_showed_is_gone_with_the_next_whole_one(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7)
    wire.ends_list(2)
    wire.tells(7)
    gone = the_one(wire.polls_list())
    assert (gone.event, gone.session_number) == ("Gone", 7)


def test_a_list_that_a_disconnect_cuts_keeps_its_entries_and_says_nothing_is_gone(wire: Wire) -> None:
    wire.polls_list(6, 7)
    wire.tells(6)
    wire.tells(7)
    wire.starts_list()
    wire.lists(7, state="Complete")
    records = wire.mark("disconnected: the server closed the connection")
    assert [(seen.event, seen.session_number, seen.state) for seen in observations(records)] == [
        ("FAXSessionsEntry", 7, "Complete")
    ]
    wire.connects()
    gone = the_one(wire.polls_list(7))
    assert (gone.event, gone.session_number) == ("Gone", 6)


def test_a_list_that_the_next_list_cuts_keeps_its_entries(wire: Wire) -> None:
    wire.starts_list()
    wire.lists(7)
    seen = the_one(wire.starts_list())
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)


def test_the_end_of_a_list_alone_is_no_empty_list(wire: Wire) -> None:
    """A recording that begins in the middle of a list, or a start that was garbled."""
    wire.polls_list(7)
    wire.tells(7)
    records = wire.says("Event: FAXSessionsComplete", "EventList: Complete")
    assert observations(records, "Gone") == []
    assert len(rejected(records)) == 1


def test_an_end_that_comes_twice_takes_nothing_away(wire: Wire) -> None:
    wire.polls_list(7)
    records = wire.ends_list(1)
    assert observations(records, "Gone") == []
    assert len(rejected(records)) == 1


def test_a_number_listed_twice_keeps_both_entries(wire: Wire) -> None:
    wire.starts_list()
    seen = [*wire.lists(7, state="Active"), *wire.lists(7, state="Complete"), *wire.ends_list(2), *wire.mark("polled")]
    assert sorted(entry.state or "" for entry in observations(seen)) == ["Active", "Complete"]


# -- another life ------------------------------------------------------------------------------------


def lives(records: list[Record]) -> list[Life]:
    return [record.life for record in records if isinstance(record, Observation | Hangup | Listing)]


def test_a_number_that_was_gone_and_is_listed_again_is_another_session(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    before = lives([*wire.polls_list(6, 7), *wire.tells(6), *wire.tells(7)])[-1]
    wire.polls_list()
    records = [*wire.polls_list(0, 6), *wire.tells(0), *wire.tells(6)]
    assert rejected(records) == []
    assert caplog.records == []
    first, second = observations(records, "FAXSession")
    assert (first.session_number, first.channel) == (0, CHANNEL)
    assert (second.session_number, second.channel) == (6, CHANNEL)
    assert second.life.reloaded_at is not None
    assert first.life == second.life != before
    again = [*wire.polls_list(0, 6), *wire.tells(0), *wire.tells(6)]
    assert set(lives(observations(again, "FAXSession"))) == {second.life}  # type: ignore[arg-type]


@pytest.mark.parametrize("module", ["res_fax.so", "res_fax", "RES_FAX.so"])
def test_res_fax_loaded_anew_is_another_life(wire: Wire, module: str) -> None:
    """loader.c, load_resource: the event names the module as whoever loaded it did."""
    wire.polls_list(7)
    before = the_one(wire.tells(7)).life
    unloaded = wire.says("Event: Unload", f"Module: {module}", "Status: Success")
    loaded = wire.says("Event: Load", f"Module: {module}", "Status: Success")
    assert [record.event for record in [*unloaded, *loaded] if isinstance(record, ServerObservation)] == [
        "Unload",
        "Load",
    ]
    wire.polls_list(0)
    after = the_one(wire.tells(0)).life
    assert (after.started_at, before.reloaded_at) == (before.started_at, None)
    assert after.reloaded_at is not None


@pytest.mark.parametrize(
    "headers",
    [
        ("Event: Load", "Module: res_fax.so", "Status: Decline"),  # it is loaded already
        ("Event: Load", "Module: res_fax.so", "Status: Failure"),
        ("Event: Load", "Module: res_musiconhold.so", "Status: Success"),
        ("Event: Load", "Module: res_fax_spandsp.so", "Status: Success"),
        ("Event: Unload", "Module: res_musiconhold.so", "Status: Success"),
        ("Event: Reload", "Module: res_fax.so", "Status: 0"),  # reads its settings anew, the counter goes on
        ("Event: Reload", "Module: All", "Status: 0"),
    ],
    ids=" ".join,
)
def test_what_is_no_new_load_is_the_same_life(wire: Wire, headers: tuple[str, ...]) -> None:
    wire.polls_list(7)
    before = the_one(wire.tells(7)).life
    wire.says(*headers)
    wire.polls_list(7)
    assert the_one(wire.tells(7)).life == before


@pytest.mark.parametrize("module", ["res_fax.so", "All"])
def test_a_reload_is_kept(wire: Wire, module: str) -> None:
    """One of the events that the manual's page names beside FAXSession."""
    (seen,) = wire.says("Event: Reload", f"Module: {module}", "Status: 0")
    assert isinstance(seen, ServerObservation)
    assert (seen.event, seen.details) == ("Reload", {"Module": module, "Status": "0"})


def test_counters_that_fall_are_another_life(wire: Wire) -> None:
    def counters(completed: int) -> list[Record]:
        return wire.says("Event: FAXStats", "TransmitAttempts: 5", "ReceiveAttempts: 5", f"CompletedFAXes: {completed}",
                         "FailedFAXes: 0")  # fmt: skip

    counters(9)
    wire.polls_list(7)
    before = the_one(wire.tells(7)).life
    assert [type(record) for record in counters(8)] == [ServerObservation]
    wire.polls_list(7)
    assert the_one(wire.tells(7)).life != before


def test_entries_that_wait_when_another_life_begins_are_kept_in_their_own(wire: Wire) -> None:
    """Listed as Initialized and never asked; then the module is loaded anew."""
    wire.polls_list(7)
    listed = round((wire.now - 1) * MICROSECONDS)
    wire.starts_list()
    records = [*wire.lists(8), *wire.says("Event: Load", "Module: res_fax.so", "Status: Success"), *wire.mark("polled")]
    seen = observations(records)
    assert {entry.session_number for entry in seen} <= {7, 8}
    assert 8 in {entry.session_number for entry in seen}
    assert {entry.life.reloaded_at for entry in seen} == {None}
    assert all(entry.observed_at >= listed for entry in seen)


def test_an_entry_whose_detail_waits_when_another_life_begins_is_kept(wire: Wire) -> None:
    wire.polls_list(7)
    seen = the_one([*wire.says("Event: Load", "Module: res_fax.so", "Status: Success"), *wire.mark("polled")])
    assert (seen.session_number, seen.life.reloaded_at) == (7, None)


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
def test_the_same_start_on_the_next_connection_is_the_same_life(wire: Wire, off: int) -> None:
    wire.polls_list(7)
    before = the_one(wire.tells(7)).life
    wire.mark("disconnected: cut")
    wire.connects(3600 + off)
    wire.polls_list(7)
    assert the_one(wire.tells(7)).life == before


def test_another_start_on_the_next_connection_is_another_life(wire: Wire) -> None:
    wire.polls_list(0)
    before = the_one(wire.tells(0)).life
    wire.mark("disconnected: cut")
    wire.connects(-3)
    wire.polls_list(0)
    after = the_one(wire.tells(0)).life
    assert after.started_at is not None
    assert before.started_at is not None
    assert after.started_at - before.started_at == 3603 * MICROSECONDS


def test_when_the_clock_is_set_back_a_session_goes_on_by_the_clock_it_began_with(wire: Wire) -> None:
    wire.polls_list(7)
    before = the_one(wire.tells(7))
    wire.now -= 3600
    set_back = wire.now
    after = the_one([*wire.polls_list(7), *wire.tells(7, page=2)])
    assert (after.session_number, after.page_number, after.life) == (7, 2, before.life)
    assert 0 < after.observed_at - before.observed_at < 60 * MICROSECONDS
    gone = the_one(wire.polls_list(8))
    assert (gone.event, gone.session_number) == ("Gone", 7)
    assert 0 < gone.observed_at - after.observed_at < 60 * MICROSECONDS
    assert 0 <= the_one(wire.tells(8)).observed_at - set_back * MICROSECONDS < 60 * MICROSECONDS


# -- complete lists are told again each minute -------------------------------------------------------


def test_a_list_is_told_at_the_start_of_a_connection_and_then_each_minute(wire: Wire) -> None:
    def listings(records: list[Record]) -> list[tuple[int, ...]]:
        return [record.session_numbers for record in records if isinstance(record, Listing)]

    assert listings(wire.polls_list(8, 7)) == [(7, 8)]
    assert listings(wire.polls_list(7)) == []
    wire.now += 60
    assert listings(wire.polls_list(7)) == [(7,)]
    wire.mark("disconnected: cut")
    wire.connects()
    assert listings(wire.polls_list()) == [()]


def test_a_list_is_told_again_when_the_clock_was_set_back(wire: Wire) -> None:
    wire.polls_list(7)
    wire.now -= 3600
    assert any(isinstance(record, Listing) for record in wire.polls_list(7))


# -- events ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event", "operation"), [("SendFAX", "send"), ("ReceiveFAX", "receive")])
def test_a_completion(wire: Wire, event: str, operation: str) -> None:
    seen = the_one(
        wire.says(
            f"Event: {event}",
            "Privilege: call,all",
            f"Channel: {CHANNEL}",
            "Uniqueid: 1795423502.3",
            "ChanVariable: FAXSTATUS=SUCCESS",
            "ChanVariable: FAXERROR=NO_ERROR",
            "PagesTransferred: 3",
            "FileName: /a.tif",
            "FileName: /b.tif",
        )
    )
    assert (seen.event, seen.session_number, seen.operation) == (event, None, operation)
    assert (seen.channel, seen.uniqueid, seen.file_name) == (CHANNEL, "1795423502.3", "/a.tif")
    assert 3 in (seen.pages_transmitted, seen.pages_received)
    assert seen.details["ChanVariable"] == ["FAXSTATUS=SUCCESS", "FAXERROR=NO_ERROR"]
    assert seen.details["FileName"] == ["/a.tif", "/b.tif"]


@pytest.mark.parametrize("name", ["sendfax", "SENDFAX", "SendFax"])
def test_the_name_of_an_event_counts_in_any_case(wire: Wire, name: str) -> None:
    """The history names events as Asterisk does, so that one query finds them."""
    assert the_one(wire.says(f"Event: {name}", f"Channel: {CHANNEL}")).event == "SendFAX"


def test_a_status(wire: Wire) -> None:
    seen = the_one(wire.says("Event: FAXStatus", f"Channel: {CHANNEL}", "Operation: send", "Status: T.38 Negotiated"))
    assert (seen.event, seen.operation, seen.details["Status"]) == ("FAXStatus", "send", "T.38 Negotiated")


@pytest.mark.parametrize("name", sorted(FAX_VARIABLES))
def test_the_variables_of_a_fax(wire: Wire, name: str) -> None:
    seen = the_one(wire.says("Event: VarSet", f"Channel: {CHANNEL}", f"Variable: {name}", "Value: x"))
    assert (seen.event, seen.details["Variable"], seen.details["Value"]) == ("VarSet", name, "x")


@pytest.mark.parametrize("name", ["TAG", "DIALSTATUS", "FAXOPT(ecm)", ""])
def test_other_variables_are_not_a_faxs(wire: Wire, name: str) -> None:
    assert wire.says("Event: VarSet", f"Channel: {CHANNEL}", f"Variable: {name}", "Value: x") == []


def test_a_hangup_of_a_channel_with_a_fax(wire: Wire) -> None:
    """Of the others it is of no use: a busy server hangs up many calls a second."""
    assert wire.says("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2", "Cause: 16") == []
    wire.says("Event: FAXStatus", f"Channel: {CHANNEL}", "Status: Allocating Resources")
    (record,) = wire.says("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2", "Cause: 16")
    assert isinstance(record, Hangup)
    assert (record.channel, record.uniqueid) == (CHANNEL, "1.2")


@pytest.mark.parametrize("event", ["SendFAX", "ReceiveFAX", "FAXStatus"])
def test_an_event_without_a_channel_is_set_aside(wire: Wire, event: str) -> None:
    (record,) = wire.says(f"Event: {event}", "Uniqueid: 1.2", "Status: ?")
    assert isinstance(record, Rejected)
    assert record.reason == f"{event} names no Channel"
    assert record.raw == f"Event: {event}\r\nUniqueid: 1.2\r\nStatus: ?\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "event"),
    [
        (("Event: FAXStats", "CurrentSessions: 3", "ReservedSessions: 0", "CompletedFAXes: 12"), "FAXStats"),
        (("Event: FullyBooted", "Uptime: 3600", "LastReload: 5", "Status: Fully Booted"), "FullyBooted"),
        (("Event: Shutdown", "Shutdown: Cleanly", "Restart: False"), "Shutdown"),
        (("Event: Unload", "Module: res_fax.so", "Status: Success"), "Unload"),
        (("Response: Success", "CoreStartupDate: 2026-11-23", "CoreStartupTime: 11:00:00"), "CoreStatus"),
        (("Response: Success", "AMIversion: 11.0.0", "AsteriskVersion: 22.10.1", "SystemName: pbx1"), "CoreSettings"),
    ],
)
def test_what_is_of_the_server_is_kept_whole(wire: Wire, headers: tuple[str, ...], event: str) -> None:
    (record,) = wire.says(*headers)
    assert isinstance(record, ServerObservation)
    told = dict(header.split(": ", 1) for header in headers)
    told.pop("Event", None)
    assert (record.server, record.event) == ("pbx1", event)
    assert record.details == told


def test_counters_that_are_no_numbers_are_kept_and_named(wire: Wire) -> None:
    records = wire.says("Event: FAXStats", "TransmitAttempts: abc", "ReceiveAttempts: 1", "CompletedFAXes: 1",
                        "FailedFAXes: 0")  # fmt: skip
    (kept,) = [record for record in records if isinstance(record, ServerObservation)]
    assert kept.details["TransmitAttempts"] == "abc"
    (named,) = rejected(records)
    assert "TransmitAttempts" in named.reason


# -- connections -------------------------------------------------------------------------------------


def test_the_start_and_the_end_of_a_connection() -> None:
    wire = Wire()
    records = wire.connects() + wire.mark("disconnected")
    assert [(record.event, record.details) for record in records if isinstance(record, ServerObservation)] == [
        ("Connected", {}),
        ("Banner", {"Version": "11.0.0"}),
        ("FullyBooted", {"Uptime": "3604", "Status": "Fully Booted"}),
        ("Disconnected", {}),
    ]


def test_a_recording_without_marks_connects_with_its_banner() -> None:
    wire = Wire()
    records = wire.line("in", "Asterisk Call Manager/2.5.0\r\n")
    assert [record.event for record in records if isinstance(record, ServerObservation)] == ["Connected", "Banner"]


@pytest.mark.parametrize(
    "message",
    [
        "Authentication failed",
        "Permission denied",
        "Invalid/unknown command: FAXSessions. Use Action: ListCommands to show available commands.",
        "Asterisk is shutting down",
        "Invalid session ID",
        "Fax technology doesn't provide a handler for FAXSession",
    ],
)
def test_a_refusal_is_understood_and_takes_nothing_away(wire: Wire, message: str) -> None:
    wire.polls_list(7)
    wire.tells(7)
    wire.asks("Action: FAXSessions", "ActionID: p1")
    assert observations(wire.says("Response: Error", "ActionID: p1", f"Message: {message}")) == []
    assert the_one([*wire.polls_list(7), *wire.tells(7)]).session_number == 7


# -- what cannot be understood -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage\r\n\r\n", "neither an Event nor a Response"),
        ("\r\n", "neither an Event nor a Response"),
        ("\x7f\x45LF\x02\x01: \x00\r\n\r\n", "neither an Event nor a Response"),
        ("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", "neither an Event nor a Response"),
        ("x" * 2**20, "neither an Event nor a Response"),
        ("Action: FAXSession\r\nSessionNumber: 7\r\n\r\n", "neither an Event nor a Response"),
        ("Event: \r\n\r\n", "neither an Event nor a Response"),
        (
            "Event: Newchannel\r\nChannel: a\r\nEvent: Newchannel\r\nChannel: b\r\n\r\n",
            "header Event repeats: two messages without a blank line between them",
        ),
    ],
    ids=range(8),
)
def test_a_message_that_is_none_is_set_aside_as_it_came(wire: Wire, text: str, reason: str) -> None:
    wire.polls_list(7)
    (record,) = wire.line("in", text)
    assert isinstance(record, Rejected)
    assert (record.server, record.observed_at, record.reason) == ("pbx1", round(wire.now * MICROSECONDS), reason)
    assert record.raw == text.replace("\x00", r"\x00")
    assert the_one(wire.tells(7)).channel == CHANNEL  # the poll goes on


def test_two_messages_run_together_are_both_understood(wire: Wire) -> None:
    """The blank line between them was lost: what they say is not, and the raw text is kept."""
    wire.polls_list(7)
    wire.tells(7)
    text = (
        f"Event: SendFAX\r\nChannel: {CHANNEL}\r\nUniqueid: 1.2\r\nPagesTransferred: 3\r\n"
        f"Event: Hangup\r\nChannel: {CHANNEL}\r\nUniqueid: 1.2\r\n\r\n"
    )
    records = wire.line("in", text)
    (fault,) = rejected(records)
    assert fault.raw == text
    (seen,) = observations(records)
    assert (seen.event, seen.pages_transmitted) == ("SendFAX", 3)
    assert [record.channel for record in records if isinstance(record, Hangup)] == [CHANNEL]


def test_a_line_without_colon_is_named_and_the_rest_is_understood(wire: Wire) -> None:
    wire.polls_list(7)
    records = wire.tells(7, "this is no header", "nor this")
    (fault,) = rejected(records)
    assert fault.reason == "a line that is no header: 'this is no header'"
    assert "this is no header\r\nnor this\r\n" in fault.raw
    (seen,) = observations(records)
    assert (seen.session_number, seen.page_number) == (7, 1)


@pytest.mark.parametrize("number", ["", "abc", "-1", "12x", "4294967296", "9" * 5000])
@pytest.mark.parametrize("kind", ["FAXSession", "FAXSessionsEntry"])
def test_a_session_without_a_number_is_set_aside(wire: Wire, kind: str, number: str) -> None:
    wire.starts_list()
    records = wire.tells(number) if kind == "FAXSession" else wire.lists(number)
    (record,) = records
    assert isinstance(record, Rejected)
    assert record.reason.startswith(f"{kind}: SessionNumber is {number[:40]!r}, not a number")
    assert len(record.reason) < 120
    assert f"SessionNumber: {number}\r\n" in record.raw


def test_values_that_do_not_fit_are_named_and_the_rest_is_understood(wire: Wire) -> None:
    wire.polls_list(7)
    text = (
        "Event: FAXSession\r\nSessionNumber:7\r\nOperation: send\r\nState: Active\r\nDataRate: fast\r\n"
        "ImageResolution: fine\r\nPageNumber: 99999999999\r\n\r\n"
    )
    records = wire.line("in", text)
    (seen,) = observations(records)
    assert (seen.channel, seen.data_rate, seen.x_resolution, seen.page_number) == (CHANNEL, None, None, None)
    assert (seen.details["DataRate"], seen.details["PageNumber"]) == ("fast", "99999999999")
    (fault,) = rejected(records)
    assert fault.reason == (
        "FAXSession: DataRate is 'fast', ImageResolution is 'fine', PageNumber is '99999999999': kept as text"
    )
    assert fault.raw == text  # as it came, also where a header is spelled without a space


@pytest.mark.parametrize("headers", [("no header",), ("SessionNumber: x",)], ids=["no header", "no number"])
def test_the_raw_message_keeps_the_order_and_the_line_ends_it_came_with(wire: Wire, headers: tuple[str, ...]) -> None:
    text = "\n".join(["Event:FAXSession", *headers, "Operation : send", "DataRate: x", "", ""])
    assert {fault.raw for fault in rejected(wire.line("in", text))} == {text}


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ("in", "Asterisk Call Manager/1{}\r\n"),
        ("in", "garbage {}\r\n\r\n"),
        ("in", "Event: FAXStats\r\nno header {}\r\n\r\n"),
        ("in", "Event: FAXSession\r\nSessionNumber: {}\r\n\r\n"),
        ("in", "Event: FAXSession\r\nSessionNumber: 7\r\nDataRate: {}\r\nFileName: {}\r\n{}: {}\r\n\r\n"),
        ("in", "Event: SendFAX\r\nChannel: {}\r\nUniqueid: {}\r\nRemoteStationID: {}\r\n\r\n"),
        ("in", "Event: Hangup\r\nChannel: {}\r\nUniqueid: {}\r\n\r\n"),
        ("in", "Response: Success\r\nCoreStartupDate: {}\r\nCoreStartupTime: {}\r\n\r\n"),
        ("in", "Event: FullyBooted\r\nUptime: {}\r\n\r\n"),
        ("mark", "disconnected: {}"),
        ("mark", "{}"),
        ("out", "Action: FAXSession\r\nActionID: {}\r\nSessionNumber: 7\r\n\r\n"),
    ],
)
def test_text_that_postgres_cannot_hold_goes_no_further(wire: Wire, direction: Direction, text: str, bad: str) -> None:
    for record in wire.line(direction, text.replace("{}", f"<{bad}>")):
        body = encode(record)  # raises for a lone surrogate
        assert b"\\u0000" not in body
        assert decode(body) == record


# -- whatever comes ----------------------------------------------------------------------------------

SOME_NAMES = """
Event Response ActionID EventList Message Channel SessionNumber Operation State Total Uptime Module Status
Variable Value DataRate FileName PageNumber CoreStartupDate AsteriskVersion TransmitAttempts Application Uniqueid Action
"""
SOME_VALUES = """
FAXSession FAXSessionsEntry FAXSessionsComplete FAXStats SendFAX ReceiveFAX FAXStatus VarSet Hangup FullyBooted
Shutdown Load Unload Reload Success Error Start 0 1 7 -1 send Active res_fax.so FAXSTATUS Newexten Status SendFAX V.21
FAXSessions FAXSession
"""
NAMES = st.sampled_from(SOME_NAMES.split())
VALUES = st.sampled_from(SOME_VALUES.split()) | st.text(max_size=4)
HEADERS = st.lists(st.tuples(NAMES, VALUES).map(": ".join), max_size=6).map("\r\n".join)
TEXTS = HEADERS | st.text(st.characters(exclude_categories=()), max_size=60) | st.binary().map(repr)
LINES = st.tuples(
    st.floats(0, 1e11, allow_nan=False),
    st.sampled_from(["in", "in", "in", "out", "mark"]),
    TEXTS | st.sampled_from(["connected", "connect: no", "disconnected", "polled", "Asterisk Call Manager/1.1"]),
)


@settings(max_examples=120)
@given(st.lists(LINES, max_size=12))
def test_no_text_makes_it_raise(lines: list[tuple[float, Direction, str]]) -> None:
    logging.disable()
    try:
        line_reader = LineReader("pbx1")
        for ts, direction, text in lines:
            for record in line_reader.feed(Line(ts, direction, text)):
                assert decode(encode(record)) == record
                assert not (isinstance(record, Rejected) and "faxstore failed" in record.reason), record
    finally:
        logging.disable(logging.NOTSET)


FAX_EVENTS = st.sampled_from(["FAXSession", "FAXSessionsEntry", "SendFAX", "ReceiveFAX", "FAXStatus", "FAXStats"])


@settings(max_examples=200)
@given(FAX_EVENTS, st.sampled_from(["", "0", "7", "abc"]), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_message_of_a_fax_is_lost(event: str, number: str, more: list[tuple[str, str]]) -> None:
    """A message that names a fax event is an observation, at the latest after the poll, or it is set aside."""
    lines = [f"Event: {event}", f"SessionNumber: {number}", *(f"{name}: {value}" for name, value in more)]
    text = "\r\n".join(lines) + "\r\n\r\n"
    line_reader = LineReader("pbx1")
    logging.disable()
    try:
        records = line_reader.feed(Line(NOON, "in", text)) + line_reader.feed(Line(NOON + 1, "mark", "disconnected"))
    finally:
        logging.disable(logging.NOTSET)
    told = [record for record in records if not (isinstance(record, ServerObservation) and record.event != event)]
    assert told
    assert all(record.raw in clean_text(text) for record in told if isinstance(record, Rejected))


def mutated(lines: list[Line], rng: random.Random, share: float) -> Iterator[Line]:
    """The lines with some of them dropped, sent twice, exchanged, cut, garbled, glued together, or ill timed."""
    held: Line | None = None
    for line in lines:
        if rng.random() >= share:
            yield line
            continue
        text = line.text
        match rng.randrange(8):
            case 0:
                continue
            case 1:
                yield line
                yield line
            case 2:
                held, line = line, held or line
                yield line
            case 3:
                yield Line(line.ts, line.dir, text[: rng.randrange(len(text) + 1)])
            case 4:
                at = rng.randrange(len(text) + 1)
                yield Line(line.ts, line.dir, text[:at] + chr(rng.randrange(0x110000)) + text[at + 1 :])
            case 5:
                yield Line(line.ts, line.dir, text.removesuffix("\r\n\r\n") + "\r\n" + rng.choice(lines).text)
            case 6:
                yield Line(max(0.0, line.ts - rng.choice([0.001, 2, 3600])), line.dir, text)
            case _:
                yield Line(line.ts, "mark", rng.choice(["connected", "disconnected", "polled"]))


REAL = {name: list(capture.read(str(truth.path(name)))) for name in ("gateway-16", "no-ecm-16", "errors-22-sessions")}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(REAL)), st.integers(0, 2**32), st.sampled_from([0.01, 0.1, 0.5]))
def test_a_damaged_recording_never_stops_it(recording: str, seed: int, share: float) -> None:
    line_reader = LineReader("pbx1")
    logging.disable()
    try:
        for line in mutated(REAL[recording], random.Random(seed), share):
            for record in line_reader.feed(line):
                assert decode(encode(record)) == record
                assert not (isinstance(record, Rejected) and "faxstore failed" in record.reason), record
    finally:
        logging.disable(logging.NOTSET)
