"""Splits the bytes of a connection into messages.

A message ends with a blank line.  Asterisk writes CR LF CR LF (main/manager.c, astman_append), but some modules and
proxies end a line with LF or CR alone, or add blank lines.  Read strictly, such an event swallows the answer to a
request.  So these rules apply:

- LF and CR LF end a line; a line without text, or two CR in a row, is a blank line.
- A message is yielded as soon as any blank line has arrived behind it.  If more has arrived by then, a short one may be
  yielded together with the next; faxstore.capture.message.read() separates them.
- Blank lines before a message are skipped.
- Text that follows a blank line and begins with neither ``Event:`` nor ``Response:`` belongs to the message before it,
  unless that was yielded before the text arrived.

The greeting is one line without a blank line after it (main/manager.c, session_do).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from faxstore.capture.message import BEGINNINGS, MAX_MESSAGE_BYTES
from faxstore.counted import counted

MAX_GREETING_BYTES = 1024
"""The greeting has about 30 bytes; a service that sends this much without a line end is not a manager."""

SHORT = 4096
"""Bytes up to which CR LF CR LF is searched alone, which takes a third of the time."""

_LINE_ENDS = frozenset(b"\r\n")
_BEGINNINGS = tuple(text.lower().encode() for text in BEGINNINGS)


class OversizedMessageError(ValueError):
    """The input has no message end within the limit; str() is one line."""


class Framer:
    """Collects bytes and yields the messages they complete; no byte belongs to two messages.

    ignore matches whole messages; they are skipped.
    """

    def __init__(self, limit: int = MAX_MESSAGE_BYTES, ignore: re.Pattern[bytes] | None = None) -> None:
        self._limit = limit
        self._ignore = ignore
        self._buffer = bytearray()
        self._begin = 0
        """Where the current message begins in the buffer."""
        self._searched = 0
        """Where the search for its end continues."""
        self._first_end = 0
        """The first blank line of the current message, if text follows it that may belong to the message; else 0."""
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the messages that are complete now, with their ends; the first message is the greeting.

        Raises OversizedMessageError for a message with more bytes than the limit, after the messages before it.
        """
        self._buffer += data
        try:
            while (end := self._find_end()) is not None:
                ignored = self._ignore.match(self._buffer, self._begin) if self._ignore and self._greeted else None
                if ignored is None:
                    message = bytes(self._buffer[self._begin : end])
                    self._advance(end)
                    yield message
                else:
                    self._advance(ignored.end())
        finally:
            del self._buffer[: self._begin]  # once per call: it moves the rest to the front
            self._searched -= self._begin
            self._first_end = max(0, self._first_end - self._begin)
            self._begin = 0

    def take_rest(self) -> bytes:
        """Return the bytes of the incomplete message and forget them."""
        rest = bytes(self._buffer[self._begin :])
        self._buffer.clear()
        self._begin = self._searched = self._first_end = 0
        return rest

    def _find_end(self) -> int | None:
        """Return where the current message ends; None if it is incomplete."""
        begin = self._begin = self._skip_line_ends(self._begin)
        self._searched = max(begin, self._searched)
        if self._greeted:
            kind, limit, end = "message", self._limit, self._find_blank_line()
            while end and self._continues(end):
                self._first_end = self._first_end or end
                self._searched = self._skip_line_ends(end)
                end = self._find_blank_line()
        else:
            kind, limit, end = "greeting", MAX_GREETING_BYTES, self._buffer.find(b"\n", self._searched) + 1
        if (end or len(self._buffer)) - begin <= limit:
            return end or None
        if begin < self._first_end <= begin + limit:
            return self._first_end
        raise OversizedMessageError(f"received a {kind} of more than {counted(limit, 'bytes')}")

    def _find_blank_line(self) -> int:
        """Return the end of the first blank line behind the bytes searched; 0 if there is none yet."""
        found = self._buffer.find(b"\r\n\r\n", self._searched, self._searched + SHORT)
        return found + 4 if found >= 0 else self._find_any_blank_line()

    def _find_any_blank_line(self) -> int:
        while not (found := self._find_within(self._searched + SHORT)):
            if self._searched + SHORT >= len(self._buffer):
                self._searched = max(self._searched, len(self._buffer) - 3)
                return 0
            self._searched += SHORT - 3  # a blank line has up to three bytes before its last one
        return found

    def _find_within(self, until: int) -> int:
        """Return the end of the first blank line that ends up to there; 0 if there is none."""
        buffer, begin, found = self._buffer, self._searched, 0
        if (at := buffer.find(b"\n\r\n", begin, until)) >= 0:
            until, found = at + 1, at + 3
        if (at := buffer.find(b"\n\n", begin, until)) >= 0:
            until, found = at + 1, at + 2
        at = buffer.find(b"\r\r", begin, until)
        while at >= 0 and buffer[at + 2 : at + 3] == b"\n" and buffer[at - 1 : at] != b"\n":
            at = buffer.find(b"\r\r", at + 2, until)  # CR CR LF ends a line that has text
        return at + 2 if at >= 0 else found

    def _continues(self, end: int) -> bool:
        """Return whether text that begins no other message follows the blank line that ends here."""
        if end == len(self._buffer) or self._buffer.startswith((b"Event: ", b"Response: "), end):
            return False  # nearly always; the rest gives the same answer more slowly
        at = self._skip_line_ends(end)
        following = bytes(self._buffer[at : at + max(map(len, _BEGINNINGS))]).lower()
        return bool(following) and not any(
            following.startswith(text) or text.startswith(following) for text in _BEGINNINGS
        )

    def _skip_line_ends(self, at: int) -> int:
        buffer = self._buffer
        while at < len(buffer) and buffer[at] in _LINE_ENDS:
            at += 1
        return at

    def _advance(self, end: int) -> None:
        self._begin = self._searched = end
        self._first_end = 0
        self._greeted = True
