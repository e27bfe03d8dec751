"""From the bytes of a connection to whole messages.

A message ends with an empty line (CR LF CR LF); the greeting is one line without an empty one after it
(main/manager.c, session_do).  Nothing else of the wire is looked at here, so no text can break the framing.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.ami.message import MAX_MESSAGE_BYTES

_LINE_END = b"\r\n"
_MESSAGE_END = b"\r\n\r\n"

MAX_GREETING_BYTES = 1024
"""The greeting is some 30 bytes; a service that says this much without a line end is not a manager."""


class OversizedMessageError(ValueError):
    """What came is larger than any message of Asterisk's; str() says so in one line."""


class Framer:
    """Collects bytes; feed() gives what they complete, each byte in exactly one message."""

    def __init__(self, limit: int = MAX_MESSAGE_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now, ends included; the first of all is the greeting.

        Raises OversizedMessageError, after the messages before it, for one of more bytes than the limit.
        """
        self._buffer += data
        while True:
            end = _MESSAGE_END if self._greeted else _LINE_END
            limit = self._limit if self._greeted else MAX_GREETING_BYTES
            found = self._buffer.find(end, self._searched)
            size = len(self._buffer) if found < 0 else found + len(end)
            if size > limit:
                raise OversizedMessageError(f"a {self._what} of more than {limit} bytes came")
            if found < 0:
                self._searched = max(0, size - len(end) + 1)
                return
            message = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._searched, self._greeted = 0, True
            yield message

    def rest(self) -> bytes:
        """What was not completed, and forget it: the end of a connection may cut a message."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return rest

    @property
    def _what(self) -> str:
        return "message" if self._greeted else "greeting"
