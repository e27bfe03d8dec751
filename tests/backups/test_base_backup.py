"""A base backup and the archived WAL restore the database to an earlier moment; the ledger then finds what it lacks."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.kit.billing_batches import batches, export, lines
from tests.kit.cluster import Programs, clusters
from tests.kit.command_line import run_command
from tests.kit.given import append, gone, receiving
from tests.kit.log_faxes import verified
from tests.kit.used_database import leases, proofs, shown, use


def deliver(dsn: str, number: int, folder: Path) -> None:
    """Appends a fax and delivers the batch with it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        append(connection, receiving((number, 1, 0), (number + 1, 2, 0), number=number), gone(number + 2, number))
    assert len(export(dsn, folder)) == 1


def test_a_restore_to_an_earlier_moment(programs: Programs, tmp_path: Path) -> None:
    folder = tmp_path / "delivered"
    with clusters(programs, 2) as (primary, restored):
        primary.make()
        primary.archive()
        use(primary.dsn, tmp_path)
        restored.back_up(primary)
        deliver(primary.dsn, 100, folder)  # only in the WAL
        primary.execute("select pg_create_restore_point('here')")
        expected = shown(primary.dsn), proofs(primary.dsn), leases(primary.dsn)
        for number in (200, 300, 400):
            deliver(primary.dsn, number, folder)
        restored.recover(primary, "here")

        assert (shown(restored.dsn), proofs(restored.dsn), leases(restored.dsn)) == expected
        assert verified(restored.dsn) == []
        delivered = lines(folder)
        found = run_command(restored.dsn, "billing", "check", "--folder", str(folder))
        assert found.returncode == 1
        assert f"5 batches in {folder}; its last batch is 2" in found.stderr
        assert run_command(restored.dsn, "billing", "check", "--repair", "--folder", str(folder)).returncode == 0
        assert len(batches(restored.dsn)) == 5
        assert export(restored.dsn, folder) == []
        for number in (200, 300, 400):  # from the recording, or from the ingestor's spool
            with psycopg.connect(restored.dsn, autocommit=True) as connection:
                append(
                    connection, receiving((number, 1, 0), (number + 1, 2, 0), number=number), gone(number + 2, number)
                )
        assert export(restored.dsn, folder) == []
        assert lines(folder) == delivered
