"""Files of other systems in the database: usage and jobs, repeats, the faxes that faxstore observed, and erasures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.reported.fax import Rejected
from faxstore.reported.importing import Origin, Summary, import_file
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given import read
from tests.kit.given_attempts import DAY, Attempt, append_attempts
from tests.kit.reported_lines import CLASSIC, imported, line
from tests.kit.totals import write_totals

USAGE = """
select bucket_start, server, account_code, direction, sessions, coalesce(pages, 0) as pages,
    coalesce(seconds, 0) as seconds, successes, failures, unknown_ends, unknown_durations
from fax.usage('2000-01-01', '2030-01-01', 'Europe/Berlin', 'hour') where direction in ('sent', 'received')
"""
OBSERVED = (
    Attempt(0, "success", account="law", pages=3),
    Attempt(100, "failed", pages=0),
    Attempt(200, "unknown", pages=None),
    Attempt(2 * DAY, "success", direction="received", account="law", called="500", pages=2),
    Attempt(3 * DAY, "failed", direction="received", pages=1, server="pbx2"),
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "xferfaxlog"
    path.write_text(CLASSIC)
    return path


@pytest.fixture(scope="module")
def observed(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A database with observed faxes of two servers."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        append_attempts(connection, *OBSERVED)
        write_totals(connection)
        yield connection


def stored(database: psycopg.Connection) -> list[Any]:
    """The starts of the reported faxes."""
    return [row["started_at"] for row in read(database, "select started_at from fax.reported_fax order by started_at")]


def counts(summary: Summary) -> tuple[int, int, int, int]:
    """Faxes, new ones, observed ones and rejected lines."""
    return summary.faxes, summary.new, summary.observed, summary.rejected


def test_local_times_are_of_the_given_zone(database: psycopg.Connection, log: Path) -> None:
    imported(database, str(log), zone="Europe/Berlin")
    assert stored(database)[:2] == [datetime(2008, 3, 30, 1, 9, tzinfo=UTC), datetime(2008, 3, 30, 1, 14, tzinfo=UTC)]


def test_usage_and_jobs_name_the_source(database: psycopg.Connection, log: Path) -> None:
    imported(database, str(log))
    daily = read(database, "select account_code, sessions, pages, successes, failures, source from fax.usage_daily")
    assert [tuple(row.values()) for row in daily] == [
        ("anonymous", 3, 0, 1, 2, "xferfaxlog"),
        ("cba", 1, 1, 1, 0, "xferfaxlog"),
    ]
    every = read(database, "select attempts, succeeded, pages, source from fax.jobs order by first_attempt_at")
    assert [tuple(row.values()) for row in every] == [
        (2, False, 0, "xferfaxlog"),
        (1, True, 0, "xferfaxlog"),
        (1, True, 1, "xferfaxlog"),
    ]
    between = "select attempts from fax.jobs_between('2008-03-30 03:10+00', '2008-03-30 04:00+00', '{fax1}')"
    assert [row["attempts"] for row in read(database, between)] == [1, 1]


def test_nothing_else_shows_a_reported_fax(database: psycopg.Connection, log: Path) -> None:
    imported(database, str(log))
    for view in ("sessions", "session_charges", "exportable_faxes", "failures", "quality_by_peer"):
        assert read(database, f"select * from fax.{view}") == [], view


def test_a_repeated_import_adds_nothing_and_a_grown_log_its_new_lines(database: psycopg.Connection, log: Path) -> None:
    assert counts(imported(database, str(log))[0]) == (4, 4, 0, 0)
    assert counts(imported(database, str(log))[0]) == (4, 0, 0, 0)
    with log.open("a") as file:
        file.write(line() + line() + line(type="CALL"))
    summary, _ = imported(database, str(log), zone="Asia/Tokyo")
    assert (counts(summary), summary.others) == ((6, 2, 0, 0), {"CALL": 1})
    assert counts(imported(database, str(log), server="fax2")[0]) == (6, 6, 0, 0)


def test_wrong_lines_are_rejected_and_the_others_imported(database: psycopg.Connection, log: Path) -> None:
    log.write_bytes(b"cut off by a rotation\n" + line(dest='"55\0\xe9"').encode("latin-1") + b"x\n" + line().encode())
    summary, rejected = imported(database, str(log))
    assert counts(summary) == (2, 2, 0, 2)
    assert [found.line for found in rejected] == [1, 3]
    called = read(database, "select called_number from fax.reported_fax ")
    assert {row["called_number"] for row in called} == {r"55\x00\xe9", "5550123"}


def test_a_file_of_another_format_is_one_line(database: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_text("one\n" * 30)
    reason = r"other is no xferfaxlog: line 1: it has 1 field separated by tabs, expected 14 or 16 to 20"
    with pytest.raises(UsageError, match=reason):
        imported(database, str(path))
    with pytest.raises(UsageError, match=r"other is no v_fax_logs: its first line lacks fax_log_uuid"):
        imported(database, str(path), "v_fax_logs")
    path.write_text("\n")
    assert astuple(imported(database, str(path))[0]) == astuple(Summary())


def test_an_interrupted_import_leaves_nothing(database: psycopg.Connection, log: Path) -> None:
    def interrupt(faxes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(database, str(log), Origin("xferfaxlog", "fax1"), lambda _: None, interrupt)
    assert stored(database) == []


def exported(observed: psycopg.Connection, path: Path, server: str) -> str:
    """The observed faxes of a server as an xferfaxlog."""
    path.unlink(missing_ok=True)
    words = ("--format", "xferfaxlog", "--server", server, "--time-zone", "Europe/Berlin", "--output", str(path))
    ran = run_command(observed.info.dsn, "export", "sessions", *words)
    assert ran.returncode == 0, ran
    return str(path)


def test_an_exported_log_has_the_usage_of_the_observed_faxes(
    database: psycopg.Connection, observed: psycopg.Connection, tmp_path: Path
) -> None:
    for server in ("pbx", "pbx2"):
        imported(database, exported(observed, tmp_path / "log", server), server=server, zone="Europe/Berlin")
    assert read(database, USAGE) == read(observed, USAGE)
    assert len(read(database, USAGE)) == 4


def test_faxes_that_faxstore_observed_are_not_imported(observed: psycopg.Connection, tmp_path: Path) -> None:
    summary, _ = imported(observed, exported(observed, tmp_path / "log", "pbx"), server="pbx", zone="Europe/Berlin")
    assert counts(summary) == (4, 0, 4, 0)
    calls = tmp_path / "Master.csv"
    row = '"","1","2","c","","PJSIP/t-{0}","","ReceiveFAX","a","{0} 08:00:00","","",9,7,"ANSWERED","BILL","",""\n'
    calls.write_text(row.format("2020-01-01") + row.format("2027-01-01"))
    with observed.transaction(force_rollback=True):
        assert counts(imported(observed, str(calls), "cdr", "pbx")[0]) == (2, 1, 1, 0)
        assert counts(imported(observed, str(calls), "cdr", "pbx9")[0]) == (2, 2, 0, 0)


def test_without_an_import_observed_usage_is_marked_as_such(observed: psycopg.Connection) -> None:
    assert {row["source"] for row in read(observed, "select source from fax.usage_daily")} == {"observed"}
    assert {row["source"] for row in read(observed, "select source from fax.jobs_masked")} == {"observed"}


def test_an_erasure_empties_the_faxes_with_the_number_and_no_figure_changes(
    database: psycopg.Connection, log: Path
) -> None:
    imported(database, str(log))
    jobs = "select job_id, attempts, pages, succeeded from fax.jobs order by first_attempt_at"
    before = read(database, USAGE), read(database, jobs)
    ran = run_command(database.info.dsn, "erase", "--number", "05550100", "--yes")
    assert "fax.reported_fax.called_number: 2 rows\n" in ran.stdout
    assert "fax.reported_fax.raw: 2 rows\n" in ran.stdout
    assert (read(database, USAGE), read(database, jobs)) == before
    left = read(database, "select called_number, raw is null as is_erased from fax.reported_fax order by started_at")
    assert [tuple(row.values()) for row in left] == [("5550100", False)] * 2 + [(None, True)] * 2
    assert counts(imported(database, str(log))[0]) == (4, 0, 0, 0)
    assert read(database, "select * from fax.find_number('05550100')") == []


def test_a_filter_knows_servers_and_accounts_of_reported_faxes(database: psycopg.Connection, log: Path) -> None:
    imported(database, str(log))
    usage = ("export", "usage", "--format", "jsonl")
    ran = run_command(database.info.dsn, *usage, "--server", "fax1", "--account", "cba")
    (row,) = (json.loads(row) for row in ran.stdout.splitlines())
    assert (row["server"], row["account_code"], row["sessions"], row["source"]) == ("fax1", "cba", 1, "xferfaxlog")
    assert "known: fax1" in run_command(database.info.dsn, *usage, "--server", "typo").stderr
    assert "known: anonymous, cba" in run_command(database.info.dsn, *usage, "--account", "typo").stderr


def test_reports_have_a_column_for_reported_faxes_only_if_there_are_some(
    database: psycopg.Connection, log: Path
) -> None:
    for report in ("usage", "jobs"):
        words = ("report", report, "--from", "2008-03-30", "--to", "2008-03-31")
        assert "reported" not in run_command(database.info.dsn, *words).stdout
        assert ",reported\n" in run_command(database.info.dsn, *words, "--format", "csv").stdout.replace("\r", "")
    imported(database, str(log))
    for report, faxes in (("usage", "4"), ("jobs", "3")):
        title, row = run_command(
            database.info.dsn, "report", report, "--from", "2008-03-30", "--to", "2008-03-31"
        ).stdout.splitlines()[::2]
        assert (title.split()[-1], row.split()[-1]) == ("reported", faxes)


def test_the_list_of_jobs_marks_reported_ones(database: psycopg.Connection, log: Path) -> None:
    imported(database, str(log))
    title, _, *rows = run_command(database.info.dsn, "sessions", "--jobs").stdout.splitlines()
    assert [row.split()[1:3] for row in rows] == [["fax1", "(xferfaxlog)"]] * 3, title


def test_the_importer_may_only_add(database: psycopg.Connection, log: Path) -> None:
    database.execute("set role fax_ingest")
    imported(database, str(log))
    for statement in ("update fax.reported_fax set pages = 1", "delete from fax.reported_fax"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute(statement.encode())


def test_every_rejected_line_is_counted_by_its_own_number(database: psycopg.Connection, log: Path) -> None:
    log.write_text(line() + "".join(f"wrong {number}\n" for number in range(30)))
    summary, rejected = imported(database, str(log))
    assert (summary.rejected, rejected[-1]) == (
        30, Rejected(31, "it has 1 field separated by tabs, expected 14 or 16 to 20"),
    )  # fmt: skip
