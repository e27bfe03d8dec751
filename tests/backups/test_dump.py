"""A dump by pg_dump, restored: the same rows, answers, rights and proofs, and work goes on where it was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.kit.billing_batches import export
from tests.kit.cluster import Programs, clusters
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


def pipe(programs: Programs, dump: list[str], source: str, target: str) -> list[str]:
    """Restores what a dump contains, as an administrator does; returns what psql says."""
    dumped = subprocess.run(
        [str(programs.folder / dump[0]), *dump[1:], "--dbname", source], capture_output=True, check=True
    )
    psql = [str(programs.folder / "psql"), "--no-psqlrc", "--quiet", "--dbname", target]
    return subprocess.run(psql, input=dumped.stdout, capture_output=True, check=True).stderr.decode().splitlines()


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
        query = "select min(first_position), max(last_position) from fax.sessions where session_number = 77"
        assert one(connection, query) == (last + 1, last + 3)


def test_into_another_database_of_the_server(used: str, server: str, programs: Programs, tmp_path: Path) -> None:
    with fresh(server, "template0") as restored:
        assert pipe(programs, ["pg_dump"], used, restored) == []
        assert_same(used, restored, tmp_path)
        assert_continues(restored)
        assert run_command(restored, "migrate").returncode == 0


def test_into_another_server_with_its_roles(used: str, programs: Programs, tmp_path: Path) -> None:
    with clusters(programs, 1) as (other,):
        other.make_empty()
        roles = pipe(programs, ["pg_dumpall", "--roles-only"], used, other.dsn)  # a dump of one database lacks them
        assert [line for line in roles if 'role "postgres" already exists' not in line] == []
        assert pipe(programs, ["pg_dump"], used, other.dsn) == []
        assert_same(used, other.dsn, tmp_path)
        assert_continues(other.dsn)
