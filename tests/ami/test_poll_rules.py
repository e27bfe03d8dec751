"""The rules of polling: which sessions may be queried, and when."""

from __future__ import annotations

import pytest

from faxstore.ami.errors import IncompleteListError
from faxstore.ami.poll_rules import ListedSession, may_query, next_interval, parse_list, sessions_to_query, starts_fax
from faxstore.capture.message import Message, parse
from tests.kit.fake_server import Fax, fax_list, fax_status

OPERATIONS = ["send", "receive", "gateway", "V.21", "none", "", "fax", "Receive/Transmit", "SEND ", "\u017fend"]
STATES = [
    "Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown", "", " Active",
]  # fmt: skip
SAFE = {
    ("send", "Active"), ("send", "Complete"), ("receive", "Active"), ("receive", "Complete"),
    ("gateway", "Active"), ("V.21", "Active"),
}  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("state", STATES)
def test_only_safe_sessions_may_be_queried(operation: str, state: str) -> None:
    assert may_query(operation, state, already_queried=False) == ((operation, state) in SAFE)


@pytest.mark.parametrize(
    ("operation", "again"), [("send", True), ("receive", True), ("gateway", True), ("V.21", False)]
)
def test_a_tone_detector_is_queried_once(operation: str, again: bool) -> None:
    assert may_query(operation, "Active", already_queried=True) is again


@pytest.mark.parametrize(("operation", "state"), [("SEND", "active"), ("Receive", "COMPLETE"), ("v.21", "Active")])
def test_names_are_case_insensitive(operation: str, state: str) -> None:
    assert may_query(operation, state, already_queried=False)


def test_the_numbers_of_safe_sessions_are_queried() -> None:
    entries = [
        ListedSession(0, "send", "Active"),
        ListedSession(10, "receive", "Initialized"),
        ListedSession(1, "V.21", "Active"),
    ]
    assert sessions_to_query(entries, {}) == [0, 1]
    assert sessions_to_query(entries, {0: 5.0, 1: 5.0}) == [0]


def test_sessions_queried_longest_ago_come_first() -> None:
    """A server may be too slow to answer for all of them in time."""
    entries = [ListedSession(number, "send", "Active") for number in range(5)]
    assert sessions_to_query(entries, {0: 7.0, 1: 6.0, 2: 7.0}) == [3, 4, 1, 0, 2]


def test_parsing_a_list() -> None:
    assert parse_list(answer(Fax(7, "send", "Active"), Fax(4294967295, "V.21", "Active"))) == [
        ListedSession(7, "send", "Active", "PJSIP/trunk-00000001"),
        ListedSession(4294967295, "V.21", "Active", "PJSIP/trunk-00000001"),
    ]


def test_a_list_with_a_repeated_number_is_refused() -> None:
    with pytest.raises(IncompleteListError, match="a list entry has no usable SessionNumber"):
        parse_list(answer(Fax(7, "send", "Active"), Fax(7, "send", "Initialized")))


def test_a_list_with_an_entry_without_a_number_is_refused() -> None:
    messages = answer(Fax(7, "send", "Active"))
    messages[1] = parse("Event: FAXSessionsEntry\r\nSessionNumber: 7x\r\nOperation: send\r\nState: Active\r\n\r\n")
    with pytest.raises(IncompleteListError, match="a list entry has no usable SessionNumber"):
        parse_list(messages)


@pytest.mark.parametrize(
    ("operations", "interval"),
    [
        ([], 5.0),
        (["V.21", "none"], 5.0),
        (["V.21", "send"], 1.0),
        (["receive"], 1.0),
        (["Gateway"], 1.0),
    ],
)
def test_the_interval_is_shorter_while_a_fax_is_live(operations: list[str], interval: float) -> None:
    entries = [ListedSession(number, operation, "Initialized") for number, operation in enumerate(operations)]
    assert next_interval(entries, [], 1.0, 5.0) == interval


@pytest.mark.parametrize(
    ("operation", "ecm", "resolution", "interval"),
    [
        ("receive", "No", "8031x3850", 0.25),
        ("receive", "no", "8031x7700", 0.25),
        ("receive", "No", "0x0", 1.0),
        ("receive", "Yes", "8031x3850", 1.0),
        ("send", "No", "8031x3850", 1.0),
        ("gateway", "no", "", 1.0),
    ],
)
def test_a_receiver_without_ecm_has_the_shortest_interval(
    operation: str, ecm: str, resolution: str, interval: float
) -> None:
    fax = Fax(7, operation, "Active", ecm=ecm, resolution=resolution)
    entries = [ListedSession(7, operation, "Active")]
    assert next_interval(entries, [parse(fax.detail(""))], 1.0, 5.0) == interval


def test_a_poll_interval_below_a_quarter_second_is_kept() -> None:
    fax = Fax(7, "receive", "Active", ecm="No")
    assert next_interval([ListedSession(7, "receive", "Active")], [parse(fax.detail(""))], 0.1, 5.0) == 0.1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (fax_status("FAX Transmission In Progress"), True),
        (fax_status("Allocating Resources"), False),
        (fax_status("T.38 Negotiated"), False),
        (fax_status("FAX Transmission In Progress").replace("FAXStatus", "SendFAX"), False),
    ],
)
def test_the_event_at_the_start_of_a_fax(text: str, expected: bool) -> None:
    assert starts_fax(text) is expected


def answer(*sessions: Fax) -> list[Message]:
    """Return the answer to FAXSessions for these sessions."""
    text = fax_list(parse("Action: FAXSessions\r\n\r\n"), list(sessions))
    return [parse(part) for part in text.split("\r\n\r\n")[:-1]]
