"""Messages that could not be understood, as Rejected records: the reason, and the message as it was received."""

from __future__ import annotations

from faxstore.capture.message import Message
from faxstore.observations import Rejected
from faxstore.reader.decode import Decoded


class Rejects:
    """Creates the Rejected records of one server.  `raw` must hold the text of the current message."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.raw = ""

    def reject(self, reason: str, now: int) -> Rejected:
        """Return a record with the current message."""
        return Rejected(self._server, now, reason, self.raw)

    def without_number(self, name: str, message: Message, now: int) -> Rejected:
        """Return a record for an event of a session whose SessionNumber is missing or not a number."""
        value = message.get("SessionNumber")
        return self.reject(f"{name}: SessionNumber is {value[:40]!r}, not a number", now)

    def of_values(self, name: str, decoded: Decoded, now: int) -> list[Rejected]:
        """Return a record for values that do not fit their field.  They remain in the details as received."""
        if not decoded.problems:
            return []
        return [self.reject(f"{name}: {', '.join(decoded.problems)}: kept as text", now)]
