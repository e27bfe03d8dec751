"""Each command on a hot standby: it answers as on the primary, or refuses in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.kit.cluster import Cluster, Programs, clusters, wait_until
from tests.kit.command_line import Ran, run_command
from tests.kit.typical_use import WITHOUT_A_DATABASE, command_names, filled_in
from tests.kit.used_database import one, use

READERS = {
    "billing as-of", "billing check", "billing list", "billing render", "consistency", "export history", "export jobs",
    "export pages", "export sessions", "export timeline", "export usage", "partitions list", "prove", "psql",
    "report audit", "sessions", "show", "verify",
}  # fmt: skip
"""Commands that answer on a standby."""

RUNNING = {"doctor", "ingest", "record"}
"""Commands that watch servers: the first reports that the database is a standby, the others wait for the primary."""


@pytest.fixture(scope="module")
def pair(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary with everything in it, and its hot standby."""
    with clusters(programs, 2) as (primary, standby):
        primary.make()
        use(primary.dsn, tmp_path_factory.mktemp("used"))
        standby.follow(primary)
        written = primary.ask("select pg_current_wal_lsn()::text")
        wait_until(lambda: standby.ask(f"select pg_last_wal_replay_lsn() >= '{written}'"))
        yield primary, standby


def run(command: str, cluster: Cluster, folder: Path) -> Ran:
    """Runs a typical use of a command."""
    folder.mkdir()
    with psycopg.connect(cluster.dsn) as connection:
        (session,) = one(connection, "select session_id::text from fax.sessions order by started_at desc limit 1")
    return run_command(cluster.dsn, *filled_in(command, session, folder))


@pytest.mark.parametrize("command", sorted(READERS))
def test_it_answers_as_on_the_primary(command: str, pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, standby = pair
    theirs, ours = (run(command, cluster, tmp_path / name) for cluster, name in ((primary, "a"), (standby, "b")))
    assert theirs.returncode == 0, theirs.stderr
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout), ours.stderr


@pytest.mark.parametrize("command", sorted({*command_names()} - READERS - RUNNING - WITHOUT_A_DATABASE))
def test_it_refuses_in_one_line(command: str, pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    refused = run(command, pair[1], tmp_path / "folder")
    assert refused.returncode == 2, refused
    assert refused.stderr.count("\n") == 1
    assert "the database is read-only: cannot execute" in refused.stderr
    assert refused.stderr.endswith("use the primary's address\n")


def test_a_conflict_with_recovery_is_one_line(pair: tuple[Cluster, Cluster]) -> None:
    primary, standby = pair
    standby.execute("alter system set max_standby_streaming_delay = '50ms'")
    standby.execute("select pg_reload_conf()")
    command = [sys.executable, "-m", "faxstore", "--dsn", standby.dsn, "export", "history"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as export:
        assert export.stdout is not None
        export.stdout.readline()  # the export has begun, and now waits for its reader
        primary.execute("lock table fax.observation in access exclusive mode")
        wait_until(lambda: standby.ask("select count(*) = 0 from pg_stat_activity where query ilike 'copy%'"))
        _, said = export.communicate(timeout=60)
    assert export.returncode == 3
    assert said.count("\n") == 1
    assert "conflict with recovery" in said
