"""From the bytes of a connection to whole messages.

A message ends with an empty line (CR LF CR LF); the greeting is one line without an empty one after it
(main/manager.c, session_do).  Nothing else of the wire is looked at here, so no text can break the framing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from faxstore.capture.message import MAX_MESSAGE_BYTES

_LINE_END = b"\r\n"
_MESSAGE_END = b"\r\n\r\n"

MAX_GREETING_BYTES = 1024
"""The greeting is some 30 bytes; a service that says this much without a line end is not a manager."""


class OversizedMessageError(ValueError):
    """What came is larger than any message of Asterisk's; str() says so in one line."""


class Framer:
    """Collects bytes; feed() gives what they complete, each byte in exactly one message.

    idle matches whole messages that are passed over and not given; None: there are none.
    """

    def __init__(self, limit: int = MAX_MESSAGE_BYTES, idle: re.Pattern[bytes] | None = None) -> None:
        self._limit = limit
        self._idle = idle
        self._buffer = bytearray()
        self._begin = 0
        """Where in the buffer the message at hand begins."""
        self._searched = 0
        """From where its end is to be looked for."""
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now, ends included; the first of all is the greeting.

        Raises OversizedMessageError, after the messages before it, for one of more bytes than the limit.
        """
        self._buffer += data
        try:
            while (end := self._end()) is not None:
                passed = self._idle.match(self._buffer, self._begin) if self._idle and self._greeted else None
                if passed is None:
                    message = bytes(self._buffer[self._begin : end])
                    self._goes_on(end)
                    yield message
                else:
                    self._goes_on(passed.end())
        finally:
            del self._buffer[: self._begin]  # once: what is left moves to the front
            self._searched -= self._begin
            self._begin = 0

    def rest(self) -> bytes:
        """What was not completed, and forget it: the end of a connection may cut a message."""
        rest = bytes(self._buffer[self._begin :])
        self._buffer.clear()
        self._begin = self._searched = 0
        return rest

    def _end(self) -> int | None:
        """Where the message at hand ends; None: it is not whole yet."""
        end, limit = (_MESSAGE_END, self._limit) if self._greeted else (_LINE_END, MAX_GREETING_BYTES)
        found = self._buffer.find(end, self._searched)
        until = len(self._buffer) if found < 0 else found + len(end)
        if until - self._begin > limit:
            raise OversizedMessageError(
                f"a {'message' if self._greeted else 'greeting'} of more than {limit} bytes came"
            )
        if found < 0:
            self._searched = max(self._begin, until - len(end) + 1)
            return None
        return until

    def _goes_on(self, end: int) -> None:
        self._begin = self._searched = end
        self._greeted = True
