"""The table [retention]: for how many months rows, totals and personal values are retained.

A period of N months ends N months after the end of the month (UTC) in which a fax began.
"""

from __future__ import annotations

from datetime import date, datetime

from faxstore.counted import counted
from faxstore.settings.toml_file import Table
from faxstore.settings.values import Retention

KEYS = ("personal_values", "rows", "totals", "archive", "checkpoint")

MONTHS = (1, 1200)
"""The limits of a period, in months."""


def read(table: Table) -> Retention:
    """Return the periods of the table.  Raises UsageError for periods that contradict each other."""
    personal_values, rows, totals = (_months(table, key) for key in KEYS[:3])
    found = Retention(personal_values, rows, totals, table.path("archive"), table.path("checkpoint"))
    if totals is not None:
        if rows is None:
            raise table.error(
                "rows", f"is missing: totals (after {counted(totals, 'months')}) are deleted after the rows"
            )
        if rows > totals:
            raise table.error("totals", f"must not be shorter than retention.rows ({rows}), not {totals}")
        if personal_values is not None and personal_values > totals:
            problem = f"must not be longer than retention.totals ({totals}), not {personal_values}"
            raise table.error("personal_values", problem)
    for key, path in (("archive", found.archive), ("checkpoint", found.checkpoint)):
        if rows is not None and path is None:
            raise table.error(key, "is missing: rows leave the database only for files, covered by a checkpoint")
    return found


def cutoff(now: datetime, months: int) -> date:
    """Return the first month that is still retained, as its first day: the periods of earlier ones have ended."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _months(table: Table, key: str) -> int | None:
    if key not in table.raw:
        return None
    return int(table.number(key, 1, *MONTHS, whole=True))
