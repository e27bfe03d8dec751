"""Parsing one AMI message, and text that Postgres can store."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture.message import (
    BANNER,
    MAX_JOINED_MESSAGES,
    MalformedMessageError,
    Message,
    clean_bytes,
    clean_text,
    parse,
    read,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Any text that Python can hold, with NUL and lone surrogates."""


def test_headers_keep_their_order() -> None:
    message = parse("Event: FAXStats\r\nActionID: s1\r\nCurrentSessions: 3\r\nCompletedFAXes: 12\r\n\r\n")
    assert message.event == "FAXStats"
    assert message.response == ""
    assert list(message) == [
        ("Event", "FAXStats"),
        ("ActionID", "s1"),
        ("CurrentSessions", "3"),
        ("CompletedFAXes", "12"),
    ]
    assert message.junk == ()


def test_a_response_is_not_an_event() -> None:
    message = parse("Response: Error\r\nActionID: q7\r\nMessage: Session not found\r\n\r\n")
    assert (message.response, message.event, message.get("Message")) == ("Error", "", "Session not found")


def test_names_are_case_insensitive_and_the_first_header_wins() -> None:
    message = parse("Event: SendFAX\r\nFileName: /a.tif\r\nfilename: /b.tif\r\nFILENAME: /c.tif\r\n\r\n")
    assert message.get("fileNAME") == "/a.tif"
    assert [value for _, value in message] == ["SendFAX", "/a.tif", "/b.tif", "/c.tif"]
    assert "FILEname" in message
    assert "Channel" not in message
    assert message.get("Channel", "none") == "none"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Files: ", ""),  # Asterisk's own way to write an empty value
        ("Files:", ""),
        ("Files: /a.tif", "/a.tif"),
        ("Files:/a.tif", "/a.tif"),
        ("Files:  /a.tif ", " /a.tif "),  # one space belongs to the header, the rest to the value
        ("Files: /a:b.tif", "/a:b.tif"),
        (" Files : /a.tif", "/a.tif"),
        ("Files: /ein Fax é.tif", "/ein Fax é.tif"),
    ],
)
def test_a_value_is_unchanged(line: str, value: str) -> None:
    message = parse(f"Event: FAXSessionsEntry\r\n{line}\r\n\r\n")
    assert message.get("Files", "missing") == value
    assert message.junk == ()


@pytest.mark.parametrize("end", ["\r\n\r\n", "\r\n", "", "\n\n", "\n"])
def test_the_blank_line_at_the_end_may_be_missing(end: str) -> None:
    message = parse(f"Response: Success\r\nMessage: Authentication accepted{end}")
    assert list(message) == [("Response", "Success"), ("Message", "Authentication accepted")]


@pytest.mark.parametrize("junk", ["no colon here", ": a value without a name", "   :x"])
def test_a_line_that_is_not_a_header_is_junk(junk: str) -> None:
    message = parse(f"Event: FAXStats\r\n{junk}\r\nFailedFAXes: 2\r\n\r\n")
    assert message.junk == (junk,)
    assert list(message) == [("Event", "FAXStats"), ("FailedFAXes", "2")]


@pytest.mark.parametrize("text", ["", "\r\n", "\r\n\r\n", "garbage", "a\r\nb\r\n\r\n", "Event: \r\nPing: Pong\r\n\r\n"])
def test_text_that_is_neither_event_nor_response_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(MalformedMessageError, match=r"^neither an Event nor a Response$"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("Event: Hangup\r\nChannel: a\r\nEvent: Hangup\r\nChannel: b\r\n\r\n", "Event"),
        ("Response: Success\r\nPing: Pong\r\nResponse: Success\r\n\r\n", "Response"),
        ("Event: FAXStats\r\nActionID: s1\r\nResponse: Success\r\nActionID: s2\r\n\r\n", "ActionID"),
    ],
)
def test_two_joined_messages_are_refused(text: str, header: str) -> None:
    with pytest.raises(MalformedMessageError, match=f"^header {header} repeats: two messages without a blank line"):
        parse(text)


def test_an_event_may_have_a_response_header_of_its_own() -> None:
    message = parse("Event: OriginateResponse\r\nPrivilege: call,all\r\nResponse: Failure\r\n\r\n")
    assert (message.event, message.response) == ("OriginateResponse", "Failure")


