"""One AMI message: an ordered list of headers.

Asterisk writes a message as ``Key: Value`` lines that end with CR LF, followed by an empty line (main/manager.c,
astman_append and astman_send_response_full).  Keys may repeat (FileName, ChanVariable), values may be empty, and a
value contains whatever bytes the channel driver or the remote fax machine sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Asterisk sends no larger message; a reader gives up on one rather than fill memory."""

MAX_JOINED_MESSAGES = 1000
"""A text with more message beginnings than this is not split: that would take seconds."""

BANNER = re.compile(r"^Asterisk Call Manager/(\S+)\s*$")
"""The server's greeting; the group is the version of the manager interface."""

_BEGIN = re.compile("^(?:Event|Response):", re.ASCII | re.IGNORECASE | re.MULTILINE)
_INTEGER = re.compile(r"\s*([+-]?\d{1,10})\s*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedMessageError(ValueError):
    """The text is not an AMI message; str() is the reason on one line."""


@dataclass(frozen=True, slots=True)
class Message:
    """The headers of one message in the order received; names compare case-insensitively."""

    headers: tuple[tuple[str, str], ...]
    junk: tuple[str, ...] = ()
    """Lines that are not headers: without a colon, or without a name before it."""
    _first: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for key, value in self.headers:
            self._first.setdefault(key.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the first header with that name (Asterisk's own rule), or default."""
        return self._first.get(name.lower(), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

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
    """Split a text in which the blank lines between messages are missing; return each message and its part of the text.

    A message begins with its Event or Response header (astman_send_response_full, manager_event).  Parts that are not
    messages are omitted.  The result is empty if there are fewer than two messages, or more beginnings than
    MAX_JOINED_MESSAGES.
    """
    begins = [match.start() for match in _BEGIN.finditer(text)]
    if len(begins) > MAX_JOINED_MESSAGES:
        return []
    found = []
    for first, end in pairwise([0, *begins, len(text)]):
        with suppress(MalformedMessageError):
            found.append((text[first:end], parse(text[first:end])))
    return found if len(found) > 1 else []


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

    Raises MalformedMessageError if Event and Response are missing or empty and there is no Action, or if Event,
    Response or ActionID repeats (two messages without a blank line between them).
    """
    headers, junk = [], []
    for line in clean_text(text).replace("\r\n", "\n").split("\n"):
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
    if not message.event and not message.response and "Action" not in message:
        raise MalformedMessageError("neither an Event nor a Response")
    return message


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
