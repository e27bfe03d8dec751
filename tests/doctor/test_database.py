"""The doctor's checks of the database."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.doctor import database
from faxstore.doctor.facts import RecentFaxes
from faxstore.doctor.findings import Finding, Verdict
from faxstore.doctor.retention import retention
from faxstore.ingest.importer import import_file
from faxstore.settings.values import Retention, Secret, ServerSettings, Settings
from faxstore.store.compaction import merge_all_rollups, write_all_days
from faxstore.store.database import connect
from tests.kit.given import append, gone, of_server, receiving, snapshot, stats
from tests.kit.packing import pack
from tests.kit.totals import write_totals

CAPTURES = Path(__file__).parents[1] / "captures"


def examined(dsn: str, *servers: str) -> tuple[dict[str, RecentFaxes], dict[str, Finding]]:
    """Return the recent faxes by server, and the findings by the name of the check."""
    named = tuple(ServerSettings(name=name, host="h", username="u", secret=Secret("s")) for name in servers)
    recent, findings = database.examine(Settings(dsn, Path("/nowhere"), named))
    return recent, {finding.check: finding for finding in findings}


def test_a_current_database(dsn: str) -> None:
    _, findings = examined(dsn)
    assert list(findings) == [
        *("reachable", "version", "schema", "may append", "may read", "writable"),
        *("totals", "roll-ups", "coverage", "reconciliation", "packs", "retention"),
    ]
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}


def test_an_unreachable_database(tmp_path: Path) -> None:
    _, findings = examined(f"host={tmp_path} dbname=fax")
    assert findings["reachable"].unreachable
    assert "cannot be reached" in findings["reachable"].text


def test_an_embedded_database_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    recent, (finding,) = database.examine(Settings(None, tmp_path / "data", ()))
    assert (recent, finding.verdict, finding.unreachable) == ({}, Verdict.FAIL, False)
    assert finding.text == f"no DSN is set, and {tmp_path / 'data'} has no embedded database yet"
    assert "run faxstore migrate" in finding.change
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_a_schema(empty_database: str) -> None:
    _, findings = examined(empty_database)
    assert findings["schema"].verdict is Verdict.FAIL
    assert "run faxstore migrate" in findings["schema"].text
    assert "may append" not in findings


def test_a_read_only_database(dsn: str) -> None:
    _, findings = examined(make_conninfo(dsn, options="-c default_transaction_read_only=on"))
    assert findings["writable"].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("role", "append", "read"),
    [("fax_ingest", Verdict.OK, Verdict.NOTE), ("fax_reader", Verdict.FAIL, Verdict.OK)],
)
def test_rights(dsn: str, role: str, append: Verdict, read: Verdict) -> None:
    user = f"doctor_{role}_{os.getpid()}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role {} login in role {}").format(sql.Identifier(user), sql.Identifier(role))
        )
        try:
            _, findings = examined(make_conninfo(dsn, user=user))
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(user)))
    assert findings["schema"].verdict is Verdict.OK
    assert (findings["may append"].verdict, findings["may read"].verdict) == (append, read)
    wanted = {"fax_ingest": "fax_reader", "fax_reader": "fax_ingest"}[role]
    assert f'grant {wanted} to "{user}";' in [finding.change for finding in findings.values()]


def test_the_version_of_postgres() -> None:
    assert (database.version(140011).verdict, database.version(140011).text) == (Verdict.FAIL, "PostgreSQL 14.11")
    assert (database.version(150004).verdict, database.version(150004).text) == (Verdict.OK, "PostgreSQL 15.4")


def test_events_of_recent_faxes(dsn: str, database_of_today: psycopg.Connection) -> None:
    recent, _ = examined(dsn, "pbx1", "pbx2")
    # Recorded without channelvars: only VarSet events contain the results.
    assert recent["pbx1"] == RecentFaxes(
        sessions=11, status_events=22, completions=11, results=0, variables=347, sent=6, dials=6
    )
    assert recent["pbx2"] == RecentFaxes(0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def database_of_today(database: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    """A history with a recording of failed faxes, moved so that it ends now."""
    lines = list(capture.read(str(CAPTURES / "failures-22.jsonl.gz")))
    later = time.time() - lines[-1].ts
    file = tmp_path / "now.jsonl"
    moved = (Line(line.ts + later, line.dir, line.text) for line in lines)
    file.write_text("".join(capture.encode(line) + "\n" for line in moved))
    import_file(database, str(file), "pbx1", lambda _: None)
    return database


def test_sessions_without_a_total(dsn: str, database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(1, 1))
    assert examined(dsn)[1]["totals"].verdict is Verdict.OK
    database.execute("alter table fax.append_batch disable trigger append_only")
    database.execute("update fax.append_batch set appended_at = now() - interval '2 hours'")
    finding = examined(dsn)[1]["totals"]
    assert finding.verdict is Verdict.WARN
    assert finding.text == "none yet for 2 sessions without a row for an hour, the oldest since 2026-11-02"
    assert "faxstore compact" in finding.change
    write_totals(database)
    assert examined(dsn)[1]["totals"].verdict is Verdict.OK


def test_usage_that_is_not_added_up(dsn: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    append(database, receiving((0, 1, 0)), gone(1))
    write_totals(database)
    assert examined(dsn)[1]["roll-ups"].verdict is Verdict.OK
    monkeypatch.setattr("faxstore.store.backlog.MANY_ROLLUPS", 3)
    finding = examined(dsn)[1]["roll-ups"]
    assert finding.verdict is Verdict.WARN
    assert finding.text == "3 or more rows of usage wait to be added up; reports of usage read them one by one"
    merge_all_rollups(database)
    assert examined(dsn)[1]["roll-ups"].verdict is Verdict.OK


def test_coverage_that_is_not_stored(dsn: str, database: psycopg.Connection) -> None:
    append(database, of_server(0, "Polled"))
    finding = examined(dsn)[1]["coverage"]
    assert finding.verdict is Verdict.WARN
    assert re.fullmatch(
        r"not stored: \d+ days of a server, the oldest 2026-11-02; queries read each poll of them", finding.text
    )
    write_all_days(database)
    assert examined(dsn)[1]["coverage"].text == "stored up to a day ago or later"


def test_reconciliation_that_is_not_stored(dsn: str, database: psycopg.Connection) -> None:
    append(database, stats(0), stats(60))
    finding = examined(dsn)[1]["reconciliation"]
    assert finding.verdict is Verdict.WARN
    assert finding.text == (
        "not stored: 1 day of a server, the oldest 2026-11-02; queries compare each reading of them"
    )
    write_all_days(database)
    assert examined(dsn)[1]["reconciliation"].text == "stored up to three days ago or later"


def test_rows_of_past_days_that_are_not_packed(dsn: str, database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    finding = examined(dsn)[1]["packs"]
    assert finding.verdict is Verdict.WARN
    assert finding.text == "rows since 2026-11-02 are over 4 days old and not packed; they take ten times the space"
    assert finding.change == "run faxstore compact; faxstore ingest then packs new ones"
    pack(database)
    assert examined(dsn)[1]["packs"].text == "no row is over 4 days old and not packed"


def test_what_has_been_due_for_a_week(dsn: str, database: psycopg.Connection) -> None:
    append(database, snapshot(-90 * 86_400, 7), gone(-90 * 86_400 + 1, 7))
    with connect(dsn) as connection:
        found = retention(connection, Retention(personal_values=1))
        assert found.verdict is Verdict.WARN
        assert re.fullmatch(
            r"due for over a week: 1 step, the oldest 20\d\d-\d\d by the rule personal_values", found.text
        )
        assert retention(connection, Retention(personal_values=1200)).verdict is Verdict.OK
        connection.execute("set role fax_ingest")
        assert retention(connection, Retention(personal_values=1)).verdict is Verdict.NOTE
