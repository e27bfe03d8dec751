"""The commands of `faxstore partitions`: what they print, refuse and leave."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.kit.archives import compacted, history
from tests.kit.command_line import run_command
from tests.kit.given import read
from tests.kit.log_faxes import sealed
from tests.kit.truth import path as recording


@pytest.fixture
def month(dsn: str, database: psycopg.Connection) -> str:
    """A DSN of a history whose first month can be archived."""
    history(database)
    compacted(database)
    sealed(dsn)
    return dsn


def said(dsn: str, *arguments: str, status: int = 0) -> str:
    """Runs a command; returns what it wrote on standard error."""
    ran = run_command(dsn, *arguments)
    assert ran.returncode == status, ran.stderr
    return ran.stderr


def test_a_month_goes_and_comes_back(month: str, database: psycopg.Connection, tmp_path: Path) -> None:
    folder, published = tmp_path / "archive", tmp_path / "checkpoint"
    run_command(month, "seal", "--publish", str(published))
    archive = ("partitions", "archive", "--until", "2026-09")
    assert "archived 2026-09: 320 rows in 1 file," in said(month, *archive, "--folder", str(folder))
    assert said(month, *archive) == "faxstore: nothing to archive up to 2026-09\n"
    drop = ("partitions", "drop", "--before", "2026-10")
    assert "give --checkpoint FILE with a published checkpoint, or else --force" in said(month, *drop, status=2)
    dropped = said(month, *drop, "--checkpoint", str(published))
    assert dropped == "faxstore: dropped 2026-09: only its files have its 320 rows now\n"
    listed = json.loads(run_command(month, "partitions", "list", "--format", "json").stdout)
    assert [(row["month"], row["place"], row["rows"]) for row in listed] == [
        ("2026-09", "dropped", 320),
        ("2026-10", "packs", 320),
    ]
    assert said(month, "partitions", "restore", "2026-09") == "faxstore: restored 2026-09: 320 rows\n"
    journal = read(database, "select change, rule, rows from fax.month_change order by change_id")
    assert [tuple(row.values()) for row in journal] == [
        ("archived", "faxstore partitions archive", 320),
        ("dropped", "faxstore partitions drop --before 2026-10", 320),
        ("restored", "faxstore partitions restore", 320),
    ]


def test_what_other_commands_say_about_a_dropped_month(
    month: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    said(month, "partitions", "archive", "--until", "2026-09", "--folder", str(tmp_path))
    said(month, "partitions", "drop", "--before", "2026-10", "--force")
    (session,) = read(database, "select session_id::text as id from fax.dropped_session order by started_at limit 1")
    shown = run_command(month, "show", session["id"]).stdout
    assert f"its rows are in the archive {tmp_path}: run faxstore partitions restore 2026-09" in shown
    assert "their rows are in files only: 2026-09" in said(
        month, "export", "history", "--output", str(tmp_path / "history.csv")
    )
    assert "files only" not in said(month, "export", "sessions", "--output", str(tmp_path / "sessions.csv"))
    proofs = run_command(month, "prove", session["id"]).stdout.splitlines()
    assert len(proofs) == 16
    refused = said(month, "erase", "--session", session["id"], "--yes", status=2)
    assert "run faxstore partitions restore 2026-09, erase, and archive the month again" in refused
    path = next(tmp_path.glob("month=2026-09/*/history-0.parquet"))
    path.rename(tmp_path / "elsewhere")
    assert "320 rows of dropped months not read" in said(month, "verify")
    assert "name the archive with --folder DIR" in said(month, "prove", session["id"], status=1)


def test_an_import_of_a_recording_before_the_end_of_a_dropped_month_is_refused(
    dsn: str, database: psycopg.Connection
) -> None:
    database.execute("insert into fax.dropped_month values ('2099-01-01', '{}', 0, 0)")
    refused = said(dsn, "import", str(recording("t38-22")), status=2)
    assert "the rows of 2099-01 are in files only: run faxstore partitions restore 2099-01 first" in refused
