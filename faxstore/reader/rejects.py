"""What cannot be understood, as records: the reason, and the message at hand as it came."""

from __future__ import annotations

from faxstore.capture.message import Message
from faxstore.observations import Rejected
from faxstore.reader.decode import Decoded


class Faults:
    """Of the lines of one server; `raw` is the text of the line at hand."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.raw = ""

    def rejected(self, reason: str, now: int) -> Rejected:
        """The message, or what of it could not be understood."""
        return Rejected(self._server, now, reason, self.raw)

    def no_number(self, name: str, message: Message, now: int) -> Rejected:
        """An event of a session that names none."""
        given = message.get("SessionNumber")
        return self.rejected(f"{name}: SessionNumber is {given[:40]!r}, not a number", now)

    def of(self, name: str, decoded: Decoded, now: int) -> list[Rejected]:
        """Values that did not fit their field; they are in the details as they were sent."""
        if not decoded.problems:
            return []
        return [self.rejected(f"{name}: {', '.join(decoded.problems)}: kept as text", now)]
