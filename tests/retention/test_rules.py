"""Personal values are erased and rows dropped when their periods have ended, and no figure changes."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from faxstore.store import session_erasure
from faxstore.store.database import connect
from tests.kit.archives import archived, compacted, dropped, history, proof
from tests.kit.command_line import run_command
from tests.kit.exported import duck
from tests.kit.figures import differences, figures
from tests.kit.given import read
from tests.kit.log_faxes import SECRETS, as_lines, verified
from tests.kit.retention import applied, due, periods

JOURNAL = (
    "select to_char(month, 'YYYY-MM') as month, change, rule, rows, sessions from fax.month_change order by change_id"
)
ROWS = {"session_timeline"}
"""Views that show rows, and not only totals."""


@pytest.fixture
def months(dsn: str, database: psycopg.Connection, tmp_path: Path) -> str:
    """A DSN of a history of September and October 2026, compacted, with a published checkpoint in tmp_path."""
    history(database)
    compacted(database)
    assert run_command(dsn, "seal", "--publish", str(tmp_path / "checkpoint")).returncode == 0
    return dsn


def journal(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """What was done with which month, and by which rule."""
    return [tuple(row.values()) for row in read(connection, JOURNAL)]


def secrets_in(connection: psycopg.Connection, month: int) -> int:
    """The rows of a month with a personal value."""
    pattern = "|".join(SECRETS)
    query = (
        "select count(*) as found from fax.session_history"
        f" where extract(month from started_at) = {month} and concat_ws(' ', file_name, details) ~ '{pattern}'"
    )
    (row,) = read(connection, query)
    return int(row["found"])


def test_what_is_due_is_listed_by_rule_and_month(months: str, tmp_path: Path) -> None:
    found = due(months, periods(tmp_path, personal_values=1, rows=2))
    assert [(one.rule, one.month.month.month, one.rows, one.sessions, one.action) for one in found] == [
        ("personal_values", 9, 320, 20, "erased"),
        ("personal_values", 10, 320, 20, "erased"),
        ("rows", 9, 320, 20, "archived, dropped"),
    ]
    assert due(months, periods(tmp_path, personal_values=2, rows=3))[1:] == []
    assert due(months, periods(tmp_path)) == []


def test_values_go_first_then_rows_and_no_figure_changes(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    before = figures(database)
    proofs = {position: proof(months, position) for position in (1, 100, 400)}
    ran = applied(months, periods(tmp_path, personal_values=1, rows=2))
    assert ran.problems == []
    assert ran.said == [
        "erased the personal values of 20 sessions of 2026-09",
        "erased the personal values of 20 sessions of 2026-10",
        "archived 2026-09: 320 rows in 1 file",
        "dropped 2026-09: only its files have its 320 rows now",
    ]
    assert journal(database) == [
        ("2026-09", "erased", "faxstore retention: personal_values = 1", 300, 20),
        ("2026-10", "erased", "faxstore retention: personal_values = 1", 300, 20),
        ("2026-09", "archived", "faxstore retention: rows = 2", 320, 20),
        ("2026-09", "dropped", "faxstore retention: rows = 2", 320, 20),
    ]
    assert set(differences(before, figures(database))) == ROWS
    assert as_lines(verified(months)) == []
    assert {position: proof(months, position)["path"] for position in proofs} == {
        position: found["path"] for position, found in proofs.items()
    }
    assert secrets_in(database, 10) == 0
    rows = duck(tmp_path / "archive", "select * from exported")
    assert len(rows) == 320
    assert not any(secret in str(rows) for secret in SECRETS)


def test_each_session_is_erased_in_a_transaction(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """So that an append never waits for a second one."""
    applied(months, periods(tmp_path, personal_values=2))
    sessions = "select count(*) as sessions from fax.erasure group by erased_at order by erased_at"
    assert [row["sessions"] for row in read(database, sessions)] == [1] * 20


def test_a_second_run_does_nothing(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    kept = periods(tmp_path, personal_values=1, rows=1)
    assert applied(months, kept).said != []
    before = journal(database)
    second = applied(months, kept)
    assert (second.said, second.problems) == ([], [])
    assert journal(database) == before
    assert due(months, kept) == []


def test_values_that_outlive_the_rows_are_erased_from_the_files_too(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """A dropped month is restored, erased, archived and dropped again."""
    before = figures(database)
    assert applied(months, periods(tmp_path, personal_values=5, rows=2)).problems == []
    assert any(secret in str(duck(tmp_path / "archive", "select * from exported")) for secret in SECRETS)
    ran = applied(months, periods(tmp_path, personal_values=2, rows=2))
    assert (ran.said, ran.problems) == (
        [
            "restored 2026-09: 320 rows",
            "erased the personal values of 20 sessions of 2026-09",
            "archived 2026-09: 320 rows in 1 file",
            "dropped 2026-09: only its files have its 320 rows now",
        ],
        [],
    )
    assert not any(secret in str(duck(tmp_path / "archive", "select * from exported")) for secret in SECRETS)
    assert set(differences(before, figures(database))) == ROWS
    assert as_lines(verified(months)) == []


def test_a_month_that_somebody_dropped_is_dropped_again_after_its_erasure(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    kept = periods(tmp_path, personal_values=2)
    archived(months, tmp_path / "archive")
    dropped(months)
    assert [one.action for one in due(months, kept)] == ["restored, erased, files written again"]
    assert applied(months, kept).problems == []
    assert [change for _, change, *_ in journal(database)] == [
        *("archived", "dropped"),
        *("restored", "erased", "archived", "dropped"),
    ]


def test_files_of_an_archived_month_are_written_again_without_the_values(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    archived(months, tmp_path / "archive")
    ran = applied(months, periods(tmp_path, personal_values=2))
    assert ran.said[-1] == "archived 2026-09: 320 rows in 1 file"
    assert not any(secret in str(duck(tmp_path / "archive", "select * from exported")) for secret in SECRETS)
    assert secrets_in(database, 10) > 0


def test_a_late_row_is_erased_too(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    kept = periods(tmp_path, personal_values=2)
    applied(months, kept)
    history(database, late=True)
    compacted(database)
    assert secrets_in(database, 9) == 1
    assert [(one.rows, one.sessions) for one in due(months, kept)] == [(17, 1)]
    assert applied(months, kept).said == ["erased the personal values of 1 session of 2026-09"]
    assert secrets_in(database, 9) == 0


def test_late_rows_of_a_dropped_month_join_its_files(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    kept = periods(tmp_path, rows=2)
    applied(months, kept)
    history(database, late=True)
    (late,) = due(months, kept)
    assert (late.rows, late.action) == (1, "late rows: restored, archived, dropped")
    first = applied(months, kept)
    assert [line for line in first.problems if "not sealed" not in line] == []
    run_command(months, "seal", "--publish", str(tmp_path / "checkpoint"))
    assert applied(months, kept).problems == []
    assert len(duck(tmp_path / "archive", "select * from exported")) == 321
    assert due(months, kept) == []
    assert as_lines(verified(months)) == []


def test_rows_that_no_published_checkpoint_covers_stay_and_the_rest_is_done(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").unlink()
    ran = applied(months, periods(tmp_path, personal_values=1, rows=1))
    assert ran.problems == [f"retention.checkpoint {tmp_path}/checkpoint: No such file or directory"]
    assert [line.split()[0] for line in ran.said] == ["erased", "erased", "archived", "archived"]
    assert read(database, "select count(*) as found from fax.session_history") == [{"found": 640}]
    run_command(months, "seal", "--publish", str(tmp_path / "checkpoint"))
    assert [line.split()[0] for line in applied(months, periods(tmp_path, rows=1)).said] == ["dropped", "dropped"]


def test_a_disk_that_is_not_mounted_gets_no_archive(months: str, tmp_path: Path) -> None:
    kept = periods(tmp_path, rows=2)
    (tmp_path / "archive").rmdir()
    assert applied(months, kept).problems == [
        f"retention.archive {tmp_path}/archive is not a folder: create it, or mount its disk"
    ]
    assert not (tmp_path / "archive").exists()


def test_a_month_that_cannot_be_archived_keeps_no_other_from_it(
    months: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    history(database, late=True)
    ran = applied(months, periods(tmp_path, rows=1))
    assert ran.problems == ["2026-09 has rows that are not sealed: run faxstore seal"]
    assert ran.said == ["archived 2026-10: 320 rows in 1 file", "dropped 2026-10: only its files have its 320 rows now"]


def test_what_a_run_erased_before_it_was_killed_is_archived_by_the_next(months: str, tmp_path: Path) -> None:
    """Erased sessions have no totals until they are compacted, and a month is archived with them only."""
    with connect(months) as connection:
        ids = [session for (session,) in connection.execute("select session_id from fax.session")]
        assert sum(session_erasure.erase(connection, ids, "faxstore retention")) == 600
    ran = applied(months, periods(tmp_path, personal_values=1, rows=1))
    assert (ran.problems, [line.split()[0] for line in ran.said]) == ([], ["archived", "dropped"] * 2)


def test_rejected_messages_of_the_period_are_emptied(months: str, database: psycopg.Connection, tmp_path: Path) -> None:
    database.execute(
        "insert into fax.rejected_message (server, observed_at, collector_id, reason, digest, raw)"
        " select 'pbx', t, 'c', 'a reason', sha256(t::text::bytea), 'a number'"
        " from unnest('{2026-08-15 00:00+00,2026-11-15 00:00+00}'::timestamptz[]) t"
    )
    kept = periods(tmp_path, personal_values=3)
    assert [(str(one.month.month), one.messages, one.action) for one in due(months, kept)] == [
        ("2026-08-01", 1, "erased")
    ]
    assert applied(months, kept).said == ["emptied 1 rejected message of 2026-08"]
    assert read(database, "select count(*) as left from fax.rejected_message where raw <> ''") == [{"left": 1}]
    assert due(months, kept) == []
