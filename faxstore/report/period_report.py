"""Prints a report about a period: a table, with bars and a sparkline on a terminal, or its rows in a file format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from psycopg.rows import dict_row
from sqlalchemy import bindparam, select

from faxstore import sql
from faxstore.api.listings import Order, undivided
from faxstore.export.datasets import Dataset
from faxstore.export.rows import fetch_rows
from faxstore.export.run import snapshot
from faxstore.report.bars import bar, sparkline
from faxstore.report.columns import Column, cell_text, percent
from faxstore.report.formats import Format, Row, Style
from faxstore.report.listing import print_rows
from faxstore.report.period_reports import REPORTED, Report
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from faxstore.store.database import Connection
from faxstore.store.known_values import known_servers, require_servers
from faxstore.store.period import resolve_for_local_time
from faxstore.store.tables import columns_of

BAR = 12
"""The width of the longest bar, in cells."""
PERCENT = len("100.00 %")
DAYS = 30
"""A period without a start begins at midnight, this number of days before its end."""

_START = "select date_trunc('day', %(until)s::timestamptz - %(days)s * interval '1 day', %(zone)s)"


@dataclass(frozen=True)
class Asked:
    """What a report is about."""

    period: Period
    """With absolute bounds."""
    servers: Sequence[str]
    bucket: str | None = None
    """The interval of each row, a unit of local time such as `day`, if the rows are buckets of time."""


def asked(connection: Connection, period: Period, servers: Sequence[str], bucket: str | None = None) -> Asked:
    """What a report is about: the last 30 days until now, and all servers, unless they are given.

    Raises UsageError for an unknown server or time zone, and for a bound that is no local time (an hour occurs twice).
    """
    absolute = resolve_for_local_time(connection, period)
    require_servers(connection, servers)
    until = absolute.until or _moment(connection, "select now()")
    days = {"until": until, "days": DAYS, "zone": period.time_zone}
    whole = Period(absolute.since or _moment(connection, _START, **days), until, period.time_zone)
    whole.require_order()
    return Asked(whole, servers or known_servers(connection), bucket)


def print_report(connection: Connection, report: Report, about: Asked, style: Style, screen: Screen) -> None:
    """Print all rows.  Raises UsageError for an unknown column, and for Parquet on a terminal or without pyarrow."""
    dataset = dataset_of(report, about)
    if style.format is not Format.TABLE or style.names:
        print_rows(connection, undivided(dataset, Order()), report.columns, style, screen)
        return
    with snapshot(connection, "UTC"):
        every = dataset.query.selected_columns
        rows = list(fetch_rows(connection, dataset.ordered(*every), dict_row))
    for line in _head(report, rows, screen):
        screen.line(line)
    screen.table(rows, [*table_columns(report, about, rows), *_bars(report, rows, screen)])


def dataset_of(report: Report, about: Asked) -> Dataset:
    """The rows of a report."""
    named = re.sub(r"%\((\w+)\)s", r"(:\1)", sql.text(report.query).rstrip().rstrip(";"))
    given = {
        "since": about.period.since,
        "until": about.period.until,
        "time_zone": about.period.time_zone,
        "bucket": about.bucket,
        "servers": list(about.servers),
    }
    used: list[Any] = [bindparam(name, value) for name, value in given.items() if f"(:{name})" in named]
    found = sa.text(named).bindparams(*used).columns(*columns_of(report.types)).subquery("report")
    return Dataset(select(found), report.order)


def table_columns(report: Report, about: Asked, rows: Sequence[Row]) -> list[Column]:
    """The columns of the table, with the time zone in the title of local times; REPORTED only if a row has some.

    The last one is the figure that is drawn, if the report has no column of its own for it.
    """
    titled = f"from ({about.period.time_zone})"
    shown = [each for each in report.columns if each.title != REPORTED or any(row[REPORTED] for row in rows)]
    columns = [each._replace(title=titled) if each.names == ("label",) else each for each in shown]
    name = report.drawn
    if all(name not in column.names for column in columns):
        columns.append(
            Column(_title(name), lambda row: percent(row[name]).rjust(PERCENT), (name,), rank=1, least=PERCENT)
        )
    return columns


def _title(name: str) -> str:
    return name.removesuffix("_estimated").replace("_", " ")


def _bars(report: Report, rows: Sequence[Row], screen: Screen) -> Iterator[Column]:
    """The last column of a table on a terminal: a bar."""
    if screen.draws:
        name = report.drawn
        highest = report.full or max((row[name] for row in rows if row[name] is not None), default=None)
        yield Column("", lambda row: bar(row[name], highest, BAR), (name,), rank=len(report.columns) + 2, least=BAR)


def _head(report: Report, rows: Sequence[Row], screen: Screen) -> Iterator[str]:
    """The course of a report by time, above its table on a terminal."""
    values = [row[report.drawn] for row in rows]
    known = [value for value in values if value is not None]
    if report.is_by_time and screen.draws and screen.width and known:
        title = _title(report.drawn)
        text = cell_text if max(known) > 1 or all(isinstance(value, int) for value in known) else percent
        ends = f"{text(min(known))} to {text(max(known))}"
        yield f"{title}  {sparkline(values, max(10, screen.width - len(title) - len(ends) - 4))}  {ends}"
        yield ""


def _moment(connection: Connection, query: str, **parameters: Any) -> datetime:
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return cast("datetime", row[0])