def test_a_header_of_a_megabyte() -> None:
    long = "x" * 2**20
    message = parse(f"Event: FAXSession\r\n{long}: {long}\r\nState: Active\r\n\r\n")
    assert message.get(long) == long
    assert message.get("State") == "Active"


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("Asterisk Call Manager/11.0.0\r\n", "11.0.0"),
        ("Asterisk Call Manager/2.5.0\r\n", "2.5.0"),
        ("Asterisk Call Manager/1.3", "1.3"),
    ],
)
def test_the_greeting(line: str, version: str) -> None:
    found = BANNER.match(line)
    assert found is not None
    assert found[1] == version


@pytest.mark.parametrize("line", ["Event: x Asterisk Call Manager/1.3", "Asterisk Call Manager", "SSH-2.0-OpenSSH_9"])
def test_text_that_is_not_a_greeting(line: str) -> None:
    assert BANNER.match(line) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"fax.tif", "fax.tif"),
        ("Fax für é.tif".encode(), "Fax für é.tif"),
        (b"caf\xe9", r"caf\xe9"),  # latin-1
        (b"\xff\xfe\x00", r"\xff\xfe\x00"),
        (b"+49 \x00 123", r"+49 \x00 123"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),  # an encoded surrogate is not valid UTF-8
        (b"\xf0\x9f\x93\xa0 cut \xf0\x9f", "\N{FAX MACHINE} cut \\xf0\\x9f"),
    ],
)
def test_bytes_that_are_not_utf8_are_escaped(data: bytes, text: str) -> None:
    assert clean_bytes(data) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [("a\x00b", r"a\x00b"), ("\ud800", r"\ud800"), ("ok\udcff", r"ok\udcff"), ("\x01\x7f", "\x01\x7f")],
)
def test_text_that_postgres_cannot_store_is_escaped(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@settings(max_examples=500)
@given(ANY_TEXT)
def test_cleaned_text_can_always_be_stored(text: str) -> None:
    clean = clean_text(text)
    assert "\x00" not in clean
    assert clean.encode("utf-8").decode("utf-8") == clean  # raises if a surrogate is left
    assert clean_text(clean) == clean


@settings(max_examples=500)
@given(st.binary())
def test_cleaned_bytes_can_always_be_stored(data: bytes) -> None:
    clean = clean_bytes(data)
    assert "\x00" not in clean
    assert clean.encode("utf-8").decode("utf-8") == clean


def is_complete(text: str, message: Message) -> bool:
    """Return whether the message has a header or a junk line for every line of the text that is not blank."""
    lines = [line for line in re.split(r"\r*\n|\r\r+", text) if line.strip()]
    return len(lines) == len(message.headers) + len(message.junk)


@settings(max_examples=500)
@given(st.lists(st.one_of(ANY_TEXT, st.tuples(ANY_TEXT, ANY_TEXT).map(": ".join)), max_size=8))
def test_any_text_is_parsed_completely_or_refused(lines: list[str]) -> None:
    text = "Event: Something\r\n" + "\r\n".join(lines) + "\r\n\r\n"
    try:
        message = parse(text)
    except MalformedMessageError as refusal:
        reason = str(refusal)
    else:
        reason = ""
        assert is_complete(text, message)
        assert all("\x00" not in key + value for key, value in message)
    assert "\n" not in reason


A, B = "Event: A\r\nChannel: x", "Response: Success\r\nActionID: 1"


@pytest.mark.parametrize("blank", ["\r\n\r\n", "\r\n\n", "\n\n", "\n\r\n", "\r\r", "\n\r\r\n", "\r\n\r\n\r\n"])
def test_messages_with_a_blank_line_between_them_are_found_without_an_error(blank: str) -> None:
    found = [message for _, message in read(f"\r\n{A}{blank}{B}{blank}")]
    assert found == [parse(A), parse(B)]


def test_messages_without_a_blank_line_between_them_are_found_behind_the_error() -> None:
    text = f"{A}\r\n{A}\r\n\r\n"
    (whole, error), *found = read(text)
    assert (whole, type(error)) == (text, MalformedMessageError)
    assert [message for _, message in found] == [parse(A), parse(A)]


def test_a_message_is_found_before_the_rest_of_another_one() -> None:
    _, *found = read(f"{B}\r\n\r\nActionID: 2\r\nChannel: y\r\n\r\n")
    assert [message for _, message in found] == [parse(B)]


def test_a_blank_line_within_a_message_is_skipped() -> None:
    assert list(parse("Event: A\r\n\r\nChannel: x\r\r\rExten: 1\r\n\r\n")) == [
        ("Event", "A"),
        ("Channel", "x"),
        ("Exten", "1"),
    ]


def test_text_with_too_many_beginnings_is_not_separated() -> None:
    ((_, error),) = read("Event: A\n" * (MAX_JOINED_MESSAGES + 1))
    assert isinstance(error, MalformedMessageError)
