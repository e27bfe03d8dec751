"""What is due: the months whose periods have ended, by rule.

A period is counted from the end of the month (UTC) in which a fax began.  So with rows = 24, the rows of November 2024
are due on 1 December 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import LiteralString

from psycopg.rows import class_row

from faxstore import sql
from faxstore.archive import layout
from faxstore.counted import counted
from faxstore.settings.retention import cutoff
from faxstore.settings.values import Retention
from faxstore.store.database import Connection

_MONTHS = sql.text("queries/retention/months")
_SESSIONS: LiteralString = f"""
select count(*), coalesce(sum(s.rows), 0)::bigint from ({sql.text("queries/retention/sessions_to_erase")}) s
"""


class Rule(StrEnum):
    """The rules, in the order in which they are applied."""

    PERSONAL_VALUES = "personal_values"
    ROWS = "rows"
    TOTALS = "totals"


@dataclass(frozen=True)
class Month:
    """A month whose period has ended, and where its rows are."""

    month: date
    sessions: int
    rows_here: int
    """Its rows in the database; of a dropped month, those that arrived since."""
    files: int
    file_rows: int
    is_outdated: bool
    """Whether its files contain values that were erased."""
    is_dropped: bool
    is_deleted: bool
    messages: int
    """Rejected messages of the month that are not empty."""
    reported: int
    """Faxes that other systems reported."""
    reported_not_erased: int
    """Of these, faxes with personal values."""

    @property
    def has_current_files(self) -> bool:
        """Return whether its files have the rows that are in the database."""
        return self.files > 0 and not self.is_outdated and self.file_rows == self.rows_here


@dataclass(frozen=True)
class Due:
    """What a rule does with a month."""

    rule: Rule
    month: Month
    rows: int
    sessions: int
    messages: int
    """Rejected messages."""
    action: str
    """What happens, in words for a list."""


@dataclass(frozen=True)
class Ends:
    """The first month that each rule retains, as its first day; None if the rule retains all."""

    personal_values: date | None
    rows: date | None
    totals: date | None

    @classmethod
    def of(cls, periods: Retention, now: datetime) -> Ends:
        """Return the ends of the periods of the settings at a moment."""
        ends = (None if months is None else cutoff(now, months) for months in _months(periods))
        return cls(*ends)


def list_due(connection: Connection, ends: Ends) -> Iterator[Due]:
    """Yield what is due, rule by rule, the oldest month first."""
    for rule in Rule:
        yield from due(connection, rule, ends)


def due(connection: Connection, rule: Rule, ends: Ends) -> Iterator[Due]:
    """Yield what a rule does, the oldest month first."""
    end: date | None = getattr(ends, rule)
    for month in months_before(connection, end) if end else ():
        if (found := _FINDERS[rule](connection, month, ends)) is not None:
            yield found


def months_before(connection: Connection, end: date) -> list[Month]:
    """Return the months before one that have sessions, files or rejected messages, the oldest first."""
    with connection.cursor(row_factory=class_row(Month)) as cursor:
        return cursor.execute(_MONTHS, {"before": datetime(end.year, end.month, 1, tzinfo=UTC)}).fetchall()


def _months(periods: Retention) -> tuple[int | None, int | None, int | None]:
    return periods.personal_values, periods.rows, periods.totals


def _personal_values(connection: Connection, month: Month, ends: Ends) -> Due | None:
    """Find what to erase in a month: no sessions if it is dropped and all about them is due to be deleted."""
    sessions, rows = 0, 0
    if not (month.is_dropped and ends.totals and month.month < ends.totals):
        ((sessions, rows),) = connection.execute(_SESSIONS, bounds(month)).fetchall()
    actions = [
        "restored" * (sessions > 0 and month.is_dropped and not month.is_deleted),
        "erased" * (sessions > 0 or month.messages > 0),
        "files written again" * (month.is_outdated or (sessions > 0 and month.files > 0)),
        f"{counted(month.reported_not_erased, 'reported faxes')} erased" * (month.reported_not_erased > 0),
    ]
    if not any(actions):
        return None
    return Due(Rule.PERSONAL_VALUES, month, rows, sessions, month.messages, ", ".join(filter(None, actions)))


def _rows(connection: Connection, month: Month, ends: Ends) -> Due | None:
    """Find rows to drop: those of a month, or the late ones of a dropped month."""
    if month.rows_here == 0 or month.is_deleted:
        return None
    archived = "" if month.has_current_files else "archived, "
    action = "late rows: restored, archived, dropped" if month.is_dropped else f"{archived}dropped"
    return Due(Rule.ROWS, month, month.rows_here, month.sessions, 0, action)


def _totals(connection: Connection, month: Month, ends: Ends) -> Due | None:
    """Find a month to delete, or what is left or arrived of a deleted one: files, and late rows."""
    if month.is_deleted and month.rows_here:
        return Due(Rule.TOTALS, month, month.rows_here, month.sessions, 0, "late rows deleted")
    if (month.is_deleted and not month.files) or (not month.is_deleted and not month.sessions):
        return Due(Rule.TOTALS, month, 0, 0, 0, reported) if (reported := _reported(month)) else None
    sessions = 0 if month.is_deleted else month.sessions
    files = f", with {counted(month.files, 'files')}" if month.files else ""
    action = ", ".join(filter(None, (f"deleted{files}", _reported(month))))
    return Due(Rule.TOTALS, month, month.file_rows or month.rows_here, sessions, 0, action)


def _reported(month: Month) -> str:
    return f"{counted(month.reported, 'reported faxes')} deleted" if month.reported else ""


def bounds(month: Month) -> dict[str, datetime]:
    """Return the first moment of a month, and that of the next one, as parameters of a query."""
    began, ends = layout.bounds(month.month)
    return {"began": began, "ends": ends}


_FINDERS: Mapping[Rule, Callable[[Connection, Month, Ends], Due | None]] = {
    Rule.PERSONAL_VALUES: _personal_values,
    Rule.ROWS: _rows,
    Rule.TOTALS: _totals,
}
