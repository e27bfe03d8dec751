"""The command: its list, its messages, what the audit report and the doctor show of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from faxstore.errors import FaxstoreError
from faxstore.report.period_reports import REPORTS
from faxstore.retention.applying import LOCK
from faxstore.store.database import connect
from faxstore.store.exclusive import exclusive
from tests.kit.archives import compacted, history
from tests.kit.command_line import Ran, run_command
from tests.kit.given import read
from tests.kit.log_faxes import as_lines, verified
from tests.kit.retention import applied, due, periods

SETTINGS = """
total_after = 1
[retention]
personal_values = {personal_values}
rows = 2
archive = "archive"
checkpoint = "checkpoint"
"""


@pytest.fixture
def months(dsn: str, database: psycopg.Connection, tmp_path: Path) -> str:
    """A DSN of a history of two months of 2026 that can be archived."""
    history(database)
    compacted(database)
    (tmp_path / "archive").mkdir()
    run_command(dsn, "seal", "--publish", str(tmp_path / "checkpoint"))
    return dsn


def retention(dsn: str, folder: Path, *options: str, personal_values: int = 1) -> Ran:
    """Runs the command with settings in the folder."""
    settings = folder / "faxstore.toml"
    settings.write_text(SETTINGS.format(personal_values=personal_values))
    return run_command(dsn, "--config", str(settings), "retention", *options)


def test_without_a_period_everything_is_retained(months: str) -> None:
    for options in ([], ["--dry-run"]):
        ran = run_command(months, "retention", *options)
        line = "faxstore: no period is set in [retention] of the settings: everything is retained\n"
        assert ran == Ran(0, "", line)


def test_a_dry_run_changes_nothing(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    ran = retention(months, tmp_path, "--dry-run")
    assert ran.returncode == 0, ran.stderr
    titles, *lines = ran.stdout.splitlines()
    assert titles.split() == ["month", "rule", "rows", "sessions", "rejected", "what", "happens"]
    assert lines[0].split() == ["2026-09", "personal_values", "320", "20", "0", "erased"]
    assert ran.stderr == f"faxstore: {len(lines)} steps due; nothing was changed\n"
    assert read(database, "select from fax.month_change") == []
    document = json.loads(retention(months, tmp_path, "--dry-run", "--format", "json").stdout)
    assert document[0] == {
        "month": "2026-09",
        "rule": "personal_values",
        "rows": 320,
        "sessions": 20,
        "messages": 0,
        "action": "erased",
    }


def test_what_could_not_be_done_is_an_error(months: str, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text("no checkpoint\n")
    ran = retention(months, tmp_path, personal_values=600)
    assert ran.returncode == 1
    *_, problem, last = ran.stderr.splitlines()
    assert problem.startswith(f"faxstore: retention.checkpoint {tmp_path}/checkpoint: ")
    assert last == "faxstore: retention is not complete: 1 problem, see above"


def test_the_audit_report_shows_what_was_done(months: str, tmp_path: Path) -> None:
    applied(months, periods(tmp_path, personal_values=1, rows=2, totals=2))
    report = run_command(months, "report", "audit", "--from", "2026-09-01", "--to", "2026-10-01")
    changes = [line.split("  ") for line in report.stdout.splitlines() if line.startswith("2026-09")]
    assert [(fields[0].strip(), fields[-1].strip()) for fields in changes] == [
        ("2026-09", "faxstore retention: personal_values = 1"),
        ("2026-09", "faxstore retention: rows = 2"),
        ("2026-09", "faxstore retention: rows = 2"),
        ("2026-09", "faxstore retention: totals = 2"),
        ("2026-09", "faxstore retention: totals = 2"),
    ]


def test_an_answer_names_the_months_that_it_lacks(months: str, tmp_path: Path) -> None:
    applied(months, periods(tmp_path, rows=2, totals=2))
    deleted = "because they were deleted when their retention ended: 2026-09\n"
    for what in ("sessions", "usage", "history"):
        assert f"not exported, {deleted}" in run_command(months, "export", what, "--from", "2026-09-01").stderr
        assert run_command(months, "export", what, "--from", "2026-10-02").stderr == ""
    assert run_command(months, "sessions", "--from", "2026-09-01").stderr == f"faxstore: not listed, {deleted}"
    assert run_command(months, "sessions", "--last", "1").stderr == ""
    for name, report in REPORTS.items():
        said = run_command(months, "report", name, "--from", "2026-09-01").stderr
        assert said == (f"faxstore: not in the report, {deleted}" if report.is_of_faxes else "")


def test_two_at_once_are_harmless(months: str, tmp_path: Path) -> None:
    kept = periods(tmp_path, personal_values=1, rows=1)

    def run(_: int) -> str:
        try:
            return "\n".join(applied(months, kept).problems)
        except FaxstoreError as error:
            return str(error)

    with ThreadPoolExecutor() as pool:
        said = {*pool.map(run, range(3))}
    assert said <= {"", "another faxstore retention is running: it does what is due"}
    assert due(months, kept) == []
    assert as_lines(verified(months)) == []


def test_another_run_is_not_disturbed(months: str, tmp_path: Path) -> None:
    with connect(months) as connection, exclusive(connection, LOCK, "a test", ""):
        ran = retention(months, tmp_path)
    assert ran == Ran(1, "", "faxstore: another faxstore retention is running: it does what is due\n")
