"""Records that had to be dropped because the disk refused them, counted so that the loss is recorded as a gap."""

from __future__ import annotations

from dataclasses import dataclass

from faxstore.observations import MICROSECONDS, ServerObservation, decode, encode, moment_text, server_of

LONGEST = 3600 * MICROSECONDS
"""Most microseconds that one `Dropped` row spans.  fax.gaps() looks that far back for rows that reach into a period."""


@dataclass(slots=True)
class _Interval:
    first: int
    last: int
    records: int = 1

    def add(self, at: int) -> bool:
        """Count a record of this time; return False instead if the interval would become too long."""
        first, last = min(self.first, at), max(self.last, at)
        if last - first > LONGEST:
            return False
        self.first, self.last, self.records = first, last, self.records + 1
        return True


class Overflow:
    """Counts dropped records per server, in intervals from the first to the last of them."""

    def __init__(self) -> None:
        self._intervals: dict[str, list[_Interval]] = {}

    def add(self, body: bytes) -> None:
        """Count an encoded record."""
        record = decode(body)
        intervals = self._intervals.setdefault(server_of(record), [])
        if not intervals or not intervals[-1].add(record.observed_at):
            intervals.append(_Interval(record.observed_at, record.observed_at))

    def flush(self, reason: str) -> list[bytes]:
        """Return an encoded `Dropped` observation per server and interval, and start counting from zero."""
        counted, self._intervals = self._intervals, {}
        return [encode(_dropped(server, each, reason)) for server, intervals in counted.items() for each in intervals]


def _dropped(server: str, interval: _Interval, reason: str) -> ServerObservation:
    details: dict[str, str | list[str]] = {
        "Reason": reason,
        "From": moment_text(interval.first),
        "To": moment_text(interval.last),
        "Records": str(interval.records),
    }
    return ServerObservation(server, interval.last, "Dropped", details)
