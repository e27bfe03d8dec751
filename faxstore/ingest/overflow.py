"""What had to be dropped, told server by server, so that it is on record as a gap."""

from __future__ import annotations

from dataclasses import dataclass

from faxstore.observations import MICROSECONDS, Rejected, ServerObservation, decode, encode, moment_text

LONGEST = 3600 * MICROSECONDS
"""Of one row: fax.gaps() looks that far behind a period for rows that reach into it."""


@dataclass(slots=True)
class _Loss:
    first: int
    last: int
    records: int = 1

    def takes(self, at: int) -> bool:
        return max(self.last, at) - min(self.first, at) <= LONGEST

    def add(self, at: int) -> None:
        self.first, self.last = min(self.first, at), max(self.last, at)
        self.records += 1


class Losses:
    """Counts dropped records, from the first moment to the last."""

    def __init__(self) -> None:
        self._of: dict[str, list[_Loss]] = {}

    def add(self, body: bytes) -> None:
        """Counts an encoded record."""
        record = decode(body)
        server = record.server if isinstance(record, ServerObservation | Rejected) else record.life.server
        losses = self._of.setdefault(server, [])
        if losses and losses[-1].takes(record.observed_at):
            losses[-1].add(record.observed_at)
        else:
            losses.append(_Loss(record.observed_at, record.observed_at))

    def told(self, reason: str) -> list[bytes]:
        """An encoded `Dropped` for each server and hour; what was counted is forgotten."""
        counted, self._of = self._of, {}
        return [encode(_row(server, loss, reason)) for server, losses in counted.items() for loss in losses]


def _row(server: str, loss: _Loss, reason: str) -> ServerObservation:
    details: dict[str, str | list[str]] = {
        "Reason": reason,
        "From": moment_text(loss.first),
        "To": moment_text(loss.last),
        "Records": str(loss.records),
    }
    return ServerObservation(server, loss.last, "Dropped", details)
