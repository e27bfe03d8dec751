"""A month is archived, dropped and restored: every figure and proof is the same at each step, and so are the rows."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
import pyarrow.parquet
import pytest

from faxstore.errors import FaxstoreError
from faxstore.export import datasets
from faxstore.export.selection import Selection
from faxstore.store.compaction import write_all_totals
from faxstore.store.database import connect
from faxstore.verify.checks import findings
from faxstore.verify.findings import Scope
from tests.kit.archives import archived, compacted, dropped, history, proof, restored
from tests.kit.exported import duck, written
from tests.kit.figures import differences, figures
from tests.kit.given import append, read, stats
from tests.kit.log_faxes import SECRETS, as_lines, sealed, verified
from tests.kit.packing import pack
from tests.kit.rights import refuses

HISTORY = "select * from fax.session_history order by position"
ROWS = {"session_timeline"}
"""Views that show rows, and not only totals."""
SERVERS = ("pbx", "a/b=%\u00fc c", "..")


@pytest.fixture
def month(dsn: str, database: psycopg.Connection) -> str:
    """A DSN of a history of two months that can be archived."""
    history(database, servers=SERVERS)
    sealed(dsn)
    compacted(database)
    sealed(dsn)
    return dsn


def test_every_step_leaves_figures_and_proofs_as_they_were(
    month: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    before, rows = figures(database), read(database, HISTORY)
    proofs = {row["position"]: proof(month, row["position"]) for row in rows[::37]}
    for step in ("archived", "dropped", "restored"):
        if step == "archived":
            archived(month, tmp_path)
        else:
            assert (dropped if step == "dropped" else restored)(month) == len(rows) // 2
        assert set(differences(before, figures(database))) == (ROWS if step == "dropped" else set()), step
        assert as_lines(verified(month)) == [], step
        assert {position: proof(month, position) for position in proofs} == proofs, step
        here = read(database, HISTORY)
        assert here == ([row for row in rows if row["started_at"].month != 9] if step == "dropped" else rows), step


def test_every_row_is_in_one_file_of_its_server(month: str, database: psycopg.Connection, tmp_path: Path) -> None:
    paths = archived(month, tmp_path)
    assert len(paths) == len(SERVERS)
    expected = read(
        database,
        "select s.server, count(*) as rows, sum(h.position)::bigint as positions, min(h.observed_at) as first,"
        " count(h.details) as details from fax.session_history h"
        " join fax.session s using (session_id, started_at) where h.started_at < '2026-10-01 00:00+00'"
        ' group by s.server order by s.server collate "C"',
    )
    found = duck(
        tmp_path,
        "select server, count(*), sum(position)::bigint, min(observed_at), count(details) from exported"
        " group by 1 order by 1",
    )
    assert found == [tuple(row.values()) for row in expected]
    assert duck(tmp_path, "select distinct month from exported") == [("2026-09",)]


def test_an_export_of_the_history_has_the_same_files(month: str, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    paths = archived(month, tmp_path / "archive")
    exported = written(month, datasets.history(Selection()).with_units(), tmp_path, "parquet")
    for path in paths:
        other = exported / path.relative_to(tmp_path / "archive")
        one, two = (pyarrow.parquet.read_table(file, partitioning=None).sort_by("position") for file in (path, other))
        assert one.equals(two)


def test_a_repeat_of_a_dropped_row_is_ignored_and_a_late_row_counts_when_its_month_is_back(
    month: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    archived(month, tmp_path)
    dropped(month)
    before = read(database, "select * from fax.sessions order by session_id")
    late = history(database, late=True)
    assert (late.rows, late.repeats > 0) == (1, True)
    sealed(month)
    compacted(database)
    assert read(database, "select * from fax.sessions order by session_id") == before
    assert as_lines(verified(month)) == []
    restored(month)
    compacted(database)
    assert as_lines(verified(month)) == []
    after = read(database, "select * from fax.sessions order by session_id")
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    assert archived(month, tmp_path)
    assert dropped(month) > 0
    assert as_lines(verified(month)) == []


def test_the_counters_are_compared_again_with_a_session_whose_late_row_counts(
    month: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    first_fax = -62 * 86_400
    append(database, stats(first_fax - 60), stats(first_fax + 60))
    archived(month, tmp_path)
    dropped(month)
    history(database, late=True)
    compacted(database)
    assert read(database, "select from fax.reconciliation_day where since is null") == []
    restored(month)
    assert len(read(database, "select from fax.reconciliation_day where since is null")) == 1
    shown = read(database, "select * from fax.reconciliation")
    compacted(database)
    assert (len(shown), read(database, "select * from fax.reconciliation")) == (1, shown)


def test_an_erasure_of_a_dropped_session_names_what_to_do(
    month: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    archived(month, tmp_path)
    dropped(month)
    (session,) = read(database, "select session_id from fax.dropped_session order by started_at limit 1")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=f"in the archive {tmp_path} only"):
        database.execute("select fax.erase_session(%s, 'asked')", [session["session_id"]])
    restored(month)
    database.execute("select fax.erase_session(%s, 'asked')", [session["session_id"]])
    compacted(database)
    with pytest.raises(FaxstoreError, match="was changed by an erasure: run faxstore partitions archive"):
        dropped(month)
    archived(month, tmp_path)
    found = duck(tmp_path, f"select file_name, details from exported where session_id = '{session['session_id']}'")
    assert [row for row in found if any(secret in str(row) for secret in SECRETS)] == []
    dropped(month)
    assert as_lines(verified(month)) == []


@pytest.mark.parametrize("change", ["a byte", "no file"])
def test_nothing_is_dropped_or_restored_unless_the_files_are_as_they_were(
    month: str, database: psycopg.Connection, tmp_path: Path, change: str
) -> None:
    path = archived(month, tmp_path)[0]
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x") if change == "a byte" else path.unlink()
    for step in (dropped, restored):
        with pytest.raises(FaxstoreError, match=r"SHA-256 differs|No such file"):
            step(month)
        path.write_bytes(data)
        if step is dropped:
            dropped(month)
            path.write_bytes(data[:-1] + b"x") if change == "a byte" else path.unlink()
    assert read(database, "select count(*) from fax.dropped_month") == [{"count": 1}]


def test_without_its_files_the_rows_of_a_month_are_not_verified(month: str, tmp_path: Path) -> None:
    paths = archived(month, tmp_path)
    rows = dropped(month)
    for path in paths:
        path.unlink()
    scope = Scope()
    with connect(month) as connection:
        assert list(findings(connection, scope)) == []
    assert (scope.rows, scope.unread) == (rows, rows)


def test_a_changed_file_with_its_new_digest_is_found(month: str, database: psycopg.Connection, tmp_path: Path) -> None:
    path = archived(month, tmp_path)[0]
    dropped(month)
    table = pyarrow.parquet.read_table(path, partitioning=None)
    states = pyarrow.array(["another", *table["state"].to_pylist()[1:]])
    pyarrow.parquet.write_table(table.set_column(table.schema.get_field_index("state"), "state", states), path)
    digest = hashlib.sha256(path.read_bytes()).digest()
    database.execute("update fax.archive_file set sha256 = %s where server = '..'", [digest])
    assert any("not as sealed" in line for line in as_lines(verified(month)))
    with pytest.raises(FaxstoreError, match="not as sealed"):
        restored(month)


def test_what_keeps_a_month_from_being_archived(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    history(database, 4)
    for problem, solution in (
        ("without a total: run faxstore compact", lambda: write_all_totals(database, 0, lambda _: None)),
        ("not packed: run faxstore compact", lambda: pack(database)),
        ("not sealed: run faxstore seal", lambda: sealed(dsn)),
    ):
        with pytest.raises(FaxstoreError, match=problem):
            archived(dsn, tmp_path)
        solution()
    assert len(archived(dsn, tmp_path)) == 1


def test_a_pack_is_deleted_only_with_its_record(month: str, database: psycopg.Connection) -> None:
    refuses(database, "delete from fax.session_pack")
    database.execute(
        "insert into fax.dropped_month values ('2026-09-01', '{}', 0, 0);"
        "insert into fax.dropped_session select session_id, started_at, first_observed_at, last_observed_at,"
        " first_position, last_position, null, null, 'pbx', false, '{}' from fax.session_pack"
    )
    refuses(database, "delete from fax.session_pack")
