"""Exported lines never change except by an erasure, and the check of the ledger finds and locates every change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from faxstore.billing.delivery import render_batch
from faxstore.billing.verification import ledger_faults
from faxstore.errors import FaxstoreError
from faxstore.store import migrate
from tests.kit.billing_batches import batches, export, lines, manifests
from tests.kit.databases import ledger
from tests.kit.given import append, channel_status, gone, read, receiving, sending, sessions
from tests.kit.log_faxes import as_lines, sealed, verified
from tests.kit.rights import LEDGER

REFUSED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def exported(dsn: str, database: psycopg.Connection, tmp_path: Path) -> Path:
    """Three faxes in two batches, one of them corrected; the folder of their files."""
    folder = tmp_path / "to"
    folder.mkdir()
    append(database, receiving((0, 1, 3), (1, 2, 3), number=0), gone(2, 0))
    append(database, sending((10, 1), (11, 2), number=1), gone(12, 1))
    append(database, channel_status(10.5, 1, CallerIDNum="4930111", ConnectedLineNum="4940222", AccountCode="law"))
    export(dsn, folder)
    append(database, receiving((20, 1, 0), (21, 2, 0), number=2), gone(22, 2))
    append(database, channel_status(0.5, 0, CallerIDNum="4930333"))
    export(dsn, folder)
    return folder


def found(database: psycopg.Connection, change: str = "") -> list[str]:
    """The faults that the check finds after a superuser's change with all triggers off; the change is rolled back."""
    with database.transaction(force_rollback=True):
        for statement in ("set local session_replication_role = replica", *TRIGGERS_OFF, change):
            if statement:
                database.execute(statement.encode())
        return list(ledger_faults(database))


TRIGGERS_OFF = [
    f"alter table fax.{table} disable trigger all" for table in (*LEDGER, "observation", "observation_past")
]


def in_a_transaction(database: psycopg.Connection, *statements: str) -> None:
    with database.transaction():
        for statement in statements:
            database.execute(statement.encode())


def the_id(database: psycopg.Connection, number: int) -> UUID:
    (row,) = [row for row in sessions(database) if row["session_number"] == number]
    return UUID(str(row["session_id"]))


# -- append-only ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize(
    "change", ["update fax.{} set batch = batch + 1", "delete from fax.{}", "truncate fax.{} cascade"]
)
def test_no_role_may_change_exported_lines(
    exported: Path, database: psycopg.Connection, table: str, change: str
) -> None:
    for role in ("", "set local role fax_owner", "set local session_replication_role = replica"):
        with pytest.raises(REFUSED, match="is append-only"):
            in_a_transaction(database, role or "select 1", change.format(table))


@pytest.mark.parametrize(
    "change",
    [
        "pages = 9",
        "caller_number = '1'",
        "caller_number = null",
        "erased_at = now()",
        "caller_number = null, called_number = null, local_station_id = null, remote_station_id = null, salt = null,"
        " erased_at = now(), pages = 9",
        "caller_number = null, called_number = null, local_station_id = null, remote_station_id = null, salt = salt,"
        " erased_at = now()",
    ],
)
def test_only_all_personal_values_may_be_erased(exported: Path, database: psycopg.Connection, change: str) -> None:
    with pytest.raises(REFUSED, match=r"fax\.export_line is append-only: update is refused"):
        database.execute(f"update fax.export_line set {change}".encode())


# -- erasure ----------------------------------------------------------------------------------------------


def test_an_erasure_removes_personal_values_and_keeps_the_digests(
    dsn: str, exported: Path, database: psycopg.Connection
) -> None:
    before = read(database, "select * from fax.export_line order by batch, line")
    session = the_id(database, 1)
    assert database.execute("select fax.erase_export_lines(%s)", [session]).fetchone() == (1,)
    assert database.execute("select fax.erase_export_lines(%s)", [session]).fetchone() == (0,)
    after = read(database, "select * from fax.export_line order by batch, line")
    (place,) = [place for place, row in enumerate(before) if row["session_id"] == session]
    erased = {"caller_number", "called_number", "salt", "erased_at"}
    assert {name for name in after[place] if after[place][name] != before[place][name]} == erased
    assert [row for row in after if row["session_id"] != session] == [
        row for row in before if row["session_id"] != session
    ]
    assert found(database) == []


