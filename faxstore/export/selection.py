"""The selection of sessions for an export: a period, and filters by server, direction, result and account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, literal, select, tuple_

from faxstore.settings.period import Period
from faxstore.store.tables import MOMENT, sessions

FILTERS = ("server", "direction", "result", "account_code")
"""The columns of fax.sessions that a selection can filter by."""


@dataclass(frozen=True)
class Selection:
    """Sessions that began in a period and match the filters; an empty filter matches every session.

    The bounds of the period must be absolute (faxstore.store.period.resolve).
    """

    period: Period = field(default_factory=Period)
    servers: Sequence[str] | None = None
    directions: Sequence[str] | None = None
    results: Sequence[str] | None = None
    accounts: Sequence[str] | None = None

    def conditions(self, view: FromClause, filtered: FromClause) -> list[ColumnElement[bool]]:
        """The conditions on the rows of a view.

        Filters use the columns of `filtered`, or else those of fax.sessions, by the session of the row.
        """
        conditions = [*self._in_period(view), *self.filters(filtered)]
        if any(name not in filtered.c for name, _ in self._values()):
            matching: Select[Any] = select(sessions.c.session_id, sessions.c.started_at)
            matching = matching.where(*self._in_period(sessions), *self.filters(sessions))
            conditions.append(tuple_(view.c.session_id, view.c.started_at).in_(matching))
        return conditions

    def filters(self, view: FromClause) -> list[ColumnElement[bool]]:
        """The filters by columns that the view has itself."""
        return [view.c[name].in_(values) for name, values in self._values() if name in view.c]

    def _in_period(self, view: FromClause) -> Iterator[ColumnElement[bool]]:
        if self.period.since is not None:
            yield view.c.started_at >= literal(self.period.since, MOMENT)
        if self.period.until is not None:
            yield view.c.started_at < literal(self.period.until, MOMENT)

    def _values(self) -> list[tuple[str, Sequence[str]]]:
        values = zip(FILTERS, (self.servers, self.directions, self.results, self.accounts), strict=True)
        return [(name, chosen) for name, chosen in values if chosen]
