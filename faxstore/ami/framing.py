"""Splits the bytes of a connection into messages.

A message ends with an empty line (CR LF CR LF).  The greeting is one line without an empty line after it
(main/manager.c, session_do).  Framing depends on nothing else, so no text within a message can break it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from faxstore.capture.message import MAX_MESSAGE_BYTES

MAX_GREETING_BYTES = 1024
"""The greeting has about 30 bytes; a service that sends this much without a line end is not a manager."""


class OversizedMessageError(ValueError):
    """The input has no message end within the limit; str() is one line."""


class Framer:
    """Collects bytes and yields the messages they complete; each byte belongs to exactly one message.

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
            self._begin = 0

    def take_rest(self) -> bytes:
        """Return the bytes of the incomplete message and forget them."""
        rest = bytes(self._buffer[self._begin :])
        self._buffer.clear()
        self._begin = self._searched = 0
        return rest

    def _find_end(self) -> int | None:
        """Return where the current message ends; None if it is incomplete."""
        end, limit = (b"\r\n\r\n", self._limit) if self._greeted else (b"\r\n", MAX_GREETING_BYTES)
        found = self._buffer.find(end, self._searched)
        until = len(self._buffer) if found < 0 else found + len(end)
        if until - self._begin > limit:
            kind = "message" if self._greeted else "greeting"
            raise OversizedMessageError(f"received a {kind} of more than {limit} bytes")
        if found < 0:
            self._searched = max(self._begin, until - len(end) + 1)
            return None
        return until

    def _advance(self, end: int) -> None:
        self._begin = self._searched = end
        self._greeted = True
