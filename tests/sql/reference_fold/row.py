"""One row of the history and what it means.

The fold in these modules was written from the specification alone, in plain Python over plain rows, without reading the
SQL of the views.  The tests beside it compare the views with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

Row = Mapping[str, Any]
T = TypeVar("T")

SNAPSHOTS = {"FAXSession", "FAXSessionsEntry"}
COMPLETIONS = {"SendFAX", "ReceiveFAX"}
FASTEST = 33600
"""The highest possible rate: V.34, in bit/s."""

LEAST = -(2**31)
"""The least integer that a column holds."""

RESOLUTIONS = {3850: "standard", 7700: "fine", 15400: "superfine"}
"""By lines per metre."""


@dataclass(frozen=True)
class Seen:
    """A row of the history; rate, ECM and resolution are None unless they are measurements."""

    at: datetime
    position: int
    collector: str
    event: str
    operation: str | None
    state: str | None
    session_type: str | None
    page_number: int | None
    pages: int | None
    bad_lines: int | None
    measured: bool
    rate: int | None
    ecm: bool | None
    x_resolution: int | None
    y_resolution: int | None
    file_name: str | None
    details: Row

    @property
    def is_snapshot(self) -> bool:
        """Whether a poll took it."""
        return self.event in SNAPSHOTS

    @property
    def is_completion(self) -> bool:
        """The event that ends a fax."""
        return self.event in COMPLETIONS

    def detail(self, name: str) -> str | None:
        """A header without its own column; None if it was not sent or is empty."""
        return self.details.get(name) or None

    def is_variable(self, name: str) -> bool:
        """Whether it is a VarSet of that variable."""
        return self.event == "VarSet" and self.details.get("Variable") == name


def seen(row: Row) -> Seen:
    """What a row means."""
    measured = is_measured(row)
    return Seen(
        at=row["observed_at"],
        position=row["position"],
        collector=row["collector_id"],
        event=row["event"],
        operation=row["operation"],
        state=row["state"],
        session_type=row["session_type"],
        page_number=row["page_number"],
        pages=pages_of(row),
        bad_lines=row["total_bad_lines"],
        measured=measured,
        rate=row["data_rate"] if measured and 1 <= (row["data_rate"] or 0) <= FASTEST else None,
        ecm=row["error_correction_mode"] if measured else None,
        x_resolution=row["x_resolution"] if measured and (row["x_resolution"] or 0) > 0 else None,
        y_resolution=row["y_resolution"] if measured and (row["y_resolution"] or 0) > 0 else None,
        file_name=row["file_name"],
        details=row["details"] or {},
    )


def in_order(rows: Iterable[Row]) -> list[Seen]:
    """The rows of a session in the order of their moments."""
    return sorted((seen(row) for row in rows), key=lambda one: (one.at, one.position))


def is_measured(row: Row) -> bool:
    """Whether both ends have negotiated: before that a session reports defaults, and a resolution of 0x0."""
    if row["operation"] == "gateway":
        return bool((row["data_rate"] or 0) > 0)
    return bool((row["x_resolution"] or 0) > 0 or (row["y_resolution"] or 0) > 0)


def pages_of(row: Row) -> int | None:
    """The finished pages, by the counter of its operation; a gateway has only PageNumber, which is one more.

    None if the count would be below the least integer.
    """
    if row["operation"] == "receive":
        return row["pages_received"]  # type: ignore[no-any-return]
    if row["operation"] == "send":
        return row["pages_transmitted"]  # type: ignore[no-any-return]
    if row["operation"] == "gateway" and row["page_number"] not in (None, LEAST):
        return int(row["page_number"]) - 1
    return None


def seconds_between(start: datetime, end: datetime) -> Decimal:
    """The difference, exact to the microsecond; negative if end is before start."""
    passed = end - start
    return Decimal(passed.days * 86400 + passed.seconds) + Decimal(passed.microseconds).scaleb(-6)


def said(rows: Iterable[Seen], what: Callable[[Seen], T | None]) -> list[T]:
    """The values of a field in the order of the rows, without rows that lack it."""
    return [value for row in rows if (value := what(row)) is not None]


def first(values: list[T]) -> T | None:
    """The first value, if any."""
    return values[0] if values else None


def last(values: list[T]) -> T | None:
    """The last value, if any."""
    return values[-1] if values else None
