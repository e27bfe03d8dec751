"""`faxstore report usage` and the other reports about a period: given attempts, expect their rows."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from faxstore import cli
from faxstore.export.rows import fetch_rows
from faxstore.report import period_report
from faxstore.report.formats import Style
from faxstore.report.period_reports import REPORTS
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from tests.kit.given import append, receiving, result
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts

Captured = pytest.CaptureFixture[str]

TWO_DAYS = Period.parse("2026-11-02", "2026-11-04")
"""The day of START, 8 o'clock UTC, and the next one."""


def rows(
    database: psycopg.Connection,
    name: str,
    *columns: str,
    bucket: str = "day",
    period: Period = TWO_DAYS,
    servers: tuple[str, ...] = (),
) -> list[tuple[Any, ...]]:
    """These columns of the rows of a report."""
    about = period_report.asked(database, period, servers, bucket)
    query = period_report.dataset_of(REPORTS[name], about)
    with database.transaction():
        found = list(fetch_rows(database, query.ordered(*query.columns), psycopg.rows.dict_row))
    return [tuple(row[column] for column in columns) for row in found]


def test_usage_has_each_day_also_those_without_faxes(database: psycopg.Connection) -> None:
    append_attempts(
        database,
        Attempt(0, "success", pages=3),
        Attempt(HOUR, "failed", server="other"),
        Attempt(2 * HOUR, "success", direction="received", pages=2),
    )
    columns = ("label", "sessions", "sent", "received", "pages", "successes", "failures")
    assert rows(database, "usage", *columns) == [("2026-11-02", 3, 2, 1, 6, 2, 1), ("2026-11-03", 0, 0, 0, 0, 0, 0)]
    assert rows(database, "usage", *columns, servers=("other",))[0] == ("2026-11-02", 1, 1, 0, 1, 0, 1)


def test_usage_counts_by_intervals_of_the_time_zone(database: psycopg.Connection) -> None:
    """A fax at 23:30 UTC is one of the next day in Berlin."""
    append_attempts(database, Attempt(15.5 * HOUR, "success"))
    berlin = Period.parse("2026-11-02", "2026-11-04", "Europe/Berlin")
    assert rows(database, "usage", "label", "sessions", period=berlin) == [("2026-11-02", 0), ("2026-11-03", 1)]
    assert rows(database, "usage", "label", "sessions") == [("2026-11-02", 1), ("2026-11-03", 0)]


def test_quality_has_the_bad_lines_of_measurable_pages(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (9, 1, 4), (10, 2, 4)), result(11, "SUCCESS", "", "OK"))
    append_attempts(database, Attempt(HOUR, "success", server="other", pages=5))
    columns = ("label", "sessions", "pages", "measurable_pages", "bad_lines")
    assert rows(database, "quality", *columns) == [("2026-11-02", 2, 6, 1, 4), ("2026-11-03", 0, 0, 0, None)]


def test_concurrency_has_the_peak_and_the_mean(database: psycopg.Connection) -> None:
    """Two faxes of an hour, the second half an hour later: in the first hour 1.5 on average, in the second 0.5."""
    append_attempts(
        database,
        Attempt(0, "success", seconds=HOUR),
        Attempt(HOUR / 2, "success", seconds=HOUR, server="other"),
        Attempt(3 * HOUR, "success", direction="detector"),
    )
    morning = Period.parse("2026-11-02T07:00", "2026-11-02T12:00")
    found = rows(database, "concurrency", "label", "peak", "mean", bucket="hour", period=morning)
    assert [(label[-5:], peak, round(float(mean), 1)) for label, peak, mean in found] == [
        ("07:00", 0, 0.0), ("08:00", 2, 1.5), ("09:00", 1, 0.5), ("10:00", 0, 0.0), ("11:00", 0, 0.0),
    ]  # fmt: skip


def test_a_fax_that_crosses_the_start_of_the_period_is_in_progress_at_it(database: psycopg.Connection) -> None:
    append_attempts(database, Attempt(0, "success", seconds=HOUR))
    half = Period.parse("2026-11-02T08:30", "2026-11-02T09:00")
    assert rows(database, "concurrency", "peak", "mean", bucket="hour", period=half) == [(1, Decimal("1.00"))]


