"""`faxstore billing as-of` selects a batch only by times that the log covers, once there is a checkpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.kit.billing_batches import export
from tests.kit.command_line import Ran, run_command
from tests.kit.given import append
from tests.kit.log_faxes import fax, sealed


@pytest.fixture
def superuser(dsn: str, database: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    """A superuser's connection to a ledger of one batch."""
    del dsn
    batch(database, tmp_path, 1)
    return database


def batch(database: psycopg.Connection, folder: Path, number: int) -> None:
    """Appends a fax and exports it as a batch of its own."""
    append(database, fax(number, number * 60))
    export(database.info.dsn, folder)


def as_of(dsn: str, moment: datetime) -> Ran:
    return run_command(dsn, "billing", "as-of", moment.isoformat())


def now() -> datetime:
    return datetime.now(UTC)


def test_without_a_checkpoint_the_answer_says_that_its_time_is_not_sealed(
    dsn: str, superuser: psycopg.Connection
) -> None:
    del superuser
    found = as_of(dsn, now())
    assert found.returncode == 0
    assert "default as of batch 1, made at " in found.stderr
    assert found.stderr.endswith(" (not sealed)\n")


def test_a_changed_time_does_not_change_the_answer(dsn: str, superuser: psycopg.Connection) -> None:
    sealed(dsn)
    before = as_of(dsn, now())
    assert before.returncode == 0
    superuser.execute("alter table fax.export_batch disable trigger all")
    superuser.execute("update fax.export_batch set made_at = made_at + interval '1 year'")
    assert as_of(dsn, now()) == before
    superuser.execute("update fax.export_batch set made_at = made_at - interval '2 years'")
    assert as_of(dsn, now() - timedelta(days=1)).returncode == 2


def test_a_batch_that_no_checkpoint_covers_decides_nothing(
    dsn: str, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    sealed(dsn)
    between = now()
    batch(superuser, tmp_path, 2)
    refused = as_of(dsn, now())
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "faxstore: no checkpoint covers batch 2 of default yet: run faxstore seal, or give the number of a batch\n"
    )
    assert run_command(dsn, "billing", "as-of", "2").returncode == 0
    sealed(dsn)
    assert "as of batch 1," in as_of(dsn, between).stderr
    assert "as of batch 2," in as_of(dsn, now()).stderr
