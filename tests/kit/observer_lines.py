"""One observer's lines, written as the wire has them, and what a line_reader makes of them."""

from __future__ import annotations

from faxstore.capture.recording import Direction, Line
from faxstore.observations import Observation, Record, Rejected, ServerObservation
from faxstore.reader.line_reader import LineReader

NOON = 1_795_435_200.0
CHANNEL = "PJSIP/trunk-0000001a"


class Wire:
    """Lines, a second apart unless told otherwise, and what the line_reader made of them."""

    def __init__(self) -> None:
        self.line_reader = LineReader("pbx1")
        self.now = NOON
        self.polls = 0

    def line(self, direction: Direction, text: str, after: float = 1.0) -> list[Record]:
        self.now += after
        return self.line_reader.feed(Line(self.now, direction, text))

    def says(self, *headers: str, after: float = 1.0) -> list[Record]:
        """The server sends one message."""
        return self.line("in", "\r\n".join(headers) + "\r\n\r\n", after)

    def asks(self, *headers: str) -> list[Record]:
        return self.line("out", "\r\n".join(headers) + "\r\n\r\n", 0.0)

    def mark(self, text: str) -> list[Record]:
        return self.line("mark", text)

    def connects(self, uptime: int = 3600) -> list[Record]:
        return [
            *self.mark("connected"),
            *self.line("in", "Asterisk Call Manager/11.0.0\r\n"),
            *self.says("Response: Success", "Message: Authentication accepted"),
            *self.says("Event: FullyBooted", f"Uptime: {uptime + round(self.now + 1 - NOON)}", "Status: Fully Booted"),
        ]

    def starts_list(self, *more: str) -> list[Record]:
        return self.says(
            "Response: Success", *more, "EventList: Start", "Message: FAXSessionsEntry event list will follow"
        )

    def lists(self, number: object, *more: str, state: str = "Active", operation: str = "send") -> list[Record]:
        headers = (f"Channel: {CHANNEL}", "Technology: Spandsp", f"SessionNumber: {number}", "SessionType: G.711")
        return self.says(
            "Event: FAXSessionsEntry", *headers, f"Operation: {operation}", f"State: {state}", "Files: /a.tif", *more
        )

    def ends_list(self, total: object, *more: str) -> list[Record]:
        items = (f"ListItems: {total}", f"Total: {total}")
        return self.says("Event: FAXSessionsComplete", *more, "EventList: Complete", *items)

    def polls_list(self, *numbers: int) -> list[Record]:
        """A whole list of these sessions."""
        records = self.starts_list()
        for number in numbers:
            records += self.lists(number)
        return records + self.ends_list(len(numbers))

    def tells(self, number: object, *more: str, page: object = 1) -> list[Record]:
        headers = ("Operation: send", "State: Active", "ErrorCorrectionMode: Yes", "DataRate: 14400")
        pages = ("ImageResolution: 8031x3850", f"PageNumber: {page}", "FileName: /a.tif", "PagesTransmitted: 0")
        last = ("PagesReceived: 0", "TotalBadLines: 0")
        return self.says("Event: FAXSession", f"SessionNumber: {number}", *headers, *pages, *last, *more)


def observations(records: list[Record], event: str | None = None) -> list[Observation]:
    return [record for record in records if isinstance(record, Observation) and event in (None, record.event)]


def rejected(records: list[Record]) -> list[Rejected]:
    return [record for record in records if isinstance(record, Rejected)]


def the_one(records: list[Record]) -> Observation:
    """The only observation, where nothing is rejected."""
    assert rejected(records) == []
    (seen,) = observations(records)
    return seen


def told(records: list[Record]) -> list[tuple[str, dict[str, str | list[str]]]]:
    """What was told of the server."""
    return [(record.event, record.details) for record in records if isinstance(record, ServerObservation)]
