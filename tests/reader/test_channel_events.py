"""Events that name only a channel: which of them give records."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS, Hangup, Observation, Record
from tests.kit.observer_lines import CHANNEL, Wire, observations, only_observation, rejected

STATUS = (
    "Privilege: Call",
    f"Channel: {CHANNEL}",
    "ChannelState: 6",
    "ChannelStateDesc: Up",
    "CallerIDNum: 5550001",
    "CallerIDName: Rig",
    "ConnectedLineNum: 5550199",
    "ConnectedLineName: Rig",
    "Language: en",
    "AccountCode: acme",
    "Context: tx",
    "Exten: send",
    "Priority: 2",
    "Uniqueid: 1795507430.0",
    "Linkedid: 1795507430.0",
    "Type: Local",
    "DNID: ",
    "Application: SendFAX",
    "Data: /a.tif,",
    "Seconds: 5",
    "ActionID: s1",
)
"""The event of generate_status (main/manager.c) in 22.10.1 and 16.28.0, without the audio formats."""


def asks_status(wire: Wire, *headers: str) -> list[Record]:
    """Send the request and the whole answer, with these headers in the event."""
    wire.requests("Action: Status", "ActionID: s1", f"Channel: {CHANNEL}")
    records = wire.sends("Response: Success", "ActionID: s1", "EventList: start", "Message: Channel status will follow")
    records += wire.sends("Event: Status", *headers)
    at = wire.now
    counts = ("EventList: Complete", "ListItems: 1", "Items: 1")
    records += wire.sends("Event: StatusComplete", "ActionID: s1", *counts)
    assert all(record.observed_at == round(at * MICROSECONDS) for record in records)
    return records


# -- the status of a channel -------------------------------------------------------------------------


def test_the_status_of_a_channel_is_an_observation_of_its_session(wire: Wire) -> None:
    wire.polls_list(7)
    listed = only_observation(wire.details(7))
    wire.mark("polled")
    seen = only_observation(asks_status(wire, *STATUS))
    assert (seen.event, seen.session_number, seen.life) == ("Status", 7, listed.life)
    assert (seen.channel, seen.uniqueid, seen.operation, seen.state) == (CHANNEL, "1795507430.0", None, None)
    expected = dict(header.split(": ", 1) for header in STATUS)
    assert seen.details == {name: text for name, text in expected.items() if name not in ("Channel", "Uniqueid")}


def test_the_status_of_a_voice_call_is_ignored(wire: Wire) -> None:
    wire.polls_list(7)
    wire.details(7)
    assert asks_status(wire, "Channel: PJSIP/alice-00000002", "Uniqueid: 1.9") == []
    assert asks_status(wire, "Uniqueid: 1.9") == []
    wire.polls_list()
    assert asks_status(wire, *STATUS) == []  # the session is over


def test_the_status_of_a_channel_is_an_observation_of_each_of_its_sessions(wire: Wire) -> None:
    """A gateway and its tone detector."""
    wire.starts_list()
    wire.lists(4, operation="V.21")
    wire.lists(5, operation="gateway")
    wire.ends_list(2)
    wire.mark("polled")
    detector, gateway = observations(asks_status(wire, *STATUS))
    assert (detector.session_number, gateway.session_number) == (4, 5)
    assert detector.uniqueid == gateway.uniqueid == "1795507430.0"
    assert detector.details["AccountCode"] == gateway.details["AccountCode"] == "acme"


def test_a_status_belongs_to_the_life_of_the_list(wire: Wire) -> None:
    """Session numbers may have restarted since."""
    wire.polls_list(7)
    before = only_observation(wire.details(7)).life
    wire.polls_list()
    wire.polls_list(7)
    after = only_observation(wire.details(7)).life
    assert only_observation(asks_status(wire, *STATUS)).life == after != before


def test_a_channel_that_is_gone_gives_no_record(wire: Wire) -> None:
    wire.polls_list(7)
    wire.details(7)
    wire.mark("polled")
    wire.requests("Action: Status", "ActionID: s1", f"Channel: {CHANNEL}")
    assert wire.sends("Response: Error", "ActionID: s1", "Message: No such channel") == []


def test_a_refused_status_without_actionid_is_not_a_refused_detail(wire: Wire) -> None:
    """Answers come in the order of the requests (main/manager.c, process_message)."""
    wire.polls_list(7, 8)
    wire.requests("Action: Status", f"Channel: {CHANNEL}")
    wire.requests("Action: FAXSession", "SessionNumber: 7")
    assert wire.sends("Response: Error", "Message: No such channel") == []
    seen = only_observation(wire.sends("Response: Error", "Message: Session not found"))
    assert (seen.event, seen.session_number) == ("FAXSessionsEntry", 7)


def test_requests_that_were_never_answered_do_not_shift_the_answers(wire: Wire) -> None:
    wire.requests("Action: FAXSession", "SessionNumber: 3")
    wire.requests("Action: FAXSessions")
    wire.polls_list(7, 8)
    wire.requests("Action: FAXSession", "SessionNumber: 7")
    assert only_observation(wire.sends("Response: Error", "Message: Session not found")).session_number == 7


# -- applications ------------------------------------------------------------------------------------


def begins(wire: Wire, application: str, *more: str) -> list[Record]:
    """A step of the dialplan (manager_channels.c)."""
    return wire.sends(
        "Event: Newexten",
        "Privilege: dialplan,all",
        f"Channel: {CHANNEL}",
        "Uniqueid: 1.2",
        "Extension: send",
        f"Application: {application}",
        "AppData: /a.tif,",
        *more,
    )


@pytest.mark.parametrize(
    ("application", "operation"),
    [("SendFAX", "send"), ("ReceiveFAX", "receive"), ("sendfax", "send"), ("RECEIVEFAX", "receive")],
)
def test_a_fax_application_begins(wire: Wire, application: str, operation: str) -> None:
    seen = only_observation(begins(wire, application))
    assert (seen.event, seen.operation, seen.session_number) == ("Newexten", operation, None)
    assert (seen.channel, seen.uniqueid) == (CHANNEL, "1.2")
    assert (seen.details["Application"], seen.details["AppData"]) == (application, "/a.tif,")


@pytest.mark.parametrize("application", ["Set", "Dial", "SendFAXX", "FAXOPT", ""])
def test_other_applications_are_ignored(wire: Wire, application: str) -> None:
    assert begins(wire, application) == []
    assert wire.sends("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2") == []


def test_the_hangup_of_a_fax_channel_is_recorded(wire: Wire) -> None:
    begins(wire, "SendFAX")
    (record,) = wire.sends("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2")
    assert isinstance(record, Hangup)


def test_the_hangup_of_a_listed_channel_is_recorded(wire: Wire) -> None:
    """A collector that has just started saw no event of the fax; its channel may be replaced."""
    wire.starts_list()
    wire.lists(7, f"Channel: {CHANNEL}")
    wire.ends_list(1)
    (record,) = wire.sends("Event: Hangup", f"Channel: {CHANNEL}", "Uniqueid: 1.2")
    assert isinstance(record, Hangup)


def test_an_application_without_a_channel_is_rejected(wire: Wire) -> None:
    (fault,) = rejected(wire.sends("Event: Newexten", "Application: SendFAX"))
    assert fault.reason == "Newexten names no Channel"


# -- a completion between list and detail ------------------------------------------------------------


def kinds(records: list[Record]) -> list[tuple[str, int | None]]:
    return [(record.event, record.session_number) for record in records if isinstance(record, Observation)]


def test_an_entry_without_detail_precedes_the_completion_event(wire: Wire) -> None:
    wire.polls_list(7)
    records = wire.sends("Event: SendFAX", f"Channel: {CHANNEL}", "Uniqueid: 1.2", "PagesTransferred: 1")
    assert kinds(records) == [("FAXSessionsEntry", 7), ("SendFAX", None)]
    wire.requests("Action: FAXSession", "ActionID: q7", "SessionNumber: 7")
    assert wire.sends("Response: Error", "ActionID: q7", "Message: Session not found") == []


@pytest.mark.parametrize("operation", ["receive", "gateway", "V.21"])
def test_another_session_of_the_channel_continues(wire: Wire, operation: str) -> None:
    wire.starts_list()
    wire.lists(7, operation=operation)
    wire.ends_list(1)
    assert kinds(wire.sends("Event: SendFAX", f"Channel: {CHANNEL}")) == [("SendFAX", None)]
    assert kinds(wire.mark("polled")) == [("FAXSessionsEntry", 7)]
