"""Each command on a hot standby: it answers as on the primary, or refuses in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from faxstore.errors import UnreachableError
from faxstore.report.period_reports import REPORTS
from faxstore.store.database import Connection, connect, one_line_errors, one_moment
from tests.kit.cluster import Cluster, Programs, clusters, wait_until
from tests.kit.command_line import Ran, run_command
from tests.kit.followed import following, line_of, message_of
from tests.kit.typical_use import WITHOUT_A_DATABASE, command_names, filled_in
from tests.kit.used_database import one, use

READERS = {
    "billing as-of", "billing check", "billing list", "billing render", "capacity", "consistency", "export history",
    "export jobs", "export pages", "export sessions", "export timeline", "export usage", "partitions list", "prove",
    "psql", "report audit", "report concurrency", "report coverage", "report failures", "report html",
    "report jobs", "report peers", "report quality", "report usage", "sessions", "show", "verify",
}  # fmt: skip
"""Commands that answer on a standby."""

RUNNING = {"doctor", "follow", "ingest", "record", "watch"}
"""Commands that run on: the first reports that the database is a standby, the last two wait for the primary."""

OTHERWISE = {
    "partitions archive": ["--until", "2026-10"],
    "partitions drop": ["--before", "2026-11", "--force"],
    "partitions restore": ["2026-09"],
    **{f"report {name}": ["--from", "2026-09-01", "--to", "2026-11-24"] for name in ("audit", "html", *REPORTS)},
}
"""Other arguments than the typical ones: the primary would have something to do, and no answer depends on the clock."""


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
    words = [*command.split(), *OTHERWISE[command]] if command in OTHERWISE else filled_in(command, session, folder)
    return run_command(cluster.dsn, *words)


@pytest.mark.parametrize("command", sorted(READERS - {"verify"}))
def test_it_answers_as_on_the_primary(command: str, pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    primary, standby = pair
    answers = []
    for cluster in (primary, standby):
        ran = run(command, cluster, tmp_path / str(cluster.port))
        assert ran.returncode == 0, ran.stderr
        # in a DSN or the name of a folder: an id or a fraction of a second may have the same digits
        answers.append(re.sub(rf"(?<=[=:/]){cluster.port}\b", "PORT", ran.stdout))
    theirs, ours = ([line for line in answer.splitlines() if "made " not in line] for answer in answers)
    assert ours == theirs


def test_verify_names_what_it_cannot_compare_there(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    """A PostgreSQL that writes views in other words than the shipped catalog has to write them itself."""
    verified = run("verify", pair[1], tmp_path / "folder")
    if verified.returncode == 1:
        assert "the definitions of views: cannot be compared" in verified.stdout
        assert "verify on the primary" in verified.stdout
    else:
        assert (verified.returncode, verified.stdout) == (0, "")


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
    with (
        connect(standby.dsn) as connection,
        ThreadPoolExecutor() as pool,
        pytest.raises(UnreachableError) as refused,
        one_line_errors(connection, "fax_reader"),
    ):
        disturbed(connection, primary, pool)
    assert str(refused.value).startswith(
        "the database could not answer: canceling statement due to conflict with recovery"
    )
    assert "\n" not in str(refused.value)


def disturbed(connection: Connection, primary: Cluster, pool: ThreadPoolExecutor) -> None:
    """Runs a report that has read the history, while the primary locks its table."""
    with one_moment(connection):
        connection.execute("select from fax.session_history")
        pool.submit(primary.execute, "do 'begin lock table fax.observation in access exclusive mode; end'")
        connection.execute("select pg_sleep(60)")


def test_faxes_are_followed_on_a_standby(pair: tuple[Cluster, Cluster]) -> None:
    """The database of this test lacks the rows of a month."""
    refused = run_command(pair[1].dsn, "follow", "--after", "0")
    assert (refused.returncode, refused.stdout) == (2, "")
    said = "faxstore: rows after position 0 are not in the database any more (month 2026-09): restore the month"
    begin, _, position = refused.stderr.strip().rpartition(" (faxstore partitions restore), or continue with --after ")
    assert begin == said
    with following(pair[1].dsn, "--after", position) as process:
        assert message_of(process) == f"faxstore: following after position {position}\n"
        assert message_of(process) == "faxstore: a standby sends no notifications: reading every 0.5 s\n"
        assert line_of(process)["revision"] == 1
