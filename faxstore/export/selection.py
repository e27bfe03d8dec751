"""The selection of sessions for an export: a period, and filters by server, direction, result and account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
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

    def in_period(self, started_at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        """The conditions on the start of a session."""
        conditions = []
        if self.period.since is not None:
            conditions.append(started_at >= literal(self.period.since, MOMENT))
        if self.period.until is not None:
            conditions.append(started_at < literal(self.period.until, MOMENT))
        return conditions

    def filters(self, view: FromClause) -> list[ColumnElement[bool]]:
        """The filters by columns that the view has itself."""
        return [view.c[name].in_(values) for name, values in self._values() if name in view.c]

    def needs_sessions(self, view: FromClause) -> bool:
        """Whether a filter is by a column that fax.sessions has and the view has not."""
        return any(name not in view.c for name, _ in self._values())

    def in_sessions(self, view: FromClause) -> ColumnElement[bool]:
        """The condition that the session of a row matches, for a view that needs fax.sessions."""
        matching: Select[Any] = select(sessions.c.session_id, sessions.c.started_at)
        matching = matching.where(*self.in_period(sessions.c.started_at), *self.filters(sessions))
        return tuple_(view.c.session_id, view.c.started_at).in_(matching)

    def _values(self) -> list[tuple[str, Sequence[str]]]:
        values = zip(FILTERS, (self.servers, self.directions, self.results, self.accounts), strict=True)
        return [(name, chosen) for name, chosen in values if chosen]