def test_erasing_a_session_erases_its_lines(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    session = the_id(database, 1)
    database.execute("select fax.erase_session(%s, 'asked for')", [session])
    query = "select caller_number, erased_at is not null as erased from fax.export_line where session_id = %s"
    assert [(row["caller_number"], row["erased"]) for row in read(database, query, session)] == [(None, True)]
    assert as_lines(verified(dsn)) == []


def test_verify_checks_the_ledger_too(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    database.execute("alter table fax.export_line disable trigger all")
    database.execute("update fax.export_line set pages = 9 where batch = 1 and line = 1")
    assert [one for one in as_lines(verified(dsn)) if one.startswith("exports: batch 1 of default, line 1")]


def test_a_changed_figure_of_an_erased_line_is_found(exported: Path, database: psycopg.Connection) -> None:
    database.execute("select fax.erase_export_lines(%s)", [the_id(database, 1)])
    faults = found(database, "update fax.export_line set pages = 9 where erased_at is not null")
    assert [one for one in faults if one.startswith("batch 1 of default, line 2 (session ") and "was changed" in one]


def test_a_batch_is_rendered_without_erased_values(
    dsn: str, exported: Path, database: psycopg.Connection, tmp_path: Path
) -> None:
    database.execute("select fax.erase_export_lines(%s)", [the_id(database, 1)])
    again = tmp_path / "again"
    again.mkdir()
    with ledger(dsn, "default") as opened:
        sha256 = render_batch(opened, opened.batch(1), again, lambda _: None)
    as_made, now = (
        (exported / "billing-default-000001.csv").read_bytes(),
        (again / "billing-default-000001.csv").read_bytes(),
    )
    assert as_made.replace(b"4930111", b"").replace(b"4940222", b"") == now
    manifest = json.loads((again / "billing-default-000001.json").read_text())
    assert (manifest["erased_lines"], manifest["sha256"]) == (1, sha256.hex())
    assert manifest["sha256_as_made"] == hashlib.sha256(as_made).hexdigest()


def test_an_erasure_is_no_correction(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    """Only the line is erased here: that the history still has the numbers is not a change of the fax."""
    database.execute("select fax.erase_export_lines(%s)", [the_id(database, 1)])
    assert export(dsn, exported, recheck=True) == []


def test_a_digest_cannot_be_found_by_guessing(exported: Path, database: psycopg.Connection) -> None:
    """Lines with the same personal values have different digests, because each has a salt."""
    salted = read(database, "select personal_digest, salt from fax.export_line where caller_number is null")
    assert len({bytes(row["personal_digest"]) for row in salted}) == len(salted) > 1


# -- tampering --------------------------------------------------------------------------------------------


def test_an_unchanged_ledger_has_no_faults(exported: Path, database: psycopg.Connection) -> None:
    assert found(database) == []


LINE = "where batch = 1 and line = 1"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (f"update fax.export_line set pages = 7 {LINE}", "batch 1 of default, line 1 (session"),
        (f"update fax.export_line set pages = 7 {LINE}", "batch 1 of default: its sums are not those of its lines"),
        (f"update fax.export_line set account_code = 'x' {LINE}", "batch 1 of default, line 1 (session"),
        (f"update fax.export_line set caller_number = '1' {LINE}", "batch 1 of default, line 1 (session"),
        (f"update fax.export_line set overlaps_gap = not overlaps_gap {LINE}", "batch 1 of default, line 1 (session"),
        (f"update fax.export_line set pages = 7, digest = fax.export_line_digest(export_line) {LINE}",
         "batch 1 of default: its file would not have the SHA-256 of the exported file"),
        (f"delete from fax.export_line {LINE}", "batch 1 of default: its lines are not numbered from 1 to 1"),
        (f"delete from fax.export_line {LINE}", "its revisions are not 1 to 1"),
        ("delete from fax.export_line where batch = 1 and line = 2", "number 1) was not exported to default"),
        ("update fax.export_line set line = 3 - line where batch = 1", "batch 1 of default: its digest is not that"),
        ("update fax.export_line set batch = 5 where batch = 2", "batch 5 of default: it has lines, but"),
        ("update fax.export_batch set pages = 99 where batch = 2", "batch 2 of default: its sums are not"),
        ("update fax.export_batch set sha256 = sha256('') where batch = 2", "batch 2 of default: its file would not"),
        ("update fax.export_batch set digest = sha256('') where batch = 2", "batch 2 of default: its digest is not"),
        ("update fax.export_batch set last_position = 8 where batch = 1", "batch 2 of default: it starts at position"),
        ("delete from fax.export_batch where batch = 1", "batch 2 of default: it starts at position"),
        ("update fax.export_batch set last_position = 99 where batch = 2", "it ends at position 99, the history at"),
        ("update fax.export_line set previous_pages = 7 where revision = 2", "it does not match the revision that"),
        ("update fax.observation set pages_received = 9 where page_number = 2", "the views now differ: pages"),
    ],
)  # fmt: skip
def test_a_change_by_a_superuser_is_found_and_located(
    exported: Path, database: psycopg.Connection, change: str, fault: str
) -> None:
    faults = found(database, change)
    assert [one for one in faults if fault in one], faults


def test_a_removed_line_is_found(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    """Without the line, the fax is in no batch; the views still have it."""
    session = the_id(database, 2)
    with database.transaction(force_rollback=True):
        for statement in ("set local session_replication_role = replica", *TRIGGERS_OFF):
            database.execute(statement.encode())
        database.execute("delete from fax.export_line where session_id = %s", [session])
        faults = list(ledger_faults(database))
    assert f"session {session} (pbx, number 2) was not exported to default" in faults


# -- constraints ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("revision = 3, supersedes = 2", "export_line_session_id_consumer_supersedes_fkey"),
        ("revision = 1, supersedes = 1, changed = '{}'", "supersedes_the_one_before"),
        ("changed = '{}'", "changed_where_corrected"),
        ("end_observed_by = 'open'", "export_line_end_observed_by_check"),
    ],
)
def test_constraints_refuse_an_impossible_line(
    exported: Path, database: psycopg.Connection, change: str, constraint: str
) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match=constraint):
        in_a_transaction(
            database,
            "create temporary table line as select * from fax.export_line where revision = 2",
            f"update line set consumer = 'other', {change}",
            "insert into fax.export_line select * from line",
        )


