"""The faxes to plan for, and what follows from their number.

A day's faxes come in some hours of it: with 20 % in the busiest hour, in 5 hours that are all as busy as this one.
Faxes begin at random, so that the number in progress at once varies around its mean as a Poisson distribution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from faxstore.capacity.figures import Figures
from faxstore.capacity.lines import Basis, Line

DAYS = 365
"""Days of a year."""

PART = "faxes"

_UNITS = {
    "faxes_per_day": "", "pages": "", "seconds_per_page": "s", "poll_interval": "s", "servers": "", "accounts": "",
    "busy_hour": "%", "years": "", "keep_rows": "months", "keep_totals": "months",
    "keep_personal_values": "months", "consumers": "",
}  # fmt: skip
_MEANINGS = {
    "faxes_per_day": "each is one session; a fax from a server to itself is two",
    "pages": "per fax",
    "poll_interval": "while a fax is in progress",
    "accounts": "account codes, which usage is counted by",
    "busy_hour": "of a day's faxes",
    "keep_rows": "then archived as Parquet files and dropped",
    "keep_personal_values": "then erased",
    "consumers": "of billing batches",
    "keep_totals": "then deleted: reports no longer show these faxes",
}


@dataclass(frozen=True)
class Demand:
    """The faxes to plan for, and how long what is kept."""

    faxes_per_day: float = 1_000.0
    pages: float = 3.0
    seconds_per_page: float = 30.0
    poll_interval: float = 1.0
    """Seconds between two polls while a fax is in progress."""
    servers: float = 1
    accounts: float = 20
    busy_hour: float = 20.0
    """Percentage of a day's faxes in its busiest hour."""
    years: float = 1.0
    """How long faxes have been observed."""
    keep_rows: float | None = None
    """Months after which rows leave the database as Parquet files; None: never."""
    keep_totals: float | None = None
    """Months after which totals are deleted; None: never."""
    keep_personal_values: float | None = None
    """Months after which personal values are erased; None: never."""
    consumers: float | None = None
    """Consumers of billing batches; None: faxes are not exported for billing."""
    bases: Mapping[str, Basis] = field(default_factory=dict)
    """Where the values come from, by name, if they are not assumed."""

    def with_values(self, values: Mapping[str, float | None], basis: Basis) -> Demand:
        """Return the demand with other values, and where they come from; None leaves a value as it is."""
        known = {name: value for name, value in values.items() if value is not None}
        return replace(self, bases={**self.bases, **dict.fromkeys(known, basis)}, **known)

    def lines(self) -> list[Line]:
        """Return a line per value that is known."""
        return [self._line(name, value) for name in _UNITS if (value := getattr(self, name)) is not None]

    def _line(self, name: str, value: float) -> Line:
        basis = self.bases.get(name, Basis.ASSUMED)
        return Line(PART, name.replace("_", " "), value, _UNITS[name], basis, _MEANINGS.get(name, ""))


@dataclass(frozen=True)
class Load:
    """What follows from a demand."""

    seconds: float
    """Seconds of one fax."""
    snapshots: float
    """Snapshots of one fax."""
    rows: float
    """Rows of one fax: snapshots, and one per event."""
    at_once: float
    """Faxes in progress in the busiest hour, on average."""
    most_at_once: int
    """Faxes in progress at once that are exceeded in one of 1,000 moments of the busiest hour."""
    appends_per_day: float

    @classmethod
    def of(cls, demand: Demand, figures: Figures) -> Load:
        """Compute the load of a demand."""
        seconds = figures.setup_seconds.value + demand.pages * demand.seconds_per_page
        snapshots = max(seconds / demand.poll_interval, 1.0)
        rows = snapshots + figures.events.value
        at_once = demand.faxes_per_day * demand.busy_hour / 100 * seconds / 3600
        appends = appends_per_day(demand, figures, rows, at_once)
        return cls(seconds, snapshots, rows, at_once, math.ceil(at_once + 3 * math.sqrt(at_once)), appends)


def appends_per_day(demand: Demand, figures: Figures, rows: float, at_once: float) -> float:
    """Return the appends of a day: one per poll of a server with a fax in progress, and some for events.

    The ingestor appends what has arrived every 0.1 s, so that there are at most ten per second.
    """
    every_row = demand.faxes_per_day * rows
    if figures.rows_per_append:
        return every_row / figures.rows_per_append.value
    busy = 3600 * min(100 / demand.busy_hour, 24)
    live = demand.servers * -math.expm1(-at_once / demand.servers)
    polls = busy * min(live / demand.poll_interval, figures.appends_per_second.value)
    events = min(demand.faxes_per_day * figures.event_appends.value, busy * figures.appends_per_second.value)
    return min(polls + events, busy * figures.appends_per_second.value, every_row)
