"""Every ended fax is exported once; a later change is exported as a correction."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from faxstore.billing.formats import BillingFormat
from faxstore.billing.verification import ledger_faults
from faxstore.errors import FaxstoreError, UsageError
from faxstore.observations import Observation
from faxstore.store.schema_version import newest
from tests.kit.billing_batches import batches, export, lines, manifests, names, of
from tests.kit.databases import ledger
from tests.kit.given import (
    append,
    channel_status,
    completed,
    entry,
    gateway,
    gone,
    life,
    receiving,
    result,
    sending,
    snapshot,
)


def a_fax(second: float, number: int = 0) -> list[Observation]:
    """A received page with 3 bad lines that ends after 2 s."""
    return [*receiving((second, 1, 3), (second + 1, 2, 3), number=number), gone(second + 2, number)]


def sound(dsn: str) -> bool:
    """Whether the check of the ledger finds no fault."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return list(ledger_faults(connection)) == []


def test_an_ended_fax_is_exported_once(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    (batch,) = export(dsn, tmp_path)
    assert (batch.batch, batch.first_position, batch.last_position, batch.lines, batch.pages) == (1, 1, 3, 1, 1)
    assert names(tmp_path) == ["billing-default-000001.csv", "billing-default-000001.json"]
    (line,) = lines(tmp_path)
    assert of(line, "batch", "line", "revision", "supersedes", "changed") == ("1", "1", "1", "", "")
    assert of(line, "server", "direction", "pages", "bad_lines", "duration_seconds", "end_observed_by") == (
        "pbx", "received", "1", "3", "2.000000", "gone",
    )  # fmt: skip
    assert of(line, "started_at", "result", "account_code") == ("2026-11-02T08:00:00+00:00", "unknown", "")
    assert export(dsn, tmp_path) == []
    assert sound(dsn)


def test_a_batch_begins_where_the_one_before_it_ended(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    for number in range(3):
        append(database, *a_fax(number * 10, number))
        export(dsn, tmp_path)
    ranges = [(one["batch"], one["first_position"], one["last_position"]) for one in manifests(tmp_path)]
    assert ranges == [(1, 1, 3), (2, 4, 6), (3, 7, 9)]
    assert [line["session_number"] for line in lines(tmp_path)] == ["0", "1", "2"]


def test_an_open_fax_waits_until_it_has_ended(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    export(dsn, tmp_path)
    assert [line["session_number"] for line in lines(tmp_path)] == ["1"]
    append(database, gone(2))
    export(dsn, tmp_path)
    assert [of(line, "session_number", "revision") for line in lines(tmp_path)] == [("1", "1"), ("0", "1")]


def test_a_fax_ended_by_a_restart_is_exported(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """A restart ends a fax without a row of its own: the positions of the batch are those of another fax."""
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    export(dsn, tmp_path)
    later = life(started=100)
    append(database, snapshot(101, 0, of=later))
    export(dsn, tmp_path)
    first, second = lines(tmp_path)
    assert of(first, "batch", "session_number", "end_observed_by") == ("1", "1", "gone")
    assert of(second, "batch", "session_number", "end_observed_by") == ("2", "0", "server_restart")
    assert sound(dsn)


def test_a_batch_may_cover_no_positions(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    export(dsn, tmp_path)
    database.execute(
        "insert into fax.epoch (epoch_id, server, started_at, first_seen_at, last_seen_at)"
        " select gen_random_uuid(), 'pbx', t, t, t from (select timestamptz '2026-11-02 09:00+00') m (t)"
    )
    (batch,) = export(dsn, tmp_path)
    assert (batch.first_position, batch.last_position, batch.lines) == (6, 5, 1)
    assert sound(dsn)


def test_gateways_are_exported_and_detectors_are_not(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    detector = [entry(0, 1, operation="V.21"), gone(5, 1)]
    append(database, detector, gateway((0, 1, 9600), (1, 3, 9600), number=2), gone(5, 2))
    export(dsn, tmp_path)
    assert [of(line, "session_number", "direction", "pages") for line in lines(tmp_path)] == [("2", "gateway", "2")]
    assert sound(dsn)


def test_late_rows_are_a_correction(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    export(dsn, tmp_path)
    append(database, result(1.4, "SUCCESS", "", "OK"), completed(1.5, 2))
    export(dsn, tmp_path)
    first, second = lines(tmp_path)
    assert first["session_id"] == second["session_id"]
    assert of(second, "revision", "supersedes", "supersedes_batch", "supersedes_line") == ("2", "1", "1", "1")
    assert of(second, "pages", "previous_pages", "result", "previous_result") == ("2", "1", "success", "unknown")
    assert of(second, "previous_duration_seconds", "duration_seconds") == ("2.000000", "1.500000")
    changed = "uniqueid ended_at end_observed_by duration_seconds pages bad_lines result result_class"
    assert second["changed"] == changed
    assert (manifests(tmp_path)[1]["corrections"], manifests(tmp_path)[1]["superseded"]["pages"]) == (1, 1)
    assert sound(dsn)


def test_a_late_row_that_changes_no_figure_is_no_correction(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    append(database, *a_fax(0))
    export(dsn, tmp_path)
    append(database, receiving((0.5, 1, 3)))
    assert export(dsn, tmp_path) == []
    append(database, *a_fax(10, number=1))
    (batch,) = export(dsn, tmp_path)
    assert (batch.lines, batch.first_position, batch.last_position) == (1, 4, 7)
    assert sound(dsn)


def test_a_refuted_end_is_corrected_when_the_fax_ends_again(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """A later snapshot of the same observer refutes the end; there is no line until the fax has ended again."""
    append(database, *a_fax(0))
    export(dsn, tmp_path)
    append(database, receiving((3, 2, 0), (4, 3, 0)), a_fax(50, number=1))
    export(dsn, tmp_path)
    assert the_end_of(database) == "open"
    assert sound(dsn)
    append(database, gone(5))
    export(dsn, tmp_path)
    assert [of(line, "batch", "session_number", "revision", "pages") for line in lines(tmp_path)] == [
        ("1", "0", "1", "1"), ("2", "1", "1", "1"), ("3", "0", "2", "2"),
    ]  # fmt: skip
    assert sound(dsn)


def the_end_of(database: psycopg.Connection) -> str:
    row = database.execute("select end_observed_by from fax.sessions where session_number = 0").fetchone()
    assert row
    return str(row[0])


def test_a_session_that_was_no_fax_is_withdrawn(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, entry(0, operation=None), gone(5))
    export(dsn, tmp_path)
    append(database, entry(1, operation="V.21"))
    export(dsn, tmp_path)
    assert [of(line, "revision", "direction") for line in lines(tmp_path)] == [("1", ""), ("2", "detector")]
    assert sound(dsn)


def test_a_late_account_code_is_a_correction(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, sending((0, 1), (1, 2)), gone(2))
    export(dsn, tmp_path)
    append(database, channel_status(0.5, AccountCode="law", CallerIDNum="4930"))
    export(dsn, tmp_path)
    assert [of(line, "revision", "account_code", "caller_number", "changed") for line in lines(tmp_path)] == [
        ("1", "", "", ""), ("2", "law", "4930", "account_code caller_number uniqueid"),
    ]  # fmt: skip


def test_each_consumer_has_its_own_position(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    export(dsn, tmp_path, "a")
    append(database, *a_fax(10, number=1))
    export(dsn, tmp_path, "a")
    export(dsn, tmp_path, "b")
    assert [of(line, "batch", "session_number") for line in lines(tmp_path, "a")] == [("1", "0"), ("2", "1")]
    assert [of(line, "batch", "session_number") for line in lines(tmp_path, "b")] == [("1", "0"), ("1", "1")]
    assert sound(dsn)


def test_the_format_of_a_consumer_never_changes(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    export(dsn, tmp_path, "usage", BillingFormat.CLOUDEVENTS)
    append(database, *a_fax(10, number=1))
    with pytest.raises(UsageError, match="usage gets cloudevents since its first batch"):
        export(dsn, tmp_path, "usage", BillingFormat.CSV)
    export(dsn, tmp_path, "usage")
    assert [one.format for one in batches(dsn, "usage")] == ["cloudevents", "cloudevents"]


def test_recheck_finds_a_change_without_a_row(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """A setting of fax.technology changes; the history has no row about that."""
    append(database, receiving((0, 1, 3), (1, 2, 5), (2, 3, 5)), gone(3))
    export(dsn, tmp_path)
    database.execute("update fax.technology set bad_lines_counted_by = 'session'")
    assert export(dsn, tmp_path) == []
    assert not sound(dsn)
    export(dsn, tmp_path, recheck=True)
    revisions = [of(line, "revision", "bad_lines", "changed") for line in lines(tmp_path)]
    assert revisions == [("1", "8", ""), ("2", "5", "bad_lines")]
    assert sound(dsn)


def test_a_new_schema_version_rechecks_every_fax(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """New views may give other figures for a fax without new rows."""
    append(database, *a_fax(0))
    export(dsn, tmp_path)
    definition = database.execute("select pg_get_viewdef('fax.sessions'::regclass)").fetchone()
    assert definition
    other, replaced = re.subn(r"(?<=\s)(f\.)?pages,", r"\1pages + 1 as pages,", definition[0], count=1)
    assert replaced
    database.execute(f"create or replace view fax.sessions as {other}".encode())
    assert export(dsn, tmp_path) == []
    database.execute("alter table fax.export_batch disable trigger append_only")
    database.execute("update fax.export_batch set schema_version = '0000'")
    (batch,) = export(dsn, tmp_path)
    assert (batch.lines, batch.corrections, batch.schema_version) == (1, 1, newest())
    assert of(lines(tmp_path)[1], "pages", "previous_pages", "changed") == ("2", "1", "pages")


def test_a_second_exporter_waits_for_the_first(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    with ledger(dsn, "default") as one, ledger(dsn, "default") as two, ledger(dsn, "other") as third:
        assert one.try_lock()
        assert not two.try_lock()
        assert third.try_lock()


def test_a_batch_number_cannot_be_used_twice(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """Keys of the table refuse an exporter that bypasses the lock."""
    append(database, *a_fax(0))
    with pytest.raises(FaxstoreError, match="duplicate key"):
        begin_batch_without_the_lock(dsn, tmp_path)
    assert len(lines(tmp_path)) == 1
    assert sound(dsn)


def begin_batch_without_the_lock(dsn: str, folder: Path) -> None:
    with ledger(dsn, "default") as one, one.repeatable_read():
        assert one.batches() == []
        export(dsn, folder)
        one.begin_batch()


@pytest.mark.parametrize("name", ["", "A", "../x", "a b", "x" * 64, "-a", "ä"])
def test_a_consumer_name_must_be_usable_in_file_names(dsn: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a consumer's name is part of file names"):
        export(dsn, tmp_path, name)


def test_a_file_of_an_unknown_batch_is_not_replaced(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """As after a restore of the database from a backup: batch 1 was exported once, and the ledger has no such batch."""
    append(database, *a_fax(0))
    file = tmp_path / "billing-default-000001.csv"
    file.write_text("of an older database")
    with pytest.raises(FaxstoreError, match="exists already, but default has no batch 1 in the database"):
        export(dsn, tmp_path)
    assert file.read_text() == "of an older database"
    assert batches(dsn) == []
    assert names(tmp_path) == [file.name]


def test_without_the_folder_no_batch_is_made(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    with pytest.raises(FaxstoreError, match="billing-default-000001"):
        export(dsn, tmp_path / "gone")
    assert batches(dsn) == []
