"""The rows that the page of a period shows: those of the reports about a period, and the worst faxes with their pages.

All are as of one moment.  Each time also has the local one of the period's time zone, in a field whose name ends with
`_local`, because only the database knows time zones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from psycopg.rows import dict_row
from rich.console import Console
from sqlalchemy import BigInteger, ColumnElement, DateTime, Select, Table, func, literal, select

from faxstore.export.datasets import Dataset
from faxstore.export.rows import fetch_rows
from faxstore.report import period_report
from faxstore.report.columns import Column, fields
from faxstore.report.formats import Row
from faxstore.report.listing import SHORT_ID
from faxstore.report.period_report import Asked, dataset_of
from faxstore.report.period_reports import REPORTS, USAGE, Report
from faxstore.settings.period import Period
from faxstore.store.database import Connection, one_moment
from faxstore.store.tables import MOMENT, session_pages, session_timeline

BUCKETS = (("hour", timedelta(days=3)), ("day", timedelta(days=100)), ("week", timedelta(days=700)))
"""Each bucket with the longest period that has it; a longer one has months."""

PICTURED = 6
"""The number of the worst faxes that have a picture."""

SUMMED = (
    "sessions", "sent", "received", "pages", "pages_sent", "pages_received", "successes", "failures", "unknown_ends",
)  # fmt: skip
"""The columns of the report about usage of which the page has sums."""

WORST = Report(
    "queries/report/worst",
    "place bigint, session_id uuid, started_at timestamptz, server text, direction text, caller_number text,"
    " called_number text, pages integer, duration_seconds numeric, bad_lines bigint, bad_lines_discarded bigint,"
    " rate_falls bigint, lowest_data_rate integer, result text",
    ("place",),
    (
        Column("session", lambda row: str(row["session_id"])[:SHORT_ID], ("session_id",)),
        *fields("server", ("started (UTC)", "started_at"), "direction", ("caller", "caller_number")),
        *fields(("called", "called_number"), ("seconds", "duration_seconds"), "pages", "bad_lines"),
        *fields(("discarded", "bad_lines_discarded"), "rate_falls", ("lowest bit/s", "lowest_data_rate"), "result"),
    ),
    "bad_lines",
)
GAPS = Report(
    "queries/audit/gaps", "server text, began_at timestamptz, ended_at timestamptz", ("began_at",), (), "server"
)

SHOWN = {
    **{name: REPORTS[name] for name in ("usage", "failures", "quality", "peers", "concurrency", "coverage")},
    "gaps": GAPS,
    "worst": WORST,
}
"""The reports whose rows are on the page."""


@dataclass(frozen=True)
class Figures:
    """All rows of the page."""

    about: Asked
    moments: Row
    """The bounds of the period in local time, and when this was queried."""
    rows: Mapping[str, Sequence[Row]]
    """The rows of each report of SHOWN, by its name."""
    totals: Row
    """The sums of the report about usage, and the share of successes."""
    pages: Sequence[Row]
    """The pages of the worst faxes that have a picture."""
    changes: Sequence[Row]
    """The timelines of the same faxes."""

    @property
    def bucket(self) -> str:
        """The interval of the rows that are buckets of time."""
        assert self.about.bucket is not None
        return self.about.bucket


def asked(connection: Connection, period: Period, servers: Sequence[str]) -> Asked:
    """What the page is about, as of any report, with a bucket that divides the period into at most a hundred parts.

    Raises UsageError as period_report.asked does.
    """
    about = period_report.asked(connection, period, servers)
    assert about.period.since is not None
    assert about.period.until is not None
    length = about.period.until - about.period.since
    return replace(about, bucket=next((bucket for bucket, longest in BUCKETS if length <= longest), "month"))


def figures(connection: Connection, about: Asked) -> Figures:
    """Query all rows, in one read-only transaction."""
    with one_moment(connection), Console(stderr=True).status("") as status:  # a progress line on a terminal only
        rows: dict[str, Sequence[Row]] = {}
        for name, report in SHOWN.items():
            status.update(f"{name} ...")
            rows[name] = _rows(connection, _with_local_times(dataset_of(report, about), about))
        status.update("sessions ...")
        pictured = rows["worst"][:PICTURED]
        pages = _rows(connection, _of_sessions(session_pages, pictured, "page"))
        changes = _rows(connection, _of_sessions(session_timeline, pictured, "observed_at", "position"))
        (moments,), (totals,) = _rows(connection, _moments(about)), _rows(connection, _totals(about))
        return Figures(about, moments, rows, totals, pages, changes)


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Row]:
    return list(fetch_rows(connection, query, dict_row))


def _with_local_times(dataset: Dataset, about: Asked) -> Select[Any]:
    """The rows in order, each time also as a local one."""
    times = [column for column in dataset.columns if isinstance(column.type, DateTime)]
    local = [func.timezone(about.period.time_zone, time).label(f"{time.name}_local") for time in times]
    return dataset.ordered(*dataset.columns, *local)


def _moments(about: Asked) -> Select[Any]:
    bounds = {"since": about.period.since, "until": about.period.until}
    local = (func.timezone(about.period.time_zone, literal(bound, MOMENT)) for bound in bounds.values())
    return select(*(bound.label(name) for name, bound in zip(bounds, local, strict=True)), func.now().label("made_at"))


def _totals(about: Asked) -> Select[Any]:
    usage = dataset_of(USAGE, about).query.subquery("usage")
    columns: list[ColumnElement[Any]] = [func.sum(usage.c[name]).cast(BigInteger).label(name) for name in SUMMED]
    share = func.sum(usage.c.successes) / func.nullif(func.sum(usage.c.sessions), 0)
    return select(*columns, share.label("success_rate"))


def _of_sessions(view: Table, sessions: Sequence[Row], *order: str) -> Select[Any]:
    """The rows that a view has of these sessions; both conditions use its indexes."""
    wanted = {name: [session[name] for session in sessions] for name in ("session_id", "started_at")}
    conditions = (view.c[name].in_(values) for name, values in wanted.items())
    return select(view).where(*conditions).order_by(*(view.c[name] for name in ("session_id", *order)))
