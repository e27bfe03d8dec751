"""Coverage: the server rows about the watching itself, the evidence for gaps."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS, Listing, Record, ServerObservation
from faxstore.reader.coverage import LONGEST_PAUSE
from tests.kit.observer_lines import Wire, server_rows

REFUSED = "disconnected: login refused: Authentication failed"


def listings(records: list[Record]) -> list[Listing]:
    return [record for record in records if isinstance(record, Listing)]


def refused(wire: Wire, message: str) -> list[Record]:
    wire.requests("Action: FAXSessions", "ActionID: p9")
    return wire.sends("Response: Error", "ActionID: p9", f"Message: {message}")


# -- lost connections --------------------------------------------------------------------------------


def test_a_lost_connection_records_its_last_poll(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()  # at 12:00:08, without a row
    lost = ("Disconnected", {"Reason": "cut", "LastPolled": "2026-11-23T12:00:08.000000+00:00"})
    assert server_rows(wire.mark("disconnected: cut")) == [lost]


def test_a_connection_without_a_poll_records_none(wire: Wire) -> None:
    assert server_rows(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


def test_lists_of_the_former_connection_do_not_count(wire: Wire) -> None:
    wire.polls_list()
    wire.mark("disconnected: cut")
    wire.connects()
    assert server_rows(wire.mark("disconnected: cut again")) == [("Disconnected", {"Reason": "cut again"})]


def test_a_faulty_list_is_not_a_poll(wire: Wire) -> None:
    wire.starts_list()
    wire.ends_list(3)
    assert server_rows(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


# -- connections that do not come about --------------------------------------------------------------


def test_an_unreachable_server_has_one_row_per_reason(wire: Wire) -> None:
    wire.mark("disconnected: cut")
    marks = ["connect: [Errno 111] Connection refused"] * 3 + ["connect: Network is unreachable"] * 2
    rows = [row for mark in marks for row in server_rows(wire.mark(mark))]
    assert rows == [
        ("ConnectFailed", {"Reason": "[Errno 111] Connection refused"}),
        ("ConnectFailed", {"Reason": "Network is unreachable"}),
    ]


def test_after_a_list_the_same_reason_is_recorded_again(wire: Wire) -> None:
    wire.mark("connect: refused")
    wire.connects()
    wire.mark("disconnected: cut")
    assert server_rows(wire.mark("connect: refused")) == []
    wire.connects()
    wire.polls_list()
    wire.mark("disconnected: cut")
    assert server_rows(wire.mark("connect: refused")) == [("ConnectFailed", {"Reason": "refused"})]


def test_an_attempt_without_a_reason_is_recorded_once(wire: Wire) -> None:
    assert server_rows([*wire.mark("connect:"), *wire.mark("connect:")]) == [("ConnectFailed", {})]


def logs_in_vain(wire: Wire, mark: str = REFUSED) -> list[tuple[str, object]]:
    """Make a connection whose login is refused; return its rows."""
    records = [*wire.mark("connected"), *wire.line("in", "Asterisk Call Manager/11.0.0\r\n")]
    records += wire.sends("Response: Error", "Message: Authentication failed")
    return [*server_rows(records), *server_rows(wire.mark(mark))]


def test_a_login_that_is_refused_for_months_is_recorded_once() -> None:
    wire = Wire()
    names = [name for name, _ in logs_in_vain(wire)]
    assert names == ["Connected", "Banner", "Disconnected"]
    for _ in range(100):
        assert logs_in_vain(wire) == []
    assert [name for name, _ in logs_in_vain(wire, "disconnected: another reason")] == names


def test_a_login_that_succeeds_later_is_recorded_from_its_connection_on() -> None:
    wire = Wire()
    logs_in_vain(wire)
    logs_in_vain(wire)
    begun = round((wire.now + 1) * MICROSECONDS)
    records = wire.connects()
    assert [name for name, _ in server_rows(records)] == ["Connected", "Banner", "FullyBooted"]
    assert records[0].observed_at == begun
    assert server_rows(wire.mark("disconnected: cut")) == [("Disconnected", {"Reason": "cut"})]


def test_a_server_that_is_not_asterisk_is_recorded_once() -> None:
    wire = Wire()
    rows = []
    for _ in range(3):
        wire.mark("connected")
        wire.line("in", "SSH-2.0-OpenSSH_9.2\r\n")
        rows += server_rows(wire.mark("disconnected: no Asterisk manager is there"))
    assert [name for name, _ in rows] == ["Disconnected"]


# -- lists that do not come --------------------------------------------------------------------------


def test_a_refused_list_has_one_row_per_reason(wire: Wire) -> None:
    wire.polls_list()
    polled = {"LastPolled": "2026-11-23T12:00:06.000000+00:00"}
    assert server_rows(refused(wire, "Permission denied")) == [("PollFailed", {"Reason": "Permission denied"} | polled)]
    assert server_rows(refused(wire, "Permission denied")) == []
    other = "Invalid/unknown command: FAXSessions."
    assert server_rows(refused(wire, other)) == [("PollFailed", {"Reason": other} | polled)]
    assert server_rows(refused(wire, "")) == [("PollFailed", {"Reason": "FAXSessions was refused"} | polled)]


def test_without_actionids_an_error_answers_the_oldest_request(wire: Wire) -> None:
    wire.requests("Action: FAXStats")
    wire.requests("Action: FAXSessions")
    assert server_rows(wire.sends("Response: Error", "Message: Permission denied")) == []
    assert server_rows(wire.sends("Response: Error", "Message: Asterisk is shutting down")) == [
        ("PollFailed", {"Reason": "Asterisk is shutting down"})
    ]


@pytest.mark.parametrize("action", ["FAXStats", "CoreStatus", "FAXSession", "Status", "Ping"])
def test_the_refusal_of_another_action_is_not_a_failed_poll(wire: Wire, action: str) -> None:
    wire.requests(f"Action: {action}", "ActionID: x", "SessionNumber: 7")
    assert server_rows(wire.sends("Response: Error", "ActionID: x", "Message: Permission denied")) == []


def test_a_reason_contains_no_telephone_number(wire: Wire) -> None:
    """Whatever the server answers, and whatever another program wrote into the marks of a recording."""
    wire.polls_list()
    polled = {"LastPolled": "2026-11-23T12:00:06.000000+00:00"}
    (failed,) = server_rows(refused(wire, "no call to +49 151 9999-9992, code 1234"))
    assert failed == ("PollFailed", {"Reason": "no call to …, code 1234"} | polled)
    (ended,) = server_rows(wire.mark("disconnected: by 4915199999992"))
    assert ended == ("Disconnected", {"Reason": "by …"} | polled)
    assert server_rows(wire.mark("connect: busy 4915199999992")) == [("ConnectFailed", {"Reason": "busy …"})]


def test_faulty_lists_that_differ_in_numbers_are_recorded_once(wire: Wire) -> None:
    def faulty(total: int) -> list[Record]:
        return [*wire.starts_list(), *wire.ends_list(total)]

    fault = "FAXSessionsComplete: Total is not the number of entries received, 0"
    assert server_rows(faulty(3)) == [("PollFailed", {"Reason": fault})]
    assert server_rows(faulty(4)) == []


def test_the_next_list_after_a_failure_is_recorded(wire: Wire) -> None:
    wire.polls_list(7)
    for _ in range(2):
        refused(wire, "Permission denied")
        records = wire.polls_list(7)
        assert server_rows(records) == [("Polled", {})]
        assert [listing.session_numbers for listing in listings(records)] == [(7,)]
        assert server_rows(wire.polls_list(7)) == []
    assert server_rows(refused(wire, "Permission denied")) != [], "a list came since"


# -- lists that come late ----------------------------------------------------------------------------


def test_a_late_list_records_the_one_before(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()  # at 12:00:08
    wire.now += LONGEST_PAUSE / MICROSECONDS - 1
    records = wire.polls_list()
    assert server_rows(records) == [("Polled", {"Previous": "2026-11-23T12:00:08.000000+00:00"})]
    assert len(listings(records)) == 1


def test_a_list_in_time_does_not_record_the_one_before(wire: Wire) -> None:
    wire.polls_list()
    wire.now += LONGEST_PAUSE / MICROSECONDS - 2
    assert server_rows(wire.polls_list()) == []


def test_the_first_list_of_a_connection_has_no_predecessor(wire: Wire) -> None:
    wire.polls_list()
    wire.mark("disconnected: cut")
    wire.now += 3600
    wire.connects()
    assert server_rows(wire.polls_list()) == [("Polled", {})]


# -- the end of a recording ----------------------------------------------------------------------------


def test_the_end_of_a_recording_records_its_last_list(wire: Wire) -> None:
    wire.polls_list()
    newest = listings(wire.polls_list())
    (last,) = wire.line_reader.end_recording()
    assert newest == []
    assert isinstance(last, ServerObservation)
    assert (last.event, last.observed_at) == ("Polled", round(wire.now * MICROSECONDS))
    assert wire.line_reader.end_recording() == []


def test_a_recording_that_ends_with_its_connection_needs_no_further_row(wire: Wire) -> None:
    wire.polls_list()
    wire.polls_list()
    wire.mark("disconnected")
    assert wire.line_reader.end_recording() == []
