"""Answers: which messages belong to a request, and whether a list is complete."""

from __future__ import annotations

import pytest

from faxstore.ami.answers import Answer, granted, why_incomplete
from faxstore.ami.errors import RefusedError
from faxstore.capture.message import Message, parse

LIST = "Response: Success\r\nEventList: Start\r\nMessage: FAXSessionsEntry event list will follow\r\n\r\n"
ENTRY = "Event: FAXSessionsEntry\r\nSessionNumber: 1\r\n\r\n"


def completes(*texts: str) -> list[bool]:
    """Return for each message whether it completes the answer."""
    answer = Answer()
    return [answer.add(parse(text)) for text in texts]


def complete(**counts: str) -> str:
    headers = "".join(f"{name}: {count}\r\n" for name, count in counts.items())
    return f"Event: FAXSessionsComplete\r\nEventList: Complete\r\n{headers}\r\n"


def messages(*texts: str) -> list[Message]:
    return [parse(text) for text in texts]


def test_a_response_alone() -> None:
    assert completes("Response: Success\r\nPing: Pong\r\n\r\n") == [True]


def test_a_response_with_an_event() -> None:
    response = "Response: Success\r\nMessage: FAXSession event will follow\r\n\r\n"
    assert completes(response, "Event: FAXSession\r\nState: Active\r\n\r\n") == [False, True]


def test_an_error_is_a_complete_answer() -> None:
    assert completes("Response: Error\r\nMessage: no event will follow\r\n\r\n") == [True]


@pytest.mark.parametrize("start", ["Start", "start"])
def test_a_list_ends_with_complete(start: str) -> None:
    assert completes(LIST.replace("Start", start), ENTRY, ENTRY, complete(Total="2")) == [False, False, False, True]


def test_an_event_before_the_response_does_not_belong_to_the_answer() -> None:
    assert completes("Event: FAXSession\r\nActionID: 1\r\n\r\n", "Response: Success\r\n\r\n") == [False, True]


def test_a_second_response_is_not_an_entry_of_a_list() -> None:
    answer = Answer()
    for text in (LIST, "Response: Success\r\n\r\n", ENTRY, complete(Total="1")):
        answer.add(parse(text))
    assert why_incomplete(answer.messages) is None


@pytest.mark.parametrize(
    "counts",
    [{"Total": "1"}, {"ListItems": "1", "Total": "1"}, {"Total": ""}, {}],
    ids=["13.0", "13.2", "empty", "none"],
)
def test_a_complete_list(counts: dict[str, str]) -> None:
    assert why_incomplete(messages(LIST, ENTRY, complete(**counts))) is None


@pytest.mark.parametrize(
    "counts", [{"Total": "2"}, {"Total": "0"}, {"Total": "1", "ListItems": "2"}, {"Total": "one"}, {"Total": "-1"}]
)
def test_a_list_with_a_wrong_count_is_incomplete(counts: dict[str, str]) -> None:
    reason = why_incomplete(messages(LIST, ENTRY, complete(**counts)))
    assert reason
    assert "is not the number of entries received, 1" in reason


def test_a_refusal_contains_no_telephone_number() -> None:
    refused = parse("Response: Error\r\nMessage: no call to +49 151 9999-9992, code 12\r\n\r\n")
    with pytest.raises(RefusedError, match=r"^no call to …, code 12$"):
        granted("Ping", [refused])
