"""The months of a period that an answer lacks, because they were deleted or their rows are in files only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faxstore.counted import counted

if TYPE_CHECKING:
    from faxstore.settings.period import Period
    from faxstore.store.database import Connection


def absent(connection: Connection, period: Period, *, of_rows: bool = False) -> list[str]:
    """Return a line per reason why months of a period with absolute bounds are absent, none if all are there.

    `of_rows` is true of an answer with rows of the history, which dropped months lack too.
    """
    from faxstore.archive.months import deleted_between, dropped_between

    bounds = period.since, period.until
    lines = []
    if deleted := deleted_between(connection, *bounds):
        lines.append(f"they were deleted when their retention ended: {_listed(deleted)}")
    if of_rows and (dropped := dropped_between(connection, *bounds)):
        lines.append(f"their rows are in files only: {_listed(dropped)} (faxstore partitions)")
    return lines


def _listed(months: list[str]) -> str:
    """Return the months, or of more than twelve their number with the first and the last."""
    if len(months) <= 12:
        return ", ".join(months)
    return f"{counted(len(months), 'months')} from {months[0]} to {months[-1]}"
