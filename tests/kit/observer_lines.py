"""The lines of one connection, written as the wire has them, and the records that a LineReader returns for them."""

from __future__ import annotations

from faxstore.capture.recording import Direction, Line
from faxstore.observations import Observation, Record, Rejected, ServerObservation
from faxstore.reader.line_reader import LineReader

NOON = 1_795_435_200.0
CHANNEL = "PJSIP/trunk-0000001a"


class Wire:
    """Feeds lines, by default one second apart, to a LineReader.  Each method returns the records of its lines."""

    def __init__(self) -> None:
        self.line_reader = LineReader("pbx1")
        self.now = NOON

    def line(self, direction: Direction, text: str, after: float = 1.0) -> list[Record]:
        """Feed one line."""
        self.now += after
        return self.line_reader.feed(Line(self.now, direction, text))

    def sends(self, *headers: str, after: float = 1.0) -> list[Record]:
        """Feed one message of the server."""
        return self.line("in", "\r\n".join(headers) + "\r\n\r\n", after)

    def requests(self, *headers: str) -> list[Record]:
        """Feed one request to the server."""
        return self.line("out", "\r\n".join(headers) + "\r\n\r\n", 0.0)

    def mark(self, text: str) -> list[Record]:
        """Feed one mark."""
        return self.line("mark", text)

    def connects(self, uptime: int = 3600) -> list[Record]:
        """Feed a connection and its login; the server had this uptime at noon."""
        return [
            *self.mark("connected"),
            *self.line("in", "Asterisk Call Manager/11.0.0\r\n"),
            *self.sends("Response: Success", "Message: Authentication accepted"),
            *self.sends("Event: FullyBooted", f"Uptime: {uptime + round(self.now + 1 - NOON)}", "Status: Fully Booted"),
        ]

    def starts_list(self, *more: str) -> list[Record]:
        """Feed the start of a list."""
        return self.sends(
            "Response: Success", *more, "EventList: Start", "Message: FAXSessionsEntry event list will follow"
        )

    def lists(self, number: object, *more: str, state: str = "Active", operation: str = "send") -> list[Record]:
        """Feed one entry of a list."""
        headers = (f"Channel: {CHANNEL}", "Technology: Spandsp", f"SessionNumber: {number}", "SessionType: G.711")
        return self.sends(
            "Event: FAXSessionsEntry", *headers, f"Operation: {operation}", f"State: {state}", "Files: /a.tif", *more
        )

    def ends_list(self, total: object, *more: str) -> list[Record]:
        """Feed the end of a list."""
        items = (f"ListItems: {total}", f"Total: {total}")
        return self.sends("Event: FAXSessionsComplete", *more, "EventList: Complete", *items)

    def polls_list(self, *numbers: int) -> list[Record]:
        """Feed a complete list of these sessions."""
        records = self.starts_list()
        for number in numbers:
            records += self.lists(number)
        return records + self.ends_list(len(numbers))

    def details(self, number: object, *more: str, page: object = 1) -> list[Record]:
        """Feed the FAXSession event of a session."""
        headers = ("Operation: send", "State: Active", "ErrorCorrectionMode: Yes", "DataRate: 14400")
        pages = ("ImageResolution: 8031x3850", f"PageNumber: {page}", "FileName: /a.tif", "PagesTransmitted: 0")
        last = ("PagesReceived: 0", "TotalBadLines: 0")
        return self.sends("Event: FAXSession", f"SessionNumber: {number}", *headers, *pages, *last, *more)


def observations(records: list[Record], event: str | None = None) -> list[Observation]:
    """Return the observations of an event, or all."""
    return [record for record in records if isinstance(record, Observation) and event in (None, record.event)]


def rejected(records: list[Record]) -> list[Rejected]:
    """Return the rejected messages."""
    return [record for record in records if isinstance(record, Rejected)]


def only_observation(records: list[Record]) -> Observation:
    """Return the only observation; nothing may be rejected."""
    assert rejected(records) == []
    (seen,) = observations(records)
    return seen


def server_rows(records: list[Record]) -> list[tuple[str, dict[str, str | list[str]]]]:
    """Return event and details of each server row."""
    return [(record.event, record.details) for record in records if isinstance(record, ServerObservation)]
