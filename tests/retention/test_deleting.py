"""After the period of totals, the sessions of a month and its files are deleted, and the log remains verifiable."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from faxstore.errors import FaxstoreError
from faxstore.log import prove
from faxstore.store.database import connect
from tests.kit.archives import compacted, history, proof, restored
from tests.kit.billing_batches import export
from tests.kit.command_line import run_command
from tests.kit.given import append, read, receiving, stats
from tests.kit.log_faxes import SECRETS, as_lines, sealed, verified
from tests.kit.retention import applied, due, periods
from tests.kit.rights import refuses

JANUARY = datetime(2027, 1, 1, 4, tzinfo=UTC)


@pytest.fixture
def months(dsn: str, database: psycopg.Connection, tmp_path: Path) -> str:
    """A DSN of a history of September and October 2026, billed, compacted and sealed, with a published checkpoint."""
    history(database)
    first_fax = -62 * 86_400
    append(database, stats(first_fax - 60), stats(first_fax + 60))
    compacted(database)
    (tmp_path / "delivered").mkdir()
    assert len(export(dsn, tmp_path / "delivered")) == 1
    assert run_command(dsn, "seal", "--publish", str(tmp_path / "checkpoint")).returncode == 0
    return dsn


def sessions_of_september(connection: psycopg.Connection) -> list[str]:
    """The ids of the sessions of September, as long as they are there."""
    query = "select session_id::text as id from fax.session where started_at < '2026-10-01 00:00+00' order by 1"
    return [row["id"] for row in read(connection, query)]


def test_a_month_is_deleted_with_its_files(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    kept = periods(tmp_path, rows=2, totals=2)
    ran = applied(months, kept)
    assert (ran.problems, ran.said) == (
        [],
        [
            "archived 2026-09: 320 rows in 1 file",
            "dropped 2026-09: only its files have its 320 rows now",
            "deleted 2026-09: 20 sessions and their totals",
            "deleted 1 file of 2026-09",
        ],
    )
    assert list((tmp_path / "archive").iterdir()) == []
    assert len(read(database, "select from fax.sessions")) == 20
    assert read(database, "select sum(sessions) as faxes from fax.usage_daily") == [{"faxes": 20}]
    assert read(database, "select min(span_start) as first from fax.usage_rollup")[0]["first"].month == 10
    journal = read(database, "select change, rule, rows, sessions from fax.month_change order by change_id")
    assert [tuple(row.values()) for row in journal[2:]] == [
        ("deleted", "faxstore retention: totals = 2", 0, 20),
        ("files deleted", "faxstore retention: totals = 2", 320, 20),
    ]
    second = applied(months, kept)
    assert (second.said, second.problems, due(months, kept)) == ([], [], [])


def test_what_is_left_proves_the_rest(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    october = [row["position"] for row in read(database, "select position from fax.session_history order by 1")][400]
    before = proof(months, october)
    with connect(months) as connection:
        old, _ = prove.checkpoint(connection, None)
    applied(months, periods(tmp_path, rows=2, totals=2))
    assert as_lines(verified(months)) == []
    assert proof(months, october) == before
    append(database, receiving((0, 1, 0), (1, 2, 0), number=99))
    sealed(months)
    assert as_lines(verified(months)) == []
    with connect(months) as connection:
        newest, text = prove.checkpoint(connection, None)
        assert newest.size == old.size + 2
        assert prove.consistency(connection, old.size, newest, text).startswith(f"old {old.size}\n")
    with pytest.raises(FaxstoreError, match="position 1 was deleted with 2026-09 when its retention ended"):
        proof(months, 1)


def test_a_checkpoint_that_ends_among_deleted_rows_has_no_proof_and_a_later_one_has(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    history(database, faxes=1)
    sealed(dsn)
    history(database)
    compacted(database)
    assert run_command(dsn, "seal", "--publish", str(tmp_path / "checkpoint")).returncode == 0
    applied(dsn, periods(tmp_path, rows=2, totals=2))
    append(database, receiving((0, 1, 0), (1, 2, 0), number=99))
    sealed(dsn)
    with connect(dsn) as connection:
        newest, text = prove.checkpoint(connection, None)
        assert prove.consistency(connection, 640, newest, text).startswith("old 640\n")
        with pytest.raises(
            FaxstoreError, match="positions 1 to 256: rows were deleted with 2026-09 when its retention"
        ):
            prove.consistency(connection, 16, newest, text)
    assert as_lines(verified(dsn)) == []


def test_no_table_but_the_log_names_a_deleted_session(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    deleted = sessions_of_september(database)
    applied(months, periods(tmp_path, personal_values=1, rows=2, totals=2))
    assert len(deleted) == 20
    tables = read(
        database,
        "select relname as name from pg_class where relnamespace = 'fax'::regnamespace and relkind in ('r', 'p')"
        " and not relispartition order by 1",
    )
    naming = {
        table["name"]
        for table in tables
        if read(
            database, f"select from fax.{table['name']} t where t::text like any (array{[f'%{i}%' for i in deleted]})"
        )
    }
    assert naming == {"erasure", "export_line", "log_record", "unsealed_change"}


def test_the_ledger_remains_without_personal_values(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    lines = "select batch, line, pages, digest, caller_number from fax.export_line order by batch, line"
    before = read(database, lines)
    applied(months, periods(tmp_path, rows=2, totals=2))
    after = read(database, lines)
    assert [row["digest"] for row in after] == [row["digest"] for row in before]
    unknown = [row["caller_number"] is None for row in after]
    assert sum(unknown) == 20
    history(database, faxes=2, servers=("another",))
    compacted(database)
    assert len(export(months, tmp_path / "delivered")) == 1
    assert read(database, "select count(*) as corrections from fax.export_line where revision > 1") == [
        {"corrections": 0}
    ]
    assert as_lines(verified(months)) == []


def test_the_server_counters_are_compared_as_they_were(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    compared = read(database, "select * from fax.reconciliation")
    assert len(compared) == 1
    applied(months, periods(tmp_path, rows=2, totals=2))
    assert read(database, "select * from fax.reconciliation") == compared
    assert as_lines(verified(months)) == []


def test_values_are_erased_even_if_only_totals_have_a_period(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    applied(months, periods(tmp_path, rows=1, totals=1))
    assert sessions_of_september(database) == []
    for table in ("export_line", "session_total", "pseudonym", "session"):
        assert not any(secret in str(read(database, f"select * from fax.{table}")) for secret in SECRETS), table


def test_a_deleted_month_does_not_come_back(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    applied(months, periods(tmp_path, rows=2, totals=2))
    with pytest.raises(FaxstoreError, match="2026-09 was deleted, with its files, when its retention ended"):
        restored(months)
    refused = run_command(months, "import", str(next(Path("tests/captures").rglob("*.jsonl*"))))
    assert refused.returncode in (0, 2)


def test_rows_that_arrive_late_for_a_deleted_month_are_deleted(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    kept = periods(tmp_path, personal_values=1, rows=2, totals=2)
    applied(months, kept)
    history(database, late=True)
    assert [(one.rule, one.rows, one.sessions, one.action) for one in due(months, kept)] == [
        ("totals", 17, 1, "late rows deleted")
    ]
    assert applied(months, kept).problems == ["2026-09: late rows up to position 657 are not covered by the checkpoint"]
    assert run_command(months, "seal", "--publish", str(tmp_path / "checkpoint")).returncode == 0
    ran = applied(months, kept)
    assert (ran.said, ran.problems) == (["deleted 17 rows that arrived late for 2026-09"], [])
    assert due(months, kept) == []
    assert sessions_of_september(database) == []
    assert read(database, "select rows from fax.dropped_month") == [{"rows": 337}]
    assert as_lines(verified(months)) == []
    append(database, receiving((0, 1, 0), (1, 2, 0), number=99))
    sealed(months)
    assert as_lines(verified(months)) == []


def test_files_on_a_disk_that_is_away_are_deleted_when_it_is_back(months: str, tmp_path: Path) -> None:
    kept = periods(tmp_path, rows=3, totals=3)
    applied(months, periods(tmp_path, rows=2))
    (tmp_path / "archive").rename(tmp_path / "away")
    first = applied(months, kept, JANUARY)
    assert first.said == ["deleted 2026-09: 20 sessions and their totals"]
    assert first.problems == [f"1 file of 2026-09 not deleted: {tmp_path}/archive is not a folder: mount it"]
    assert [(one.rule, one.sessions, one.rows, one.action) for one in due(months, kept, JANUARY)][-1] == (
        "totals", 0, 320, "deleted, with 1 file",
    )  # fmt: skip
    (tmp_path / "away").rename(tmp_path / "archive")
    assert applied(months, kept, JANUARY).said == ["deleted 1 file of 2026-09"]


def test_totals_stay_while_the_rows_of_their_month_cannot_be_dropped(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").unlink()
    ran = applied(months, periods(tmp_path, rows=2, totals=2))
    assert [line for line in ran.problems if "retention.checkpoint" not in line] == []
    assert len(sessions_of_september(database)) == 20


def test_digests_leave_only_with_their_session(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    applied(months, periods(tmp_path, personal_values=1))
    refuses(database, "delete from fax.erased_digest")