def test_jobs_count_those_that_got_through_at_once_and_later(database: psycopg.Connection) -> None:
    append_attempts(
        database,
        Attempt(0, "success", pages=2),
        Attempt(60, "failed", called="222"),
        Attempt(HOUR, "success", called="222", pages=4),
        Attempt(120, "failed", called="333"),
        Attempt(180, "unknown", called="444"),
    )
    columns = ("label", "jobs", "attempts", "at_first_attempt", "at_later_attempt", "failed", "unknown")
    assert rows(database, "jobs", *columns) == [("2026-11-02", 4, 5, 1, 1, 1, 1), ("2026-11-03", 0, 0, 0, 0, 0, 0)]


def test_failures_are_counted_by_class_and_those_in_progress_are_none(database: psycopg.Connection) -> None:
    append_attempts(
        database,
        Attempt(0, "success"),
        Attempt(60, "failed", pages=3),
        Attempt(120, "failed", pages=0),
        Attempt(180, "unknown"),
        Attempt(240, "open"),
    )
    columns = ("place", "result_class", "sessions", "after_a_page", "share")
    assert rows(database, "failures", *columns) == [
        (1, "call_dropped", 2, 1, Decimal("0.5000")),
        (2, None, 1, 1, Decimal("0.2500")),
    ]


def test_peers_begin_with_the_most_used(database: psycopg.Connection) -> None:
    append_attempts(database, Attempt(0, called="222"), Attempt(60, called="333"), Attempt(120, called="333"))
    assert rows(database, "peers", "place", "peer", "sessions") == [(1, "333", 2), (2, "222", 1)]


def test_coverage_has_each_server_with_its_share(database: psycopg.Connection) -> None:
    append_attempts(database, Attempt(0))
    assert [row[0] for row in rows(database, "coverage", "server", "share_covered")] == ["pbx"]


# -- the command ----------------------------------------------------------------------------------


def printed(dsn: str, capture: Captured, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", dsn, "report", *arguments])
    out, error = capture.readouterr()
    return int(leaving.value.code or 0), out, error


def test_a_table_on_a_terminal_has_bars_and_their_course(database: psycopg.Connection) -> None:
    append_attempts(database, Attempt(0, "success", pages=3), Attempt(DAY, "success", pages=1))
    out = io.StringIO()
    about = period_report.asked(database, TWO_DAYS, (), "day")
    period_report.print_report(database, REPORTS["usage"], about, Style(), Screen(out, 110))
    assert out.getvalue().splitlines() == [
        "pages  █▃  1 to 3",
        "",
        "from (UTC)  faxes  sent  received  pages  bad lines  successes  failures  unknown",
        "─" * 95,
        "2026-11-02      1     1         0      3                     1         0        0  ████████████",
        "2026-11-03      1     1         0      1                     1         0        0  ████",
    ]


def test_in_a_pipe_there_are_no_bars(database: psycopg.Connection, dsn: str, capsys: Captured) -> None:
    append_attempts(database, Attempt(0, "success"))
    status, out, error = printed(dsn, capsys, "usage", "--from", "2026-11-02", "--to", "2026-11-03")
    assert (status, error) == (0, "")
    assert out.splitlines()[2].split() == ["2026-11-02", "1", "1", "0", "1", "1", "0", "0"]


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_has_its_rows_as_csv_and_says_nothing_else(
    database: psycopg.Connection, dsn: str, capsys: Captured, name: str
) -> None:
    append_attempts(database, Attempt(0, "failed"))
    status, out, error = printed(dsn, capsys, name, "--from", "2026-11-02", "--to", "2026-11-03", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert (status, error, len(row)) == (0, "", len(REPORTS[name].types.split(",")))


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_of_an_empty_database(dsn: str, capsys: Captured, name: str) -> None:
    status, out, error = printed(dsn, capsys, name)
    assert (status, error) == (0, "")
    assert out.splitlines()[1].startswith("─")


def test_the_last_thirty_days_begin_at_midnight_of_the_time_zone(database: psycopg.Connection) -> None:
    until = Period.parse(None, "2026-11-02T15:00+00:00", "Europe/Berlin")
    about = period_report.asked(database, until, ())
    assert about.period.since is not None
    assert about.period.since.isoformat() == "2026-10-02T22:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["usage", "--server", "nope"], "faxstore: --server nope: no server is known yet\n"),
        (["usage", "--to", "2026-11-02", "--from", "2026-11-03"], "is not before --to"),
        (["failures", "--columns", "nope"], "faxstore: --columns nope: there is no such column; there are place,"),
        (["usage", "--time-zone", "Berlin"], "the database has no time zone 'Berlin'"),
    ],
)
def test_wrong_use_is_one_line(dsn: str, capsys: Captured, arguments: list[str], message: str) -> None:
    status, out, error = printed(dsn, capsys, *arguments)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert message in error
