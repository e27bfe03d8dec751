"""Every fax that has ended is handed out once; what changes afterwards goes out as a correction."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from faxstore.billing.formats import BillingFormat
from faxstore.billing.ledger import ledger
from faxstore.billing.verification import ledger_faults
from faxstore.errors import FaxstoreError, UsageError
from faxstore.observations import Observation
from tests.kit.billing_batches import batches, hand, lines, manifests, names, of
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
    """Whether the ledger's own check finds nothing."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return list(ledger_faults(connection)) == []


def test_an_ended_fax_is_handed_out_once(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    (batch,) = hand(dsn, tmp_path)
    assert (batch.batch, batch.first_position, batch.last_position, batch.lines, batch.pages) == (1, 1, 3, 1, 1)
    assert names(tmp_path) == ["billing-default-000001.csv", "billing-default-000001.json"]
    (line,) = lines(tmp_path)
    assert of(line, "batch", "line", "revision", "supersedes", "changed") == ("1", "1", "1", "", "")
    assert of(line, "server", "direction", "pages", "bad_lines", "duration_seconds", "end_observed_by") == (
        "pbx", "received", "1", "3", "2.000000", "gone",
    )  # fmt: skip
    assert of(line, "started_at", "result", "account_code") == ("2026-11-02T08:00:00+00:00", "unknown", "")
    assert hand(dsn, tmp_path) == []
    assert sound(dsn)


def test_a_batch_begins_where_the_one_before_it_ended(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    for number in range(3):
        append(database, *a_fax(number * 10, number))
        hand(dsn, tmp_path)
    told = [(one["batch"], one["first_position"], one["last_position"]) for one in manifests(tmp_path)]
    assert told == [(1, 1, 3), (2, 4, 6), (3, 7, 9)]
    assert [line["session_number"] for line in lines(tmp_path)] == ["0", "1", "2"]


def test_a_fax_that_has_not_ended_is_not_handed_out_yet(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    hand(dsn, tmp_path)
    assert [line["session_number"] for line in lines(tmp_path)] == ["1"]
    append(database, gone(2))
    hand(dsn, tmp_path)
    assert [of(line, "session_number", "revision") for line in lines(tmp_path)] == [("1", "1"), ("0", "1")]


def test_a_fax_that_ends_without_a_row_of_its_own_is_handed_out(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """Its server begins a new life: the batch covers no position of its own but those of the other fax."""
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    hand(dsn, tmp_path)
    later = life(started=100)
    append(database, snapshot(101, 0, of=later))
    hand(dsn, tmp_path)
    first, second = lines(tmp_path)
    assert of(first, "batch", "session_number", "end_observed_by") == ("1", "1", "gone")
    assert of(second, "batch", "session_number", "end_observed_by") == ("2", "0", "server_restart")
    assert sound(dsn)


def test_a_batch_may_cover_no_position_at_all(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 0)), a_fax(0, number=1))
    hand(dsn, tmp_path)
    database.execute(
        "insert into fax.epoch (epoch_id, server, started_at, first_seen_at, last_seen_at)"
        " select gen_random_uuid(), 'pbx', t, t, t from (select timestamptz '2026-11-02 09:00+00') m (t)"
    )
    (batch,) = hand(dsn, tmp_path)
    assert (batch.first_position, batch.last_position, batch.lines) == (6, 5, 1)
    assert sound(dsn)


def test_detectors_are_no_faxes_and_gateways_are(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    detector = [entry(0, 1, operation="V.21"), gone(5, 1)]
    append(database, detector, gateway((0, 1, 9600), (1, 3, 9600), number=2), gone(5, 2))
    hand(dsn, tmp_path)
    assert [of(line, "session_number", "direction", "pages") for line in lines(tmp_path)] == [("2", "gateway", "2")]
    assert sound(dsn)


def test_late_rows_are_a_correction(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    hand(dsn, tmp_path)
    append(database, result(1.4, "SUCCESS", "", "OK"), completed(1.5, 2))
    hand(dsn, tmp_path)
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
    hand(dsn, tmp_path)
    append(database, receiving((0.5, 1, 3)))
    assert hand(dsn, tmp_path) == []
    append(database, *a_fax(10, number=1))
    (batch,) = hand(dsn, tmp_path)
    assert (batch.lines, batch.first_position, batch.last_position) == (1, 4, 7)
    assert sound(dsn)


def test_a_fax_that_was_not_over_after_all_is_corrected_when_it_is(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """A later snapshot of the same observer refutes the end: no line says so until it has ended again."""
    append(database, *a_fax(0))
    hand(dsn, tmp_path)
    append(database, receiving((3, 2, 0), (4, 3, 0)), a_fax(50, number=1))
    hand(dsn, tmp_path)
    assert the_end_of(database) == "open"
    assert sound(dsn)
    append(database, gone(5))
    hand(dsn, tmp_path)
    assert [of(line, "batch", "session_number", "revision", "pages") for line in lines(tmp_path)] == [
        ("1", "0", "1", "1"), ("2", "1", "1", "1"), ("3", "0", "2", "2"),
    ]  # fmt: skip
    assert sound(dsn)


def the_end_of(database: psycopg.Connection) -> str:
    row = database.execute("select end_observed_by from fax.sessions where session_number = 0").fetchone()
    assert row
    return str(row[0])


def test_what_turns_out_to_be_no_fax_is_withdrawn(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, entry(0, operation=None), gone(5))
    hand(dsn, tmp_path)
    append(database, entry(1, operation="V.21"))
    hand(dsn, tmp_path)
    assert [of(line, "revision", "direction") for line in lines(tmp_path)] == [("1", ""), ("2", "detector")]
    assert sound(dsn)


def test_an_account_that_comes_late_is_a_correction(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, sending((0, 1), (1, 2)), gone(2))
    hand(dsn, tmp_path)
    append(database, channel_status(0.5, AccountCode="law", CallerIDNum="4930"))
    hand(dsn, tmp_path)
    assert [of(line, "revision", "account_code", "caller_number", "changed") for line in lines(tmp_path)] == [
        ("1", "", "", ""), ("2", "law", "4930", "account_code caller_number uniqueid"),
    ]  # fmt: skip


def test_consumers_have_cursors_of_their_own(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    hand(dsn, tmp_path, "a")
    append(database, *a_fax(10, number=1))
    hand(dsn, tmp_path, "a")
    hand(dsn, tmp_path, "b")
    assert [of(line, "batch", "session_number") for line in lines(tmp_path, "a")] == [("1", "0"), ("2", "1")]
    assert [of(line, "batch", "session_number") for line in lines(tmp_path, "b")] == [("1", "0"), ("1", "1")]
    assert sound(dsn)


def test_a_consumer_keeps_its_format(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    hand(dsn, tmp_path, "usage", BillingFormat.CLOUDEVENTS)
    append(database, *a_fax(10, number=1))
    with pytest.raises(UsageError, match="usage gets cloudevents since its first batch"):
        hand(dsn, tmp_path, "usage", BillingFormat.CSV)
    hand(dsn, tmp_path, "usage")
    assert [one.format for one in batches(dsn, "usage")] == ["cloudevents", "cloudevents"]


def test_a_change_without_a_row_is_found_by_comparing_everything(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """What a technology counts is set otherwise: no row of the history tells of it."""
    append(database, receiving((0, 1, 3), (1, 2, 5), (2, 3, 5)), gone(3))
    hand(dsn, tmp_path)
    database.execute("update fax.technology set bad_lines_counted_by = 'session'")
    assert hand(dsn, tmp_path) == []
    assert not sound(dsn)
    hand(dsn, tmp_path, recheck=True)
    told = [of(line, "revision", "bad_lines", "changed") for line in lines(tmp_path)]
    assert told == [("1", "8", ""), ("2", "5", "bad_lines")]
    assert sound(dsn)


def test_after_a_change_of_the_schema_everything_is_compared(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """Other views may tell other figures of a fax that has no new row."""
    append(database, *a_fax(0))
    hand(dsn, tmp_path)
    definition = database.execute("select pg_get_viewdef('fax.sessions'::regclass)").fetchone()
    assert definition
    other = definition[0].replace("f.pages,", "f.pages + 1 as pages,", 1)
    database.execute(f"create or replace view fax.sessions as {other}".encode())
    assert hand(dsn, tmp_path) == []
    database.execute("update fax.alembic_version set version_num = '9999'")
    (batch,) = hand(dsn, tmp_path)
    assert (batch.lines, batch.corrections, batch.schema_version) == (1, 1, "9999")
    assert of(lines(tmp_path)[1], "pages", "previous_pages", "changed") == ("2", "1", "pages")


def test_a_second_exporter_waits_for_the_first(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, *a_fax(0))
    with ledger(dsn, "default") as one, ledger(dsn, "default") as two, ledger(dsn, "other") as third:
        assert one.try_lock()
        assert not two.try_lock()
        assert third.try_lock()


def test_two_batches_of_one_number_cannot_both_be(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """Whoever goes round the lock is refused by the keys."""
    append(database, *a_fax(0))
    with pytest.raises(FaxstoreError, match="duplicate key"):
        made_behind_a_batch_that_it_does_not_see(dsn, tmp_path)
    assert len(lines(tmp_path)) == 1
    assert sound(dsn)


def made_behind_a_batch_that_it_does_not_see(dsn: str, folder: Path) -> None:
    with ledger(dsn, "default") as one, one.repeatable_read():
        assert one.batches() == []
        hand(dsn, folder)
        one.begin_batch()


@pytest.mark.parametrize("name", ["", "A", "../x", "a b", "x" * 64, "-a", "ä"])
def test_a_consumer_whose_name_cannot_be_a_files_is_refused(dsn: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a consumer's name is part of file names"):
        hand(dsn, tmp_path, name)


def test_a_file_that_is_no_batch_of_ours_is_left_alone(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    """As after a restore of the database: batch 1 was handed out once, and the ledger knows nothing of it."""
    append(database, *a_fax(0))
    file = tmp_path / "billing-default-000001.csv"
    file.write_text("of another life")
    with pytest.raises(FaxstoreError, match="exists already, but default has no batch 1 in the database"):
        hand(dsn, tmp_path)
    assert file.read_text() == "of another life"
    assert batches(dsn) == []
    assert names(tmp_path) == [file.name]


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_made(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    append(database, *a_fax(0))
    with pytest.raises(FaxstoreError, match="billing-default-000001"):
        hand(dsn, tmp_path / "gone")
    assert batches(dsn) == []
