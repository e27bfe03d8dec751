"""One AMI message: an ordered list of headers.

Asterisk writes a message as ``Key: Value`` lines that end with CR LF, followed by an empty line (main/manager.c,
astman_append and astman_send_response_full).  Keys may repeat (FileName, ChanVariable), values may be empty, and a
value contains whatever bytes the channel driver or the remote fax machine sent.

Not every sender is that strict.  A line may also end with LF or CR CR LF; a line without text, or two CR in a row, is a
blank line; and a text may contain several messages, with or without blank lines between them.  read() finds them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

from faxstore.capture import usual

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Asterisk sends no larger message; a reader gives up on one rather than fill memory."""

MAX_JOINED_MESSAGES = 1000
"""A text with more message beginnings than this is not split: that would take seconds."""

BANNER = re.compile(r"^Asterisk Call Manager/(\S+)\s*$")
"""The server's greeting; the group is the version of the manager interface."""

BEGINNINGS = ("Event:", "Response:")
"""How a message begins, in upper or lower case (manager_event, astman_send_response_full)."""

_BEGIN = re.compile(rf"(?:^|(?<=\r\r))(?:{'|'.join(BEGINNINGS)})", re.ASCII | re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(r"\n\r*\n|\r\r(?!\n)")
_BLANK_ENDS = ("\n\n", "\n\r\n", "\n\r\r\n", "\r\r")
_CARRIAGE_RETURNS = re.compile(r"\r+\n|\r\r+")
_INTEGER = re.compile(r"\s*([+-]?\d{1,10})\s*")
_PHONE_NUMBER = re.compile(r"\+?\d(?:[\s().\-\u2010-\u2015]{0,3}\d){6,}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedMessageError(ValueError):
    """The text is not an AMI message; str() is the reason on one line."""


class Message:
    """The headers of one message in the order received; names compare case-insensitively."""

    __slots__ = ("_first", "headers", "junk")

    def __init__(self, headers: tuple[tuple[str, str], ...], junk: tuple[str, ...] = ()) -> None:
        self.headers = headers
        self.junk = junk
        """Lines that are not headers: without a colon, or without a name before it."""
        self._first: dict[str, str] = {}
        for key, value in headers:
            self._first.setdefault(key.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the first header with that name (Asterisk's own rule), or default."""
        return self._first.get(name.lower(), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.headers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.headers, self.junk) == (other.headers, other.junk)

    def __repr__(self) -> str:
        return f"Message({self.headers!r}, {self.junk!r})"

    @property
    def event(self) -> str:
        """The name of the event; empty for a response."""
        return self.get("event")

    @property
    def response(self) -> str:
        """Success, Error, Goodbye ...; empty for an event."""
        return self.get("response")


class UsualMessage(Message):
    """A message of a usual shape; `values` has the value of each of its headers, in order."""

    __slots__ = ("shape", "values")

    def __init__(self, shape: usual.Shape, values: tuple[str, ...]) -> None:
        self.shape = shape
        self.values = values
        self.junk = ()

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """The names and values in the order received."""
        return tuple(zip(self.shape.names, self.values, strict=True))

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the header with that name, or default."""
        place = self.shape.places.get(name)
        if place is None:
            place = self.shape.places.get(name.lower())
        return default if place is None else self.values[place]

    def __contains__(self, name: str) -> bool:
        return name in self.shape.places or name.lower() in self.shape.places

    @property
    def event(self) -> str:
        """The name of the event; empty for a response."""
        return self.shape.event

    @property
    def response(self) -> str:
        """Success; empty for an event."""
        return self.shape.response


Found = list[tuple[str, Message | MalformedMessageError]]
"""The messages in a text, each with its part of the text, in order."""


def read(text: str) -> Found:
    """Return each message in a text from the wire, with its part of the text, in order.

    A part that is not a message, or contains several without a blank line between them, is an error.  The messages that
    can be found in it follow.  There are none if it has more beginnings than MAX_JOINED_MESSAGES.
    """
    try:
        return [(text, parse(text))]
    except MalformedMessageError as error:
        parts = _cut(text, _after_blank_lines(text))
        if len(parts) > 1:
            return [found for part in parts for found in read(part)]
        return [(text, error), *_joined(text)]


def _joined(text: str) -> Iterator[tuple[str, Message]]:
    """Yield the messages in a text that is malformed as a whole; what is no message is omitted.

    Messages without a blank line between them are cut where one begins.  A single message may be followed by a part of
    another one, behind a blank line.
    """
    text = text.lstrip("\r\n")
    begins = _beginnings(text)
    blank = _BLANK_LINE.search(text)
    parts = _cut(text, begins) if len(begins) > 1 else [text[: blank.end()]] if blank else []
    found = []
    for part in parts:
        with suppress(MalformedMessageError):
            found.append((part, parse(part)))
    if len(found) > 1 or len(begins) == 1:
        yield from found


def _beginnings(text: str) -> list[int]:
    """Return where messages begin, in order; nothing if there are more than MAX_JOINED_MESSAGES."""
    begins = [match.start() for match in _BEGIN.finditer(text)]
    return begins if len(begins) <= MAX_JOINED_MESSAGES else []


def _after_blank_lines(text: str) -> list[int]:
    return [begin for begin in _beginnings(text) if text.endswith(_BLANK_ENDS, 0, begin)]


def _cut(text: str, places: list[int]) -> list[str]:
    parts = [text[begin:end] for begin, end in pairwise([0, *places, len(text)])]
    return [part for part in parts if part.strip("\r\n")]


def clean_bytes(data: bytes) -> str:
    r"""Decode bytes from the wire to text that Postgres can store.

    UTF-8 is unchanged; a byte that is not UTF-8, and NUL, becomes ``\xNN``.
    """
    return clean_text(data.decode("utf-8", "backslashreplace"))


def clean_text(text: str) -> str:
    r"""Replace what Postgres cannot store: NUL becomes ``\x00``, a lone surrogate ``\uNNNN``."""
    if text.isascii() and "\0" not in text:
        return text  # true for nearly all text, and ten times faster than the search
    return _UNSTORABLE.sub(_escape, text)


def parse(text: str) -> Message:
    """Parse the text of one message; the empty line at its end may be missing.

    A blank line within it is skipped.  Raises MalformedMessageError if Event and Response are missing or empty and
    there is no Action, or if the text contains two messages.
    """
    text = clean_text(text)
    found = usual.find(text)
    return UsualMessage(*found) if found else parse_lines(text)


def parse_lines(text: str) -> Message:
    """Return what parse() returns for a text that clean_text() returned, of any shape."""
    headers, junk = [], []
    lines = text.replace("\r\n", "\n")
    if "\r" in lines:
        lines = _CARRIAGE_RETURNS.sub("\n", lines)
    for line in lines.split("\n"):
        key, colon, value = line.partition(":")
        if colon and (name := key.strip()):
            headers.append((name, value.removeprefix(" ")))
        elif line.strip():
            junk.append(line)
    message = Message(tuple(headers), tuple(junk))
    if len(message._first) < len(headers):  # a name repeats
        names = [key.lower() for key, _ in headers]
        for name in ("Event", "Response", "ActionID"):
            if names.count(name.lower()) > 1:
                raise MalformedMessageError(f"header {name} repeats: two messages without a blank line between them")
    if message.response and message.event and len(_cut(text, _after_blank_lines(text))) > 1:
        raise MalformedMessageError("two messages")  # without a blank line, Response is a header of the event
    if not message.event and not message.response and "Action" not in message:
        raise MalformedMessageError("neither an Event nor a Response")
    return message


def without_numbers(text: str) -> str:
    """Return a text of the server with … in place of 7 digits or more, also with blanks or signs in between.

    Logs and reasons quote what a server answers to faxstore's requests.  They must not contain a telephone number,
    because nobody can erase it there.
    """
    return _PHONE_NUMBER.sub("…", text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def session_number(message: Message) -> int | None:
    """Return SessionNumber, which Asterisk prints with %u; None if it is missing or no unsigned 32-bit number."""
    text = message.get("SessionNumber").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) >= 2**32:
        return None
    return int(text)


def number(text: str) -> int | None:
    """Return the number in a value that Asterisk prints with %d; None if the text is no signed 32-bit number."""
    match = _INTEGER.fullmatch(text) if text.isascii() else None
    return int(match[1]) if match and -(2**31) <= int(match[1]) < 2**31 else None
