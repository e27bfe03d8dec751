"""One AMI message: an ordered list of headers.

Framing and spelling are Asterisk's (main/manager.c, astman_append and
astman_send_response_full): ``Key: Value`` lines that end in CR LF, an empty line after the last.
Keys may repeat (FileName, ChanVariable), values may be empty, and text is whatever bytes the
channel driver or the remote fax machine chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""A message larger than this is not Asterisk's; a reader gives it up rather than fill memory."""

MOST_PARTS = 1000
"""Messages that may have run together; one with more begins than that is not taken apart: it would take seconds."""

BANNER = re.compile(r"^Asterisk Call Manager/(\S+)\s*$")

_BEGIN = re.compile("^(?:Event|Response):", re.ASCII | re.IGNORECASE | re.MULTILINE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedMessageError(ValueError):
    """Text that is no AMI message; str() says why in one line."""


@dataclass(frozen=True, slots=True)
class Message:
    """The headers of one message in the order they came; names compare without case."""

    headers: tuple[tuple[str, str], ...]
    junk: tuple[str, ...] = ()
    """Lines that are no headers: without a colon, or without a name before it."""
    _first: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for key, value in self.headers:
            self._first.setdefault(key.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """The value of the first header of that name (Asterisk's own rule), else default."""
        return self._first.get(name.lower(), default)

    def all(self, name: str) -> list[str]:
        """Every value of that name, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    @property
    def repeats(self) -> bool:
        """Whether any name comes twice."""
        return len(self._first) < len(self.headers)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.headers)

    @property
    def event(self) -> str:
        """The name of the event; empty for a response."""
        return self.get("event")

    @property
    def response(self) -> str:
        """Success, Error, Goodbye ...; empty for an event."""
        return self.get("response")


def split(text: str) -> list[tuple[str, Message]]:
    """The messages of a text in which the blank lines between them were lost, each with its own part of the text.

    What is no message is left out; empty where there are not two, or more than can have come by an accident.
    A message begins with its Event or Response header (astman_send_response_full, manager_event).
    """
    begins = [match.start() for match in _BEGIN.finditer(text)]
    if len(begins) > MOST_PARTS:
        return []
    found = []
    for first, end in pairwise([0, *begins, len(text)]):
        with suppress(MalformedMessageError):
            found.append((text[first:end], parse(text[first:end])))
    return found if len(found) > 1 else []


def clean_bytes(data: bytes) -> str:
    r"""Bytes of the wire as text that Postgres can hold.

    UTF-8 stays as it is; a byte that is not UTF-8 becomes ``\xNN``, and so does NUL.
    """
    return clean_text(data.decode("utf-8", "backslashreplace"))


def clean_text(text: str) -> str:
    r"""Text without what Postgres cannot hold: NUL and lone surrogates become ``\xNN`` or ``\uNNNN``."""
    if text.isascii() and "\0" not in text:
        return text  # nearly all of it, and ten times quicker than to search for what is not there
    return _UNSTORABLE.sub(_escape, text)


def parse(text: str) -> Message:
    """The message that this text holds; the empty line at its end may be missing.

    Raises MalformedMessageError for text with no header at all, with neither Event nor Response, or in
    which one of Event, Response and ActionID repeats (two messages run together).
    """
    headers, junk = [], []
    for line in clean_text(text).replace("\r\n", "\n").split("\n"):
        key, colon, value = line.partition(":")
        if colon and (name := key.strip()):
            headers.append((name, value.removeprefix(" ")))
        elif line.strip():
            junk.append(line)
    message = Message(tuple(headers), tuple(junk))
    if message.repeats:
        _refuse_two_in_one(headers)
    if not message.event and not message.response and "Action" not in message:
        raise MalformedMessageError("neither an Event nor a Response")
    return message


def _refuse_two_in_one(headers: Iterable[tuple[str, str]]) -> None:
    names = [key.lower() for key, _ in headers]
    for name in ("Event", "Response", "ActionID"):
        if names.count(name.lower()) > 1:
            raise MalformedMessageError(f"header {name} repeats: two messages without a blank line between them")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
