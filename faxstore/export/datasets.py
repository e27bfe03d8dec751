"""The data sets of `faxstore export`: the columns and the order of the rows of each view.

A data set has every column of its view, so a new column needs no code here.  To add a column to an export:

1. Add it to the view in faxstore/sql/folds, with a comment at the end of its line, and run `make freeze docs`.
2. Add it, with its type, to the view's table in faxstore/store/tables.py.  A test compares the two.
3. If its name does not contain its unit, add the unit to UNITS in faxstore/export/units.py; files then have it in the
   column's name.

All formats then have the column, except those with a fixed layout: xferfaxlog, and the formats of billing.

The period of every data set selects sessions by their start, so all rows of a session are in the same period.  A job is
in the period of its first attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Select, column, func, literal, select

from faxstore.errors import UsageError
from faxstore.export.selection import Selection
from faxstore.export.units import UNITS, name_with_unit
from faxstore.store.tables import (
    MOMENT,
    jobs_masked,
    session,
    session_history,
    session_pages,
    session_timeline,
    sessions_masked,
)
from faxstore.store.tables import jobs as job_view
from faxstore.store.tables import sessions as session_view
from faxstore.visible import visible


@dataclass(frozen=True)
class Dataset:
    """A query for the rows of an export."""

    query: Select[Any]
    order: tuple[str, ...]
    """The columns that the rows are sorted by."""
    time_column: str = "started_at"
    """The column that decides the month of a row in a Parquet folder."""
    names: tuple[str, ...] = ()
    """The columns of the query that are wanted, in their order; without any, all of them."""
    newest_first: bool = False
    """Whether the rows are sorted backward."""
    last: int | None = None
    """The number of rows, the last ones; None for all."""
    file: str = "part"
    """How the name of each file in a Parquet folder begins."""

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The wanted columns."""
        every = self.query.selected_columns
        return [every[name] for name in self.names] if self.names else list(every)

    def only(self, names: Sequence[str]) -> Dataset:
        """The same data set with these columns only.  Raises UsageError for a name that it does not have."""
        every = self.query.selected_columns.keys()
        for name in names:
            if name not in every:
                raise UsageError(f"--columns {visible(name)}: there is no such column; there are {', '.join(every)}")
        return replace(self, names=tuple(names))

    def ordered(self, *columns: ColumnElement[Any], before: Iterable[ColumnElement[Any]] = ()) -> Select[Any]:
        """The query with these columns instead of its own, sorted by `before` and then by `order`."""
        sort = [self.query.selected_columns[name] for name in self.order]
        if self.last is not None and not self.newest_first:
            return self._last_ones(columns, sort)
        if self.newest_first:
            sort = [column.desc() for column in sort]
        return self.query.with_only_columns(*columns).order_by(*before, *sort).limit(self.last)

    def _last_ones(self, columns: Sequence[ColumnElement[Any]], sort: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """The last rows, oldest first: sorted backward, so that no other row is read, and then forward."""
        keys = [column.label(f"sort_{place}") for place, column in enumerate(sort)]
        backward = self.query.with_only_columns(*columns, *keys).order_by(*(key.desc() for key in keys))
        found = backward.limit(self.last).subquery("last")
        shown = list(found.c)[: len(columns)]
        return select(*shown).order_by(*(found.c[key.name] for key in keys))

    def with_units(self) -> Dataset:
        """The same data set, with the unit of each column in its name (faxstore/export/units.py)."""
        columns = [_with_unit(each) for each in self.query.selected_columns]
        return replace(self, query=self.query.with_only_columns(*columns))


def sessions(selection: Selection) -> Dataset:
    """The view fax.sessions."""
    return _of_view(session_view, selection, "started_at", "session_id")


def masked_sessions(selection: Selection) -> Dataset:
    """The view fax.sessions_masked."""
    return _of_view(sessions_masked, selection, "started_at", "session_id")


def masked_jobs(selection: Selection) -> Dataset:
    """The rows of fax.jobs_masked whose first attempt started in the period."""
    period = selection.in_period(jobs_masked.c.first_attempt_at)
    query = select(jobs_masked).where(*period, *selection.filters(jobs_masked))
    return Dataset(query, ("first_attempt_at", "job_id"), "first_attempt_at")


def pages(selection: Selection) -> Dataset:
    """The view fax.session_pages."""
    return _of_view(session_pages, selection, "started_at", "session_id", "page")


def timeline(selection: Selection) -> Dataset:
    """The view fax.session_timeline, with the server of each session."""
    return _with_server(session_timeline, selection, "started_at", "session_id", "observed_at", "position")


def history(selection: Selection) -> Dataset:
    """The view fax.session_history, with the server of each session, by position."""
    return replace(_with_server(session_history, selection, "position"), file="history")


def usage(selection: Selection, bucket: str) -> Dataset:
    """The function fax.usage(): counts by bucket, a unit of local time such as `day`."""
    period = selection.period
    since = _local(period.since, period.time_zone, "-infinity")
    until = _local(period.until, period.time_zone, "infinity")
    counts = ("sessions", "pages", "bad_lines")
    found = func.fax.usage(since, until, period.time_zone, bucket).table_valued(
        *(column(name, MOMENT) for name in ("bucket_start", "bucket_end")),
        *(column(name, sa.Text()) for name in ("server", "account_code", "direction")),
        *(column(name, sa.BigInteger()) for name in counts),
        column("seconds", sa.Numeric()),
        *(column(name, sa.BigInteger()) for name in ("successes", "failures", "unknown_ends", "unknown_durations")),
        column("source", sa.Text()),
        name="usage",
    )
    query = select(found).where(*selection.filters(found))
    return Dataset(query, ("bucket_start", "server", "account_code", "direction", "source"), "bucket_start")


def jobs(selection: Selection) -> Dataset:
    """The function fax.jobs_between(): the rows of fax.jobs whose first attempt started in the period."""
    since, until = (literal(bound, MOMENT) for bound in (selection.period.since, selection.period.until))
    servers = literal(list(selection.servers) if selection.servers else None, sa.ARRAY(sa.Text))
    columns = (column(each.name, each.type) for each in job_view.c)
    found = func.fax.jobs_between(since, until, servers).table_valued(*columns, name="jobs")
    query = select(found).where(*selection.filters(found))
    return Dataset(query, ("first_attempt_at", "job_id"), "first_attempt_at")


def _with_unit(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if column.name != "changes":
        return column.label(name_with_unit(column.name)) if column.name in UNITS else column
    names = column
    for name in UNITS:
        names = func.array_replace(names, name, name_with_unit(name), type_=column.type)
    return names.label(column.name)


def _local(bound: datetime | None, time_zone: str, unbounded: str) -> ColumnElement[Any]:
    """A bound of a period as the local time that fax.usage() takes."""
    if bound is None:
        return literal(unbounded).cast(sa.DateTime)
    return func.timezone(time_zone, literal(bound, MOMENT))


def _of_view(view: FromClause, selection: Selection, *order: str) -> Dataset:
    return Dataset(select(view).where(*selection.conditions(view, view)), order)


def _with_server(view: FromClause, selection: Selection, *order: str) -> Dataset:
    session_id, *others = view.c
    query = select(session_id, session.c.server, *others)
    query = query.join_from(view, session, view.c.session_id == session.c.session_id)
    return Dataset(query.where(*selection.conditions(view, session)), order)
