"""Divides the period of a list of jobs, so that its first rows appear before the whole history was read.

A job needs all attempts at it, so fax.jobs_between() answers for a period as a whole.  A job belongs to the period of
its first attempt, so the jobs of adjacent periods are those of both together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import func, select

from faxstore.export import datasets
from faxstore.export.rows import compile_query
from faxstore.export.selection import Selection
from faxstore.settings.period import Period
from faxstore.store.database import Connection

FEWEST, MOST = 200, 20_000
"""Sessions and reported faxes in the first part of a period, and in the longest: each has twice as many as the last."""

Bound = Callable[[Period, datetime], Period]
"""Sets one bound of a period."""

_LATER = """
select a.started_at
from (
    select s.session_id, s.started_at from fax.session s
    union all
    select r.session_id, r.started_at from fax.reported_fax r
) a
where a.started_at > coalesce(%(since)s::timestamptz, '-infinity')
  and a.started_at < coalesce(%(until)s::timestamptz, 'infinity')
order by a.started_at offset %(sessions)s limit 1
"""
_EARLIER = _LATER.replace("a.started_at >", "a.started_at >=").replace(
    "order by a.started_at", "order by a.started_at desc"
)


def oldest_first(connection: Connection, selection: Selection) -> Iterator[Selection]:
    """The selection in parts, from its beginning."""
    return _parts(connection, selection, _LATER, _until, _since)


def newest_first(connection: Connection, selection: Selection) -> Iterator[Selection]:
    """The selection in parts, from its end."""
    return _parts(connection, selection, _EARLIER, _since, _until)


def of_last(connection: Connection, selection: Selection, last: int) -> Selection:
    """The selection with a period that begins as late as its last jobs allow, or earlier.

    It looks at the last sessions, and at four times as many until they contain enough jobs.
    """
    sessions = 2 * last
    while (since := _start(connection, _EARLIER, selection, sessions)) is not None:
        late = replace(selection, period=replace(selection.period, since=since))
        if _jobs(connection, late, last) == last:
            return late
        sessions *= 4
    return selection


def _parts(
    connection: Connection, selection: Selection, query: str, of_part: Bound, of_rest: Bound
) -> Iterator[Selection]:
    """The selection in parts: the moment that the query finds is one bound of a part, and the other one of the rest."""
    sessions = FEWEST
    while (moment := _start(connection, query, selection, sessions)) is not None:
        yield replace(selection, period=of_part(selection.period, moment))
        selection = replace(selection, period=of_rest(selection.period, moment))
        sessions = min(2 * sessions, MOST)
    yield selection


def _since(period: Period, moment: datetime) -> Period:
    return replace(period, since=moment)


def _until(period: Period, moment: datetime) -> Period:
    return replace(period, until=moment)


def _start(connection: Connection, query: str, selection: Selection, sessions: int) -> datetime | None:
    """The start of the session that has that many before it in the period; None if the period has fewer."""
    period = {"since": selection.period.since, "until": selection.period.until}
    row = connection.execute(query.encode(), {**period, "sessions": sessions}).fetchone()
    return cast("datetime", row[0]) if row else None


def _jobs(connection: Connection, selection: Selection, most: int) -> int:
    """The number of jobs, counted up to `most`."""
    counted = select(func.count()).select_from(datasets.jobs(selection).query.limit(most).subquery("job"))
    statement, parameters = compile_query(counted)
    row = connection.execute(statement.encode(), parameters).fetchone()
    return int(row[0]) if row else 0
