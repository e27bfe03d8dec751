"""What a generated year has of each server beside its faxes: its lives, its counters, and the gaps in its coverage."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from faxstore.demo.year_plan import Fax, Server
from faxstore.observations import Details, Life, ServerObservation, microseconds, moment_text

RESTART = timedelta(hours=3, minutes=10)
"""Each server restarts on the first day of a month, this long after midnight, and is down for DOWN before it."""

DOWN = timedelta(seconds=130)
READING_EVERY = timedelta(hours=1)
DAY = timedelta(days=1)

REASONS = ("connection reset by peer", "no answer to FAXSessions within 10 s", None)
"""Why polls stopped; None: the collector was down, which leaves no row."""


@dataclass(frozen=True)
class Gap:
    """An interval without polls."""

    began: datetime
    ended: datetime
    reason: str | None

    def hides(self, moment: int) -> bool:
        """Whether a record of this moment is missing."""
        return microseconds(self.began) < moment < microseconds(self.ended)


def midnight(day: date) -> datetime:
    """Return the beginning of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def life_of(server: Server, day: date) -> Life:
    """Return the life of a server to which the faxes of a day belong."""
    started = midnight(day.replace(day=1)) + RESTART
    return Life(server.name, microseconds(started) + 30_000_000, started_at=microseconds(started))


def gaps_of(server: Server, day: date) -> list[Gap]:
    """Return the gaps of a day, by time: the restart on the first of a month, and at most one other one."""
    gaps = []
    if day.day == 1:
        at = midnight(day) + RESTART
        gaps.append(Gap(at - DOWN, at + timedelta(seconds=30), "connection closed by the server"))
    draw = Random(f"{server.name} gap {day.isoformat()}")
    if draw.random() < 0.04:
        began = midnight(day) + timedelta(hours=5 + draw.random() * 14)
        lasts = timedelta(minutes=round(min(4 + draw.expovariate(1 / 25), 240), 2))
        gaps.append(Gap(began, began + lasts, draw.choice(REASONS)))
    return gaps


def connections(day: date, gaps: Sequence[Gap], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the intervals of a day in which the server is polled."""
    began = midnight(day)
    for gap in gaps:
        yield began, min(gap.began, until)
        began = gap.ended
    yield began, min(midnight(day) + DAY, until)


def observations(server: Server, day: date, gaps: Sequence[Gap], faxes: Sequence[Fax]) -> Iterator[ServerObservation]:
    """Yield the observations of a day but for its polls; `faxes` are those of the month up to its end."""
    for gap in gaps:
        at = microseconds(gap.began)
        if gap.reason is not None:
            last: Details = {"Reason": gap.reason, "LastPolled": moment_text(at)}
            yield ServerObservation(server.name, at + 400_000, "Disconnected", last)
        yield ServerObservation(server.name, microseconds(gap.ended) - 200_000, "Connected")
    counters = Counters(faxes)
    hours = [midnight(day) + n * READING_EVERY for n in range(24)]
    for moment in sorted([*hours, *(gap.ended for gap in gaps)]):
        at = microseconds(moment)
        if moment >= midnight(day.replace(day=1)) + RESTART and not any(gap.hides(at) for gap in gaps):
            yield ServerObservation(server.name, at, "FAXStats", counters.at(moment))


class Counters:
    """What res_fax counts from its start on."""

    def __init__(self, faxes: Sequence[Fax]) -> None:
        ends = [(fax.at + timedelta(seconds=fax.seconds), fax) for fax in faxes]
        self._sent = sorted(fax.at for fax in faxes if fax.is_sent)
        self._received = sorted(fax.at for fax in faxes if not fax.is_sent)
        self._completed = sorted(end for end, _ in ends)
        self._failed = sorted(end for end, fax in ends if fax.failure)

    def at(self, moment: datetime) -> Details:
        """Return the headers of FAXStats at a moment."""
        counted = {
            "TransmitAttempts": self._sent,
            "ReceiveAttempts": self._received,
            "CompletedFAXes": self._completed,
            "FailedFAXes": self._failed,
        }
        return {name: str(bisect_right(times, moment)) for name, times in counted.items()}
