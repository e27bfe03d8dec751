"""What a server's history says of the watching itself: the evidence for gaps."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS, Listing, Record, ServerObservation
from faxstore.reader.coverage import LONGEST_PAUSE
from tests.kit.observer_lines import Wire, told

REFUSED = "disconnected: login refused: Authentication failed"


@pytest.fixture
def wire() -> Wire:
    """A connection to a server, made at 12:00:04."""
    wire = Wire()
    wire.connects()
    return wire


def listings(records: list[Record]) -> list[Listing]:
    return [record for record in records if isinstance(record, Listing)]


def refused(wire: Wire, message: str) -> list[Record]:
    wire.asks("Action: FAXSessions", "ActionID: p9")
    return wire.says("Response: Error", "ActionID: p9", f"Message: {message}")


# -- lost connections --------------------------------------------------------------------------------


def test_a_lost_connection_tells_when_it_was_last_polled(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()  # at 12:00:08, and not told
    lost = ("Disconnected", {"Reason": "cut", "LastPolled": "2026-11-23T12:00:08.000000+00:00"})
    assert told(wire.mark("disconnected: cut")) == [lost]


def test_one_that_was_never_polled_tells_no_moment(wire: Wire) -> None:
    assert told(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


def test_the_lists_of_the_connection_before_do_not_count(wire: Wire) -> None:
    wire.polls_list()
    wire.mark("disconnected: cut")
    wire.connects()
    assert told(wire.mark("disconnected: cut again")) == [("Disconnected", {"Reason": "cut again"})]


def test_a_faulty_list_is_no_poll(wire: Wire) -> None:
    wire.starts_list()
    wire.ends_list(3)
    assert told(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


# -- connections that do not come about --------------------------------------------------------------


def test_a_server_that_is_away_is_told_of_once_for_each_reason(wire: Wire) -> None:
    wire.mark("disconnected: cut")
    marks = ["connect: [Errno 111] Connection refused"] * 3 + ["connect: Network is unreachable"] * 2
    rows = [row for mark in marks for row in told(wire.mark(mark))]
    assert rows == [
        ("ConnectFailed", {"Reason": "[Errno 111] Connection refused"}),
        ("ConnectFailed", {"Reason": "Network is unreachable"}),
    ]


def test_after_a_list_the_same_reason_is_told_again(wire: Wire) -> None:
    wire.mark("connect: refused")
    wire.connects()
    wire.mark("disconnected: cut")
    assert told(wire.mark("connect: refused")) == []
    wire.connects()
    wire.polls_list()
    wire.mark("disconnected: cut")
    assert told(wire.mark("connect: refused")) == [("ConnectFailed", {"Reason": "refused"})]


def test_a_try_that_tells_no_reason_is_told_once(wire: Wire) -> None:
    assert told([*wire.mark("connect:"), *wire.mark("connect:")]) == [("ConnectFailed", {})]


def logs_in_vain(wire: Wire, mark: str = REFUSED) -> list[tuple[str, object]]:
    """A connection whose login is refused; the rows it gives."""
    records = [*wire.mark("connected"), *wire.line("in", "Asterisk Call Manager/11.0.0\r\n")]
    records += wire.says("Response: Error", "Message: Authentication failed")
    return [*told(records), *told(wire.mark(mark))]


def test_a_login_that_is_refused_for_months_is_told_of_once() -> None:
    wire = Wire()
    names = [name for name, _ in logs_in_vain(wire)]
    assert names == ["Connected", "Banner", "Disconnected"]
    for _ in range(100):
        assert logs_in_vain(wire) == []
    assert [name for name, _ in logs_in_vain(wire, "disconnected: another reason")] == names


def test_a_login_that_is_accepted_at_last_is_told_from_its_start() -> None:
    wire = Wire()
    logs_in_vain(wire)
    logs_in_vain(wire)
    begun = round((wire.now + 1) * MICROSECONDS)
    records = wire.connects()
    assert [name for name, _ in told(records)] == ["Connected", "Banner", "FullyBooted"]
    assert records[0].observed_at == begun
    assert told(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


def test_what_is_no_asterisk_is_told_of_once() -> None:
    wire = Wire()
    rows = []
    for _ in range(3):
        wire.mark("connected")
        wire.line("in", "SSH-2.0-OpenSSH_9.2\r\n")
        rows += told(wire.mark("disconnected: no Asterisk manager is there"))
    assert [name for name, _ in rows] == ["Disconnected"]


# -- lists that do not come --------------------------------------------------------------------------


def test_a_refused_list_is_told_of_once_for_each_reason(wire: Wire) -> None:
    wire.polls_list()
    polled = {"LastPolled": "2026-11-23T12:00:06.000000+00:00"}
    assert told(refused(wire, "Permission denied")) == [("PollFailed", {"Reason": "Permission denied"} | polled)]
    assert told(refused(wire, "Permission denied")) == []
    other = "Invalid/unknown command: FAXSessions."
    assert told(refused(wire, other)) == [("PollFailed", {"Reason": other} | polled)]
    assert told(refused(wire, "")) == [("PollFailed", {"Reason": "FAXSessions was refused"} | polled)]


def test_without_action_ids_the_oldest_request_is_the_refused_one(wire: Wire) -> None:
    wire.asks("Action: FAXStats")
    wire.asks("Action: FAXSessions")
    assert told(wire.says("Response: Error", "Message: Permission denied")) == []
    assert told(wire.says("Response: Error", "Message: Asterisk is shutting down")) == [
        ("PollFailed", {"Reason": "Asterisk is shutting down"})
    ]


@pytest.mark.parametrize("action", ["FAXStats", "CoreStatus", "FAXSession", "Status", "Ping"])
def test_the_refusal_of_another_action_is_no_failed_poll(wire: Wire, action: str) -> None:
    wire.asks(f"Action: {action}", "ActionID: x", "SessionNumber: 7")
    assert told(wire.says("Response: Error", "ActionID: x", "Message: Permission denied")) == []


def test_a_faulty_list_is_told_of_once_whatever_its_numbers(wire: Wire) -> None:
    def faulty(total: int) -> list[Record]:
        return [*wire.starts_list(), *wire.ends_list(total)]

    fault = "FAXSessionsComplete says Total 3 and 0 entries came"
    assert told(faulty(3)) == [("PollFailed", {"Reason": fault})]
    assert told(faulty(4)) == []


def test_the_next_list_after_a_failure_is_told_at_once(wire: Wire) -> None:
    wire.polls_list(7)
    for _ in range(2):
        refused(wire, "Permission denied")
        records = wire.polls_list(7)
        assert told(records) == [("Polled", {})]
        assert [listing.session_numbers for listing in listings(records)] == [(7,)]
        assert told(wire.polls_list(7)) == []
    assert told(refused(wire, "Permission denied")) != [], "a list came since"


# -- lists that come late ----------------------------------------------------------------------------


def test_a_list_that_comes_late_tells_of_the_one_before(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()  # at 12:00:08
    wire.now += LONGEST_PAUSE / MICROSECONDS - 1
    records = wire.polls_list()
    assert told(records) == [("Polled", {"Previous": "2026-11-23T12:00:08.000000+00:00"})]
    assert len(listings(records)) == 1


def test_a_list_in_time_does_not(wire: Wire) -> None:
    wire.polls_list()
    wire.now += LONGEST_PAUSE / MICROSECONDS - 2
    assert told(wire.polls_list()) == []


def test_the_first_list_of_a_connection_has_none_before_it(wire: Wire) -> None:
    wire.polls_list()
    wire.mark("disconnected: cut")
    wire.now += 3600
    wire.connects()
    assert told(wire.polls_list()) == [("Polled", {})]


# -- the end of a recording ----------------------------------------------------------------------------


def test_a_recording_tells_its_last_list(wire: Wire) -> None:
    wire.polls_list()
    newest = listings(wire.polls_list())
    (last,) = wire.line_reader.end_recording()
    assert newest == []
    assert isinstance(last, ServerObservation)
    assert (last.event, last.observed_at) == ("Polled", round(wire.now * MICROSECONDS))
    assert wire.line_reader.end_recording() == []


def test_a_recording_that_ends_with_its_connection_told_it_there(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()
    wire.mark("disconnected")
    assert wire.line_reader.end_recording() == []
