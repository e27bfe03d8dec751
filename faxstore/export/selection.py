"""Which sessions: a period in a time zone, and what they must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, literal, select, tuple_

from faxstore.store.tables import MOMENT, sessions

OF_A_SESSION = ("server", "direction", "result", "account_code")
"""Columns of fax.sessions that a selection may ask for."""


@dataclass(frozen=True)
class Selection:
    """Sessions that began from `since` on and before `until`; of these servers, directions, results and accounts.

    A moment without an offset is a local time of the zone, as the database knows it.  None and () mean any.
    """

    since: datetime | None = None
    until: datetime | None = None
    zone: str = "UTC"
    servers: Sequence[str] = ()
    directions: Sequence[str] = ()
    results: Sequence[str] = ()
    accounts: Sequence[str] = ()

    def period(self, started_at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        """The conditions on the moment in which a session began."""
        found = []
        if self.since is not None:
            found.append(started_at >= self._moment(self.since))
        if self.until is not None:
            found.append(started_at < self._moment(self.until))
        return found

    def wanted(self, view: FromClause) -> list[ColumnElement[bool]]:
        """The conditions on those columns that the view has itself."""
        return [view.c[name].in_(values) for name, values in self._values() if name in view.c]

    def asks_for_more(self, view: FromClause) -> bool:
        """Whether it asks for something that only fax.sessions knows."""
        return any(name not in view.c for name, _ in self._values())

    def of_sessions(self, view: FromClause) -> ColumnElement[bool]:
        """The condition that a row is of a session that fits, for a view that does not know all of it."""
        fitting: Select[Any] = select(sessions.c.session_id, sessions.c.started_at)
        fitting = fitting.where(*self.period(sessions.c.started_at), *self.wanted(sessions))
        return tuple_(view.c.session_id, view.c.started_at).in_(fitting)

    def _values(self) -> list[tuple[str, Sequence[str]]]:
        chosen = zip(OF_A_SESSION, (self.servers, self.directions, self.results, self.accounts), strict=True)
        return [(name, values) for name, values in chosen if values]

    def _moment(self, told: datetime) -> ColumnElement[datetime]:
        if told.tzinfo is not None:
            return literal(told, MOMENT)
        return func.timezone(self.zone, literal(told), type_=MOMENT)
