"""All figures of a database: every view, export, report and batch without the columns that are personal.

An erasure must change none of them.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from tests.kit.command_line import run_command
from tests.kit.given import Row, read

Figures = dict[str, list[str]]
"""The rows of each source as texts."""

YEAR = ("--from", "2026-01-01", "--to", "2027-06-01")

VIEWS = {
    **{
        name: f"select * from fax.{name}"
        for name in (
            *("sessions", "session_pages", "session_timeline", "usage_daily", "failures", "coverage_gaps"),
            *("reconciliation", "jobs", "session_charges", "sessions_masked", "jobs_masked", "quality_by_peer"),
            *("export_batch", "export_line", "export_delivery", "export_pending", "epoch"),
        )
    },
    "usage": "select * from fax.usage('2026-01-01', '2027-06-01', 'Asia/Kolkata', 'hour')",
    "jobs_between": "select * from fax.jobs_between('2026-11-02 08:01+00', '2026-11-29 10:00+00')",
    "quality": "select * from fax.quality('2026-11-02 08:01', '2026-11-29 10:00', 'UTC')",
    "job_attempts": "select * from fax.job_attempts",
    "export_due": "select * from fax.export_due('books', true) where line is not null",
    "export_as_of": "select * from fax.export_as_of('books', 1, null, null)",
}
"""The queries."""

OF_VIEW = {"usage": "usage_daily", "jobs_between": "jobs", "quality": "quality_by_peer"} | dict.fromkeys(
    ("export_due", "export_as_of"), "export_line"
)
"""The view whose comments name the personal columns of a query, if it is not the one of its name."""

PERSONAL = """
select attname from pg_attribute
where attrelid = to_regclass('fax.' || %s) and col_description(attrelid, attnum) ~ '\\((personal|masked)'
"""

OF_ERASURE = {"salt", "erased_at"}
"""Columns of fax.export_line that an erasure changes, without a figure."""

EXPORTS = {
    "sessions": "sessions",
    "pages": "session_pages",
    "timeline": "session_timeline",
    "history": "session_history",
    "usage": "usage_daily",
    "jobs": "jobs",
}
"""The data sets, with the view whose comments name the personal columns."""

CONSUMERS = {"books": "csv", "meter": "cloudevents"}
"""The consumers of the billing ledger, with their formats."""


def figures(database: psycopg.Connection, names: Iterable[str] = VIEWS) -> Figures:
    """The figures of views, by default of all."""
    database.execute("set timezone = 'UTC'")
    return {name: _of_view(database, name, VIEWS[name]) for name in names}


def files(dsn: str, database: psycopg.Connection, folder: Path) -> Figures:
    """The figures of all exports, of the audit report, and of the batches of the consumers as rendered now."""
    found = {name: _of_export(dsn, database, name) for name in EXPORTS}
    found["xferfaxlog"] = _of_xferfaxlog(_output(dsn, "export", "sessions", "--format", "xferfaxlog"))
    found["audit"] = _of_audit(json.loads(_output(dsn, "report", "audit", *YEAR, "--format", "json")))
    for consumer, form in CONSUMERS.items():
        batch, state = ("billing", "render", "1", "--folder", str(folder)), ("billing", "as-of", "1")
        (path, *_) = _output(dsn, *batch, "--consumer", consumer).splitlines()
        found[f"batch of {consumer}"] = _of_lines(database, Path(path).read_text(), form)
        found[f"state of {consumer}"] = _of_lines(database, _output(dsn, *state, "--consumer", consumer), "csv")
        found[f"next of {consumer}"] = _output(
            dsn, "billing", "export", "--consumer", consumer, "--dry-run", "--recheck"
        ).splitlines()[1:]
    return found


def differences(before: Figures, after: Figures) -> dict[str, list[str]]:
    """The rows that are only in one of the two, by source; those of `before` begin with -, the others with +."""
    found = {
        name: [f"-{row}" for row in _minus(before[name], after[name])]
        + [f"+{row}" for row in _minus(after[name], before[name])]
        for name in before
    }
    return {name: rows for name, rows in found.items() if rows}


def _minus(rows: list[str], others: list[str]) -> list[str]:
    return sorted((Counter(rows) - Counter(others)).elements())


def _of_view(database: psycopg.Connection, name: str, query: str) -> list[str]:
    personal = _personal(database, OF_VIEW.get(name, name)) | OF_ERASURE
    return [_text(row, personal) for row in read(database, query)]


def _personal(database: psycopg.Connection, view: str) -> set[str]:
    return {row["attname"] for row in read(database, PERSONAL, view)}


def _text(row: Row, personal: set[str]) -> str:
    return json.dumps({name: value for name, value in row.items() if name not in personal}, default=str)


def _output(dsn: str, *arguments: str) -> str:
    ran = run_command(dsn, *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _of_export(dsn: str, database: psycopg.Connection, name: str) -> list[str]:
    personal = _personal(database, EXPORTS[name])
    return [_text(row, personal) for row in csv.DictReader(io.StringIO(_output(dsn, "export", name), newline=""))]


def _of_audit(report: dict[str, Any]) -> list[str]:
    """The rows of the audit report, without the erasures, and what depends on the time of the report."""
    of_now = {"to_at", "seconds", "seconds_without_poll", "share_covered"}
    figures = {name: section for name, section in report["sections"].items() if name != "erasures"}
    rows = [(name, row) for name, section in figures.items() for row in section["rows"]]
    return [f"{name}: {_text(row, of_now)}" for name, row in rows if "before the first poll" not in row.get("what", "")]


def _of_xferfaxlog(text: str) -> list[str]:
    """The lines without files, numbers and station ids."""
    rows = [line.split("\t") for line in text.splitlines()]
    for row in rows:
        personal = {6, 7, 8, 15} | ({4} if row[1] == "RECV" else set())
        row[:] = ["" if place in personal else value for place, value in enumerate(row)]
    return ["\t".join(row) for row in rows]


def _of_lines(database: psycopg.Connection, text: str, form: str) -> list[str]:
    if form != "csv":
        return text.splitlines()  # usage events contain nothing personal
    personal = _personal(database, "export_line")
    return [_text(row, personal) for row in csv.DictReader(io.StringIO(text, newline=""))]
