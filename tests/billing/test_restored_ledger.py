"""The database was restored from a backup that is some batches behind: nobody is billed twice, nothing is missing."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from faxstore.billing.check import compare, restore
from faxstore.billing.delivery import render_batch
from faxstore.billing.formats import BillingFormat, file_name
from faxstore.billing.manifest import manifest_name
from faxstore.billing.verification import ledger_faults
from faxstore.errors import FaxstoreError
from tests.kit.billing_batches import batches, export
from tests.kit.billing_books import differences
from tests.kit.databases import fresh, ledger, name_of
from tests.kit.given import append, completed, gone, read, receiving, result, sending
from tests.kit.log_faxes import sealed

BEHIND = 3
"""Batches that the backup lacks."""


@dataclass(frozen=True)
class Restored:
    """A database as of the first batch, the rows that it received since, and the folder of four delivered batches."""

    dsn: str
    folder: Path
    format: BillingFormat


def first_faxes(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 3), (1, 2, 3), number=0), gone(2, 0))
    append(database, sending((10, 1), (11, 2), number=1), gone(12, 1))
    append(database, receiving((20, 1, 0), number=2))  # open when the backup was made


def later_faxes(database: psycopg.Connection, round: int) -> None:
    """A new fax, and in the first round the end and a correction of earlier ones."""
    append(database, receiving((100 * round, 1, 2), number=10 + round), gone(100 * round + 1, 10 + round))
    if round == 1:
        append(database, receiving((21, 1, 5), number=2), gone(22, 2))
    if round == 2:
        append(database, result(1.4, "SUCCESS", "", "OK"), completed(1.5, 2))


@pytest.fixture(params=list(BillingFormat))
def restored(
    request: pytest.FixtureRequest, dsn: str, server: str, database: psycopg.Connection, tmp_path: Path
) -> Iterator[Restored]:
    folder = tmp_path / "delivered"
    folder.mkdir()
    first_faxes(database)
    export(dsn, folder, format=request.param)
    database.close()
    with fresh(server, name_of(dsn)) as backup:
        with psycopg.connect(dsn, autocommit=True) as lost:
            for round in range(1, 1 + BEHIND):
                later_faxes(lost, round)
                assert len(export(dsn, folder)) == 1
        yield Restored(backup, folder, request.param)


def repaired(restored: Restored) -> list[int]:
    """Restores what is lost, and returns the numbers of the batches."""
    with ledger(restored.dsn, "default") as opened:
        assert opened.try_lock()
        found = compare(opened, restored.folder)
        assert found.faults == []
        return [one.batch for one in restore(opened, found.lost)]


def assert_sound(restored: Restored, tmp_path: Path) -> None:
    """Verify finds nothing, and the delivered files add up to what the views show."""
    again = tmp_path / "rendered"
    again.mkdir()
    if restored.format is BillingFormat.JSONL:
        with psycopg.connect(restored.dsn, autocommit=True) as database:
            assert list(ledger_faults(database)) == []
            (views,) = read(database, "select sum(pages) as pages from fax.sessions where end_observed_by <> 'open'")
        lines = [json.loads(text) for path in restored.folder.glob("*.jsonl") for text in path.read_text().splitlines()]
        assert sum(line["pages"] - (line["previous_pages"] or 0) for line in lines) == views["pages"]
    else:
        consumers = {"default": str(restored.format)}
        assert list(differences(restored.dsn, restored.folder, again, consumers, Counter())) == []


def test_what_was_delivered_is_not_exported_again(restored: Restored, tmp_path: Path) -> None:
    """The rows arrive again, for example from the recording; another fax is new."""
    assert repaired(restored) == [2, 3, 4]
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        for round in range(1, 1 + BEHIND):
            later_faxes(database, round)
        append(database, receiving((900, 1, 2), number=90), gone(901, 90))
    (batch,) = export(restored.dsn, restored.folder)
    assert (batch.batch, batch.lines - batch.corrections) == (5, 1)
    if restored.format is not BillingFormat.CLOUDEVENTS:
        assert batch.lines == 1
    assert export(restored.dsn, restored.folder) == []
    assert_sound(restored, tmp_path)


def test_a_change_since_is_a_correction_of_what_was_delivered(restored: Restored, tmp_path: Path) -> None:
    repaired(restored)
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        for round in range(1, 1 + BEHIND):
            later_faxes(database, round)
        append(database, receiving((100.5, 2, 2), number=11))  # a second page
    (batch,) = export(restored.dsn, restored.folder)
    assert (batch.batch, batch.lines - batch.corrections) == (5, 0)
    assert_sound(restored, tmp_path)


def test_rows_that_are_lost_correct_nothing(restored: Restored) -> None:
    """The rows never arrive again: what was billed stays billed, and new faxes are exported."""
    repaired(restored)
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        append(database, receiving((900, 1, 2), number=90), gone(901, 90))
        if (
            restored.format is not BillingFormat.CLOUDEVENTS
        ):  # an event does not say from how many snapshots it was made
            append(database, gone(902, 2))
        (batch,) = export(restored.dsn, restored.folder)
        assert (batch.batch, batch.lines, batch.corrections) == (5, 1, 0)
        assert list(ledger_faults(database)) == []


def test_a_restored_batch_renders_to_the_delivered_bytes(restored: Restored, tmp_path: Path) -> None:
    repaired(restored)
    again = tmp_path / "again"
    again.mkdir()
    with ledger(restored.dsn, "default") as opened:
        for batch in opened.batches():
            render_batch(opened, batch, again, lambda _: None)
            for name in (file_name("default", batch.batch, restored.format), manifest_name(batch)):
                assert (again / name).read_bytes() == (restored.folder / name).read_bytes()
            assert (batch.manifest is not None) == (batch.batch > 1)


def test_a_restored_batch_is_sealed(restored: Restored) -> None:
    repaired(restored)
    sealed(restored.dsn)
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        assert [row["batch"] for row in read(database, "select batch from fax.sealed_batches order by batch")] == [
            1,
            2,
            3,
            4,
        ]


def test_nothing_is_restored_twice(restored: Restored) -> None:
    assert repaired(restored) == [2, 3, 4]
    assert repaired(restored) == []


@pytest.mark.parametrize("restored", [BillingFormat.CSV], indirect=True)
def test_a_repair_that_is_killed_at_random_moments(restored: Restored, tmp_path: Path) -> None:
    draw = random.Random()
    command = [sys.executable, "-m", "faxstore", "--dsn", restored.dsn, "billing", "check", "--repair", "--folder"]
    for attempt in count(1):
        with subprocess.Popen([*command, str(restored.folder)], stdout=subprocess.DEVNULL) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0, 0.2 * attempt))
            process.send_signal(signal.SIGKILL)
        if process.returncode == 0:
            break
        assert [batch.batch for batch in batches(restored.dsn)] == list(range(1, 1 + len(batches(restored.dsn))))
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        for round in range(1, 1 + BEHIND):
            later_faxes(database, round)
    assert export(restored.dsn, restored.folder) == []
    assert_sound(restored, tmp_path)


# -- what cannot be restored ------------------------------------------------------------------------------


def faults(restored: Restored) -> list[str]:
    with ledger(restored.dsn, "default") as opened:
        return compare(opened, restored.folder).faults


only_csv = pytest.mark.parametrize("restored", [BillingFormat.CSV], indirect=True)


@only_csv
def test_a_batch_that_is_nowhere(restored: Restored) -> None:
    (restored.folder / "billing-default-000003.json").unlink()
    assert faults(restored) == [
        f"batch 3 is neither in the database nor in {restored.folder}, which has batch 4:"
        " put its file and manifest there"
    ]


@only_csv
def test_a_file_that_is_missing(restored: Restored) -> None:
    (restored.folder / "billing-default-000002.csv").unlink()
    assert faults(restored)[0] == (
        f"{restored.folder}/billing-default-000002.csv is missing, the file of billing-default-000002.json"
    )


@only_csv
def test_a_file_that_was_changed(restored: Restored) -> None:
    with (restored.folder / "billing-default-000002.csv").open("a") as file:
        file.write("1\r\n")
    assert faults(restored)[0].endswith("is not the file of billing-default-000002.json: its SHA-256 differs")


@only_csv
def test_a_file_without_erased_values(restored: Restored) -> None:
    path = restored.folder / "billing-default-000002.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256_as_made": "00" * 32}))
    assert faults(restored)[0].endswith(
        "billing-default-000002.csv lacks erased values: put the file there that was delivered first"
    )


@only_csv
def test_another_batch_of_the_same_number(restored: Restored, tmp_path: Path) -> None:
    """Somebody exported to another folder before the check."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with psycopg.connect(restored.dsn, autocommit=True) as database:
        append(database, receiving((900, 1, 2), number=90), gone(901, 90))
    export(restored.dsn, elsewhere)
    assert [fault.split(":")[0] for fault in faults(restored)] == ["batch 2 of default exists twice"]


@only_csv
def test_files_that_were_moved_away_are_no_fault(restored: Restored) -> None:
    (restored.folder / "billing-default-000001.csv").unlink()
    assert faults(restored) == []


@only_csv
def test_a_file_whose_lines_are_not_those_of_its_batch(restored: Restored) -> None:
    """Its SHA-256 is that of the manifest, but it does not render to the same bytes: quoted where it need not be."""
    file, path = (restored.folder / f"billing-default-000002.{suffix}" for suffix in ("csv", "json"))
    file.write_bytes(file.read_bytes().replace(b"pbx", b'"pbx"'))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": sha256, "sha256_as_made": sha256}))
    with pytest.raises(FaxstoreError, match="its lines do not render to the same bytes; nothing was restored"):
        repaired(restored)
    assert len(batches(restored.dsn)) == 1