def test_lines_need_their_batch(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    append(database, receiving((30, 1, 0), (31, 2, 0), number=3), gone(32, 3))
    begun = ["set transaction isolation level repeatable read", "select fax.begin_export_batch('default')"]
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="export_line_consumer_batch_fkey"):
        in_a_transaction(database, *begun)


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.SERIALIZABLE])
def test_a_batch_needs_repeatable_read(dsn: str, level: psycopg.IsolationLevel) -> None:
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = level
        with pytest.raises(psycopg.errors.RaiseException, match="needs transaction isolation repeatable read"):
            connection.execute("select fax.begin_export_batch('default')")


def test_the_newest_checkpoint_of_the_log_is_in_the_manifest(
    dsn: str, exported: Path, database: psycopg.Connection
) -> None:
    assert [one["checkpoint"] for one in manifests(exported)] == [None, None]
    sealed(dsn)
    append(database, receiving((30, 1, 0), (31, 2, 0), number=3), gone(32, 3))
    _, note = sealed(dsn)
    export(dsn, exported)
    assert manifests(exported)[2]["checkpoint"] == note
    assert batches(dsn)[2].checkpoint == note
    assert len(lines(exported)) == 5


def test_a_ledger_with_a_batch_is_never_dropped(dsn: str, exported: Path, database: psycopg.Connection) -> None:
    """Even if the history, which prevents a downgrade too, was emptied with all triggers off."""
    in_a_transaction(database, "set local session_replication_role = replica", *TRIGGERS_OFF, EMPTY_HISTORY)
    with pytest.raises(FaxstoreError, match="it would drop a billing ledger that is not empty"):
        migrate.downgrade(dsn, "base")
    assert len(batches(dsn)) == 2


EMPTY_HISTORY = "delete from fax.observation"
