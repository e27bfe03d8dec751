"""DialBegin: an observation of a fax on the channel that was dialled, and of nothing else."""

from __future__ import annotations

import json

from faxstore.capture.message import parse
from faxstore.observations import MICROSECONDS, Hangup, Life, Record
from faxstore.reader.dialled_calls import DialledCalls
from tests.kit.observer_lines import CHANNEL, Wire, observations

OTHER = "PJSIP/voice-0000001b"
UNIQUEID = "1795435200.7"


def dials(wire: Wire, channel: str = CHANNEL, number: str = "4711") -> list[Record]:
    return wire.sends(
        "Event: DialBegin",
        "Privilege: call,all",
        f"DestChannel: {channel}",
        "DestConnectedLineNum: 5550100",
        f"DestUniqueid: {UNIQUEID}",
        f"DialString: {number}@trunk",
    )


def begins(wire: Wire, uniqueid: str = UNIQUEID) -> list[Record]:
    return wire.sends("Event: Newexten", f"Channel: {CHANNEL}", f"Uniqueid: {uniqueid}", "Application: SendFAX")


def completes(wire: Wire) -> list[Record]:
    return wire.sends("Event: SendFAX", f"Channel: {CHANNEL}", f"Uniqueid: {UNIQUEID}", "PagesTransferred: 1")


def hangs_up(wire: Wire, channel: str = CHANNEL) -> list[Record]:
    return wire.sends("Event: Hangup", f"Channel: {channel}", f"Uniqueid: {UNIQUEID}")


def events(records: list[Record]) -> list[str]:
    return [seen.event for seen in observations(records)]


def test_a_voice_call_gives_no_record(wire: Wire) -> None:
    assert dials(wire) == []
    assert hangs_up(wire) == []


def test_the_beginning_of_a_fax_gives_the_dial_before_it(wire: Wire) -> None:
    dials(wire, OTHER)
    dials(wire)
    dialled_at = round(wire.now * MICROSECONDS)
    seen, begun = observations(begins(wire))
    assert (seen.event, seen.observed_at, seen.channel, seen.uniqueid) == ("DialBegin", dialled_at, CHANNEL, UNIQUEID)
    assert seen.details["DialString"] == "4711@trunk"
    assert seen.life == begun.life
    assert events(wire.polls_list(7)) == []
    assert events(wire.sends("Event: FAXStatus", f"Channel: {CHANNEL}", "Status: T.38 Negotiated")) == ["FAXStatus"]
    assert events(completes(wire)) == ["FAXSessionsEntry", "SendFAX"]


def test_each_kind_of_evidence_of_a_fax_gives_it(wire: Wire) -> None:
    dials(wire)
    assert events(wire.polls_list(7))[:1] == ["DialBegin"]
    dials(wire)
    assert events(completes(wire))[:1] == ["DialBegin"]
    dials(wire)
    status = ("Event: FAXStatus", f"Channel: {CHANNEL}", "Status: Allocating Resources")
    assert events(wire.sends(*status))[:1] == ["DialBegin"]


def test_neither_a_tone_detector_nor_a_variable_gives_it(wire: Wire) -> None:
    dials(wire)
    wire.starts_list()
    assert wire.lists(7, operation="V.21") == []
    assert events(wire.sends("Event: VarSet", f"Channel: {CHANNEL}", "Variable: FAXSTATUS", "Value: x")) == ["VarSet"]


def test_a_hangup_ends_the_wait_of_a_channel_that_only_a_list_shows(wire: Wire) -> None:
    dials(wire)
    wire.polls_list(7)
    assert [type(record) for record in hangs_up(wire)] == [Hangup]
    assert events(begins(wire)) == ["Newexten"]


def test_a_second_fax_of_the_call_gets_it_too_at_a_time_of_its_own(wire: Wire) -> None:
    dials(wire)
    (first, _) = observations(begins(wire))
    completes(wire)
    (second, _) = observations(begins(wire))
    assert second.observed_at == first.observed_at + 1
    assert second.details == first.details
    assert events(wire.polls_list(7)) == []
    assert "DialBegin" in events(wire.polls_list(8)), "another session on the channel"


def test_another_call_with_the_name_of_the_channel_does_not_get_it(wire: Wire) -> None:
    dials(wire)
    assert events(begins(wire, "1795435999.9")) == ["Newexten"]


def test_a_dial_without_a_channel_gives_nothing(wire: Wire) -> None:
    assert dials(wire, "") == []


def test_the_next_piece_of_a_recording_knows_the_calls_in_progress() -> None:
    message = parse(f"Event: DialBegin\r\nDestChannel: {CHANNEL}\r\nDialString: 4711@trunk\r\n\r\n")
    fax = parse(f"Event: FAXStatus\r\nChannel: {CHANNEL}\r\n\r\n")
    calls, following, last = (DialledCalls(lambda now: Life("pbx1", now)) for _ in range(3))
    calls.begin("DialBegin", message, 5)
    following.resume(json.loads(json.dumps(calls.state())))
    assert following.fax_appears(fax, 9) == calls.fax_appears(fax, 9) != []
    last.resume(json.loads(json.dumps(calls.state())))
    assert last.fax_appears(fax, 9) == [], "that fax has it"
