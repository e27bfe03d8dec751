"""Text that cannot be understood: what is rejected, and what is read all the same."""

from __future__ import annotations

import pytest

from faxstore.capture.recording import Direction
from faxstore.observations import (
    MICROSECONDS,
    Hangup,
    Rejected,
    decode,
    encode,
)
from tests.kit.observer_lines import CHANNEL, Wire, observations, only_observation, rejected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage\r\n\r\n", "neither an Event nor a Response"),
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
    ids=range(7),
)
def test_text_that_is_no_message_is_rejected_as_received(wire: Wire, text: str, reason: str) -> None:
    wire.polls_list(7)
    (record,) = wire.line("in", text)
    assert isinstance(record, Rejected)
    assert (record.server, record.observed_at, record.reason) == ("pbx1", round(wire.now * MICROSECONDS), reason)
    assert record.raw == text.replace("\x00", r"\x00")
    assert only_observation(wire.details(7)).channel == CHANNEL  # the poll goes on


@pytest.mark.parametrize("text", ["", "\r\n", "\n\n", "\r\r"])
def test_blank_lines_are_nothing(wire: Wire, text: str) -> None:
    wire.polls_list(7)
    assert wire.line("in", text) == []
    assert only_observation(wire.details(7)).channel == CHANNEL


def test_two_messages_without_a_blank_line_are_both_read(wire: Wire) -> None:
    """The raw text is recorded too."""
    wire.polls_list(7)
    wire.details(7)
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


def test_a_line_without_a_colon_is_rejected_and_the_rest_is_read(wire: Wire) -> None:
    wire.polls_list(7)
    records = wire.details(7, "this is no header", "nor this")
    (fault,) = rejected(records)
    assert fault.reason == "a line that is no header"
    assert "this is no header\r\nnor this\r\n" in fault.raw
    (seen,) = observations(records)
    assert (seen.session_number, seen.page_number) == (7, 1)


@pytest.mark.parametrize("number", ["", "abc", "-1", "12x", "4294967296", "9" * 5000])
@pytest.mark.parametrize("kind", ["FAXSession", "FAXSessionsEntry"])
def test_a_session_without_a_number_is_rejected(wire: Wire, kind: str, number: str) -> None:
    wire.starts_list()
    records = wire.details(number) if kind == "FAXSession" else wire.lists(number)
    (record,) = records
    assert isinstance(record, Rejected)
    assert record.reason == f"{kind}: SessionNumber is not a number"
    assert f"SessionNumber: {number}\r\n" in record.raw


def test_values_that_do_not_fit_are_rejected_and_the_rest_is_read(wire: Wire) -> None:
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
        "FAXSession: DataRate is invalid, ImageResolution is invalid, PageNumber is invalid: kept as text"
    )
    assert fault.raw == text  # as received, without a space that was not there


NUMBER = "4915112345678"
WITH_NUMBER = {
    "no message": "call from {}\r\n\r\n",
    "no header": "Event: FAXStatus\r\nChannel: a\r\nbroken line {}\r\n\r\n",
    "two messages": "Event: SendFAX {}\r\nEvent: Hangup {}\r\n\r\n",
    "no session number": "Event: FAXSession\r\nSessionNumber: {}\r\n\r\n",
    "an entry without a number": "Event: FAXSessionsEntry\r\nSessionNumber: {}\r\n\r\n",
    "no total": "Event: FAXSessionsComplete\r\nTotal: x{}\r\n\r\n",
    "another total": "Event: FAXSessionsComplete\r\nTotal: 4915112345\r\n\r\n",
    "counters": "Event: FAXStats\r\nTransmitAttempts: x{}\r\nFailedFAXes: {}\r\n\r\n",
    "no channel": "Event: SendFAX\r\nCallerIDNum: {}\r\n\r\n",
    "repeats": "Event: FAXSession\r\nSessionNumber: 7\r\nState: a\r\nState: {}\r\nstate: {}\r\n\r\n",
    "a completion": "Event: SendFAX\r\nChannel: {}\r\nTransferRate: x{}\r\nPagesTransferred: {}\r\n\r\n",
    "a snapshot": "Event: FAXSession\r\nSessionNumber: 7\r\nDataRate: x{}\r\nImageResolution: {}\r\n"
    "PageNumber: {}\r\nTotalBadLines: x{}\r\nErrorCorrectionMode: {}\r\n\r\n",
}


@pytest.mark.parametrize("kind", WITH_NUMBER)
def test_a_reason_quotes_nothing_from_the_message(wire: Wire, kind: str) -> None:
    """Readers see reasons, and an erasure empties only the raw message."""
    text = WITH_NUMBER[kind].replace("{}", NUMBER)
    faults = rejected(wire.line("in", text))
    assert faults
    assert all(fault.raw == text for fault in faults)
    assert not any("4915112345" in fault.reason for fault in faults)


def test_a_failure_of_the_reader_quotes_nothing(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faxstore.reader.line_reader.read", {}.__getitem__)  # raises KeyError with the message
    (fault,) = rejected(wire.line("in", f"Event: {NUMBER}\r\n\r\n"))
    assert fault.reason == "faxstore failed on it: KeyError"


@pytest.mark.parametrize("headers", [("no header",), ("SessionNumber: x",)], ids=["no header", "no number"])
def test_the_raw_message_keeps_its_order_and_line_ends(wire: Wire, headers: tuple[str, ...]) -> None:
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
def test_text_that_postgres_cannot_store_is_replaced(wire: Wire, direction: Direction, text: str, bad: str) -> None:
    for record in wire.line(direction, text.replace("{}", f"<{bad}>")):
        body = encode(record)  # raises for a lone surrogate
        assert b"\\u0000" not in body
        assert decode(body) == record
