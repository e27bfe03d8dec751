"""LineReader: events, answers and marks as records."""

from __future__ import annotations

import pytest

from faxstore.capture.vocabulary import FAX_VARIABLES
from faxstore.observations import (
    Hangup,
    Rejected,
    ServerObservation,
)
from tests.kit.observer_lines import CHANNEL, Wire, observations, only_observation, rejected


@pytest.mark.parametrize(("event", "operation"), [("SendFAX", "send"), ("ReceiveFAX", "receive")])
def test_a_completion(wire: Wire, event: str, operation: str) -> None:
    seen = only_observation(
        wire.sends(
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
def test_event_names_are_case_insensitive(wire: Wire, name: str) -> None:
    """The history spells events as Asterisk does, so that one query finds all."""
    assert only_observation(wire.sends(f"Event: {name}", f"Channel: {CHANNEL}")).event == "SendFAX"


def test_a_status(wire: Wire) -> None:
    seen = only_observation(
        wire.sends("Event: FAXStatus", f"Channel: {CHANNEL}", "Operation: send", "Status: T.38 Negotiated")
    )
    assert (seen.event, seen.operation, seen.details["Status"]) == ("FAXStatus", "send", "T.38 Negotiated")


@pytest.mark.parametrize("name", sorted(FAX_VARIABLES))
def test_a_fax_variable_is_recorded(wire: Wire, name: str) -> None:
    seen = only_observation(wire.sends("Event: VarSet", f"Channel: {CHANNEL}", f"Variable: {name}", "Value: x"))
    assert (seen.event, seen.details["Variable"], seen.details["Value"]) == ("VarSet", name, "x")


@pytest.mark.parametrize("name", ["TAG", "DIALSTATUS", "FAXOPT(ecm)", ""])
def test_other_variables_are_ignored(wire: Wire, name: str) -> None:
    assert wire.sends("Event: VarSet", f"Channel: {CHANNEL}", f"Variable: {name}", "Value: x") == []


def test_a_hangup_of_a_channel_with_a_fax(wire: Wire) -> None:
    """Others are ignored: a busy server hangs up many calls per second."""
    assert wire.sends("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2", "Cause: 16") == []
    wire.sends("Event: FAXStatus", f"Channel: {CHANNEL}", "Status: Allocating Resources")
    (record,) = wire.sends("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2", "Cause: 16")
    assert isinstance(record, Hangup)
    assert (record.channel, record.uniqueid) == (CHANNEL, "1.2")


@pytest.mark.parametrize("event", ["SendFAX", "ReceiveFAX", "FAXStatus"])
def test_an_event_without_a_channel_is_rejected(wire: Wire, event: str) -> None:
    (record,) = wire.sends(f"Event: {event}", "Uniqueid: 1.2", "Status: ?")
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
def test_a_server_event_keeps_all_its_headers(wire: Wire, headers: tuple[str, ...], event: str) -> None:
    (record,) = wire.sends(*headers)
    assert isinstance(record, ServerObservation)
    expected = dict(header.split(": ", 1) for header in headers)
    expected.pop("Event", None)
    assert (record.server, record.event) == ("pbx1", event)
    assert record.details == expected


def test_a_counter_that_is_not_a_number_is_recorded_and_rejected(wire: Wire) -> None:
    records = wire.sends(
        "Event: FAXStats", "TransmitAttempts: abc", "ReceiveAttempts: 1", "CompletedFAXes: 1", "FailedFAXes: 0"
    )
    (kept,) = [record for record in records if isinstance(record, ServerObservation)]
    assert kept.details["TransmitAttempts"] == "abc"
    (named,) = rejected(records)
    assert "TransmitAttempts" in named.reason


# -- connections ----------------------------------------------------------------------------------


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
def test_a_refusal_is_no_reject_and_ends_no_session(wire: Wire, message: str) -> None:
    wire.polls_list(7)
    wire.details(7)
    wire.requests("Action: FAXSessions", "ActionID: p1")
    assert observations(wire.sends("Response: Error", "ActionID: p1", f"Message: {message}")) == []
    assert only_observation([*wire.polls_list(7), *wire.details(7)]).session_number == 7
