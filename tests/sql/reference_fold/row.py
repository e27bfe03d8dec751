"""One row of the history and what it means.

The fold in these modules is written from the specification alone, in plain Python over plain rows: no SQL of
the views was read for it.  The tests beside it hold the views to it.
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
"""No fax is faster: V.34 (bit/s)."""

LEAST = -(2**31)
"""The least integer that a column holds."""

RESOLUTIONS = {3850: "standard", 7700: "fine", 15400: "superfine"}
"""By lines a metre."""


@dataclass(frozen=True)
class Seen:
    """A row of the history; rate, ECM and resolution are None where they are no measurements."""

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
        """A poll took it."""
        return self.event in SNAPSHOTS

    @property
    def is_completion(self) -> bool:
        """The event that ends a fax."""
        return self.event in COMPLETIONS

    def detail(self, name: str) -> str | None:
        """A header without a column of its own; None: not sent, or empty."""
        return self.details.get(name) or None

    def is_variable(self, name: str) -> bool:
        """A VarSet of that variable."""
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
    """The two ends have agreed: before that a session tells defaults, and a resolution of 0x0."""
    if row["operation"] == "gateway":
        return bool((row["data_rate"] or 0) > 0)
    return bool((row["x_resolution"] or 0) > 0 or (row["y_resolution"] or 0) > 0)


def pages_of(row: Row) -> int | None:
    """The pages done, by the counter that its operation uses; a gateway has only PageNumber, which is one more.

    None where the least integer there is leaves no room for one less.
    """
    if row["operation"] == "receive":
        return row["pages_received"]  # type: ignore[no-any-return]
    if row["operation"] == "send":
        return row["pages_transmitted"]  # type: ignore[no-any-return]
    if row["operation"] == "gateway" and row["page_number"] not in (None, LEAST):
        return int(row["page_number"]) - 1
    return None


def seconds_between(start: datetime, end: datetime) -> Decimal:
    """Exact to the microsecond; negative where end is before start."""
    passed = end - start
    return Decimal(passed.days * 86400 + passed.seconds) + Decimal(passed.microseconds).scaleb(-6)


def said(rows: Iterable[Seen], what: Callable[[Seen], T | None]) -> list[T]:
    """What the rows say of something, in their order, those left out that do not say it."""
    return [value for row in rows if (value := what(row)) is not None]


def first(values: list[T]) -> T | None:
    """The first of them, if any."""
    return values[0] if values else None


def last(values: list[T]) -> T | None:
    """The last of them, if any."""
    return values[-1] if values else None
