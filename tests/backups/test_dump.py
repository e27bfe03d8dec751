"""A dump by pg_dump, restored: the same rows, answers, rights and proofs, and work goes on where it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.kit.billing_batches import export
from tests.kit.cluster import Cluster, Programs, clusters
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given import append, gone, receiving
from tests.kit.log_faxes import verified
from tests.kit.used_database import leases, one, proofs, shown, use


@pytest.fixture
def used(dsn: str, tmp_path: Path) -> str:
    """A DSN of a database with everything in it."""
    use(dsn, tmp_path)
    return dsn


def pipe(programs: Programs, source: str, target: str, *, of: str = "pg_dump") -> None:
    """Dumps one database and restores it into another, as an administrator does."""
    dumping = subprocess.run([programs.folder / of, "--dbname", source], capture_output=True, check=True)
    psql = [programs.folder / "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", target]
    restoring = subprocess.run(psql, input=dumping.stdout, capture_output=True, check=False)
    assert (restoring.returncode, restoring.stderr) == (0, b"")


def assert_same(used: str, restored: str, folder: Path) -> None:
    """What people see is the same, every check passes, and no batch is due."""
    assert shown(restored) == shown(used)
    assert proofs(restored) == proofs(used)
    assert leases(restored) == leases(used)
    assert verified(restored) == []
    assert export(restored, folder / "delivered") == []
    checked = run_command(restored, "billing", "check", "--folder", str(folder / "delivered"))
    assert checked.returncode == 0, checked.stderr


def assert_continues(restored: str) -> None:
    """The next row has the next position, and belongs to its session."""
    with psycopg.connect(restored, autocommit=True) as connection:
        (last,) = one(connection, "select max(last_position) from fax.append_batch")
        append(connection, receiving((1, 1, 0), (2, 2, 0), number=77), gone(3, 77))
        assert one(connection, "select min(first_position), max(last_position) from fax.sessions where session_number = 77") == (
            last + 1,
            last + 3,
        )  # fmt: skip


def test_into_another_database_of_the_server(
    used: str, server: str, programs: Programs, tmp_path: Path
) -> None:
    with fresh(server, "template0") as restored:
        pipe(programs, used, restored)
        assert_same(used, restored, tmp_path)
        assert_continues(restored)
        assert run_command(restored, "migrate").returncode == 0


def test_into_another_server_with_its_roles(used: str, programs: Programs, tmp_path: Path) -> None:
    with clusters(programs, 1) as (other,):
        other.make_empty()
        roles(programs, used, other)
        pipe(programs, used, other.dsn)
        assert_same(used, other.dsn, tmp_path)
        assert_continues(other.dsn)


def roles(programs: Programs, used: str, other: Cluster) -> None:
    """Restores the roles, which a dump of one database lacks."""
    dumping = subprocess.run(
        [programs.folder / "pg_dumpall", "--roles-only", "--dbname", used], capture_output=True, check=True
    )
    psql = [programs.folder / "psql", "--no-psqlrc", "--quiet", "--dbname", other.dsn]
    restoring = subprocess.run(psql, input=dumping.stdout, capture_output=True, check=True)
    assert restoring.stderr.decode().splitlines() == [
        line for line in restoring.stderr.decode().splitlines() if 'role "postgres" already exists' in line
    ]
