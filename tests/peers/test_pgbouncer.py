"""Each command through a real PgBouncer in transaction mode: it answers as without one, or refuses in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from faxstore.report.period_reports import REPORTS
from faxstore.spool.queue import Spool
from faxstore.store.database import connect
from faxstore.store.lease import Leases
from faxstore.store.pooler import is_pooled
from tests.kit.cluster import Programs, wait_until
from tests.kit.command_line import Ran, run_command
from tests.kit.counted_rows import carrying, in_order, snapshot
from tests.kit.databases import fresh
from tests.kit.followed import following, line_of, message_of
from tests.kit.given import append, gone, read, receiving
from tests.kit.typical_use import WITHOUT_A_DATABASE, command_names, filled_in
from tests.kit.used_database import one, use
from tests.peers.pgbouncer import pooled

IN_A_SESSION = {
    "billing as-of", "billing check", "billing export", "billing list", "billing render", "partitions archive",
    "partitions drop", "partitions restore", "retention", "verify",
}  # fmt: skip
"""Commands that need a session of their own."""

RUNNING = {"doctor", "follow", "ingest", "record", "watch"}
"""Commands that watch servers or the history."""

WRITERS = {"compact", "erase", "import", "migrate", "seal"}
"""Commands that answer with what they changed."""

OTHERWISE = {
    "partitions archive": ["--until", "2026-10"],
    "partitions drop": ["--before", "2026-11", "--force"],
    "partitions restore": ["2026-09"],
    **{f"report {name}": ["--from", "2026-09-01", "--to", "2026-11-24"] for name in ("audit", "html", *REPORTS)},
}
"""Other arguments than the typical ones: there is something to do, and no answer depends on the clock."""

SETTINGS = (
    "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings"
    " where name in ('lock_timeout', 'statement_timeout', 'synchronous_commit', 'search_path', 'role', 'TimeZone')"
)


@pytest.fixture(scope="module")
def addresses(
    server: str, template: str, programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The DSN of a database with everything in it, and its DSN through PgBouncer."""
    with fresh(server, template) as dsn:
        use(dsn, tmp_path_factory.mktemp("used"))
        with pooled(dsn, programs.user) as through:
            yield dsn, through


@pytest.fixture
def through(dsn: str, programs: Programs) -> Iterator[str]:
    """A DSN of an empty history through PgBouncer."""
    with pooled(dsn, programs.user) as through:
        yield through


def run(command: str, dsn: str, folder: Path) -> Ran:
    """Runs a typical use of a command."""
    folder.mkdir()
    with psycopg.connect(dsn, prepare_threshold=None) as connection:
        (session,) = one(connection, "select session_id::text from fax.sessions order by started_at desc limit 1")
    words = [*command.split(), *OTHERWISE[command]] if command in OTHERWISE else filled_in(command, session, folder)
    return run_command(dsn, *words)


@pytest.mark.parametrize("command", sorted({*command_names()} - IN_A_SESSION - RUNNING - WRITERS - WITHOUT_A_DATABASE))
def test_it_answers_as_without_a_pooler(command: str, addresses: tuple[str, str], tmp_path: Path) -> None:
    answers = []
    for number, dsn in enumerate(addresses):
        ran = run(command, dsn, tmp_path / str(number))
        assert ran.returncode == 0, ran.stderr
        answers.append([line for line in ran.stdout.splitlines() if "made " not in line])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("command", sorted(WRITERS))
def test_it_writes_through_a_pooler(command: str, addresses: tuple[str, str], tmp_path: Path) -> None:
    dsn, through = addresses
    for number in range(3):  # PostgreSQL's sessions are lent again and again
        ran = run(command, through, tmp_path / str(number))
        assert ran.returncode == 0, ran.stderr
    assert run_command(dsn, "verify").returncode == 0


@pytest.mark.parametrize("command", sorted(IN_A_SESSION))
def test_it_refuses_a_pooler_in_one_line(command: str, addresses: tuple[str, str], tmp_path: Path) -> None:
    refused = run(command, addresses[1], tmp_path / "folder")
    assert refused.returncode == 2, refused
    group = command.split()[0]
    assert refused.stderr == (
        f"faxstore: faxstore {group} needs a session of its own, and the database is behind a connection pooler:"
        " give the address of the database itself, for example with --dsn\n"
    )


def test_a_schema_is_created_through_a_pooler(empty_database: str, programs: Programs) -> None:
    with pooled(empty_database, programs.user) as through:
        assert run_command(through, "migrate").returncode == 0
        assert run_command(through, "sessions").returncode == 0
    assert run_command(empty_database, "verify").returncode == 0


def test_an_ingestor_appends_and_holds_leases_and_leaves_no_settings(
    dsn: str, through: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    before = one(database, SETTINGS)
    with closing(Spool(tmp_path / "spool.sqlite")) as spool, connect(through) as lent:
        assert is_pooled(lent)
        for part in range(3):  # a carrier that continues does not end the session that it had, which others use
            with carrying(through, spool):
                for number in range(part * 300, part * 300 + 300):
                    spool.put([snapshot(number)])
                    if number % 30 == 0:
                        asyncio.run(held(through))
                wait_until(lambda: len(spool) == 0)
        assert {one(lent, SETTINGS) for _ in range(20)} == {before}
    assert in_order(database) == list(range(900))
    assert read(database, "select server, holder from fax.lease") == [{"server": "pbx", "holder": "host/1"}]


async def held(dsn: str) -> None:
    """Requests a lease often enough that psycopg would prepare the statement."""
    leases = Leases(dsn, "host/1")
    for _ in range(8):
        assert (await leases.hold(["pbx"]))[0].mine
    await leases.give_up([])


def test_faxes_are_followed_without_notifications(through: str, database: psycopg.Connection) -> None:
    with following(through, "--after", "0") as process:
        assert message_of(process) == "faxstore: following after position 0\n"
        assert message_of(process) == "faxstore: a connection pooler forwards no notifications: reading every 0.5 s\n"
        for number in range(8):  # psycopg would prepare the statements
            append(database, receiving((number, 1, 0), number=number), gone(number + 0.5, number))
            assert line_of(process)["position"] == str(2 * number + 2)
