"""Finds the period of the last jobs, so that listing them does not read the whole history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import func, select

from faxstore.export import datasets
from faxstore.export.rows import compile_query
from faxstore.export.selection import Selection
from faxstore.store.database import Connection

_START = """
select started_at from fax.session
where started_at < coalesce(%(until)s::timestamptz, 'infinity')
order by started_at desc offset %(sessions)s limit 1
"""


def narrowed(connection: Connection, selection: Selection, last: int) -> Selection:
    """Return the selection with a period that begins late, and still contains its last jobs.

    It looks at the last sessions, and at four times as many until they contain enough jobs.
    """
    period, sessions = selection.period, 2 * last
    while True:
        since = _start(connection, period.until, sessions)
        if since is None or (period.since is not None and since <= period.since):
            return selection
        late = replace(selection, period=replace(period, since=since))
        if _jobs(connection, late, last) == last:
            return late
        sessions *= 4


def _start(connection: Connection, until: datetime | None, sessions: int) -> datetime | None:
    """The start of the session before which that many began before `until`; None if there are fewer."""
    row = connection.execute(_START, {"until": until, "sessions": sessions}).fetchone()
    return cast("datetime", row[0]) if row else None


def _jobs(connection: Connection, selection: Selection, most: int) -> int:
    """The number of jobs, counted up to `most`."""
    counted = select(func.count()).select_from(datasets.jobs(selection).query.limit(most).subquery("job"))
    statement, parameters = compile_query(counted)
    row = connection.execute(statement.encode(), parameters).fetchone()
    return int(row[0]) if row else 0
