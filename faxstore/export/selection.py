"""The selection of sessions: a period, and filters by server, direction, result, account, number and file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, literal, or_, select, tuple_

from faxstore.export.parties import has_file, has_number
from faxstore.settings.period import Period
from faxstore.store import period as periods
from faxstore.store.database import Connection
from faxstore.store.known_values import require_accounts, require_servers
from faxstore.store.tables import MOMENT, sessions

FILTERS = ("server", "direction", "result", "account_code")
"""The columns of fax.sessions that a selection can filter by."""

Resolve = Callable[[Connection, Period], Period]
"""Makes the bounds of a period absolute (faxstore.store.period)."""


@dataclass(frozen=True)
class Selection:
    """Sessions that began in a period and match the filters; an empty filter matches every session.

    For a query the bounds of the period must be absolute: `checked` makes them so.
    """

    period: Period = field(default_factory=Period)
    servers: Sequence[str] | None = None
    directions: Sequence[str] | None = None
    results: Sequence[str] | None = None
    accounts: Sequence[str] | None = None
    no_account: bool = False
    """Whether sessions without an account match too; if no account is named, only they match."""
    digits: str | None = None
    """The digits of a number (store.erasure.digits_of) that a party or station id must contain."""
    file: str | None = None
    """The path of a file, or the part after its last slash."""

    def checked(self, connection: Connection, resolve: Resolve = periods.resolve) -> Selection:
        """The same selection with absolute bounds.

        Raises UsageError as `resolve` does, and for a server or an account that the history does not have.
        """
        absolute = resolve(connection, self.period)
        require_servers(connection, self.servers or ())
        require_accounts(connection, self.accounts or ())
        return replace(self, period=absolute)

    def conditions(self, view: FromClause, filtered: FromClause) -> list[ColumnElement[bool]]:
        """The conditions on the rows of a view.

        Filters use the columns of `filtered`, or else those of fax.sessions, by the session of the row.
        """
        conditions = [*self.in_period(view.c.started_at), *self.filters(filtered)]
        if any(name not in filtered.c for name, _ in self._values()):
            matching: Select[Any] = select(sessions.c.session_id, sessions.c.started_at)
            matching = matching.where(*self.in_period(sessions.c.started_at), *self.filters(sessions))
            conditions.append(tuple_(view.c.session_id, view.c.started_at).in_(matching))
        return conditions

    def filters(self, view: FromClause) -> list[ColumnElement[bool]]:
        """The filters by columns that the view has itself."""
        found = [_is_one_of(view.c[name], values) for name, values in self._values() if name in view.c]
        if self.digits is not None:
            found.append(has_number(view, self.digits))
        if self.file is not None:
            found.append(has_file(view, self.file))
        return found

    def in_period(self, started_at: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
        """The conditions on the start of a session or job."""
        if self.period.since is not None:
            yield started_at >= literal(self.period.since, MOMENT)
        if self.period.until is not None:
            yield started_at < literal(self.period.until, MOMENT)

    def _values(self) -> list[tuple[str, Sequence[str | None]]]:
        accounts = [*(self.accounts or ()), *([None] if self.no_account else [])]
        values = zip(FILTERS, (self.servers, self.directions, self.results, accounts), strict=True)
        return [(name, chosen) for name, chosen in values if chosen]


def _is_one_of(column: ColumnElement[Any], values: Sequence[str | None]) -> ColumnElement[bool]:
    """Whether the column has one of the values; None stands for NULL, which SQL's IN never finds."""
    named = column.in_([value for value in values if value is not None])
    return or_(named, column.is_(None)) if None in values else named
