"""The migrations make the schema that stands in faxstore/sql, in every direction, and refuse what would do harm."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql as quoting
from psycopg.conninfo import make_conninfo

from faxstore import sql
from faxstore.errors import FaxstoreError, UsageError
from faxstore.observations import Life, Record, Rejected
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from tests.conftest import system_server
from tests.kit.catalog import Row, catalog, difference
from tests.kit.databases import fresh, name_of
from tests.kit.given import moment, snapshot, stats

MIGRATIONS = Path(__file__).parents[2] / "migrations"
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def from_scratch(dsn: str) -> None:
    """The schema by faxstore/sql alone, as its first line says: roles, schema, everything in it as fax_owner."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.text("rights/roles").encode())
        connection.execute("create schema fax authorization fax_owner")
        connection.execute("set role fax_owner")
        connection.execute(sql.schema().encode())
        connection.execute("select fax.make_partitions_ahead()")


@pytest.fixture(scope="module")
def scratch(server: str) -> Iterator[str]:
    """A database with the schema from scratch; nobody changes it for good."""
    with fresh(server) as dsn:
        from_scratch(dsn)
        yield dsn


@pytest.fixture(scope="module")
def written(scratch: str) -> dict[str, list[Row]]:
    """The catalog of the schema from scratch."""
    return catalog(scratch)


def execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


# -- the same schema by both ways -----------------------------------------------------------------------


def test_the_schema_by_migrations_is_the_schema_from_scratch(dsn: str, written: dict[str, list[Row]]) -> None:
    assert difference(catalog(dsn), written) == {}
    assert len(written["functions"]) > 10
    assert len(written["views"]) > 5
    assert len(written["triggers"]) > 5


@pytest.mark.parametrize(
    ("statement", "noticed"),
    [
        ("comment on column fax.sessions.pages is 'other words'", "columns"),
        ("comment on function fax.append(uuid, text) is null", "functions"),
        ("grant select on fax.staged_row to fax_reader", "relations"),
        ("grant update (details) on fax.session_history to fax_ingest", "columns"),
        ("grant execute on function fax.lock_append() to public", "functions"),
        ("alter function fax.append(uuid, text) security invoker", "functions"),
        ("alter function fax.append(uuid, text) reset search_path", "functions"),
        ("alter function fax.append(uuid, text) owner to postgres", "functions"),
        ("alter table fax.epoch alter reload_ordinal drop default", "columns"),
        ("alter table fax.session alter started_at drop not null", "columns"),
        ("alter table fax.epoch alter startup_text type varchar", "columns"),
        ("alter table fax.append_batch drop constraint append_batch_check", "constraints"),
        ("alter table fax.staged_row set logged", "relations"),
        ("alter table fax.server_history disable trigger append_only", "triggers"),
        ("drop trigger append_only on fax.session_history_default", "triggers"),
        ("drop index fax.session_open", "indexes"),
        ("drop view fax.rejected_messages", "views"),
        ("create or replace view fax.rejected_messages as"
         " select server, observed_at, reason, raw, 'nobody'::text as collector_id from fax.rejected_message", "views"),
        ("grant create on schema fax to fax_ingest", "the schema"),
        ("create schema another", "outside the schema"),
        ("alter default privileges for role fax_owner in schema fax grant select on tables to public",
         "default privileges"),
    ],
)  # fmt: skip
def test_the_comparison_notices(scratch: str, written: dict[str, list[Row]], statement: str, noticed: str) -> None:
    assert difference(catalog(scratch), written) == {}
    assert noticed in difference(catalog(scratch, change=statement), written)


# -- up and down ------------------------------------------------------------------------------------------


def test_down_and_up_again_gives_the_same_schema(server: str, template: str, written: dict[str, list[Row]]) -> None:
    with fresh(server, template) as dsn:
        migrate.downgrade(dsn, "base")
        assert migrate.current(dsn) is None
        left = catalog(dsn)
        assert left["relations"] == left["functions"] == left["types"] == []
        migrate.upgrade(dsn)
        assert migrate.current(dsn) == migrate.newest()
        assert difference(catalog(dsn), written) == {}


@pytest.mark.parametrize(("older", "newer"), [*itertools.pairwise(REVISIONS)])
def test_each_step_down_gives_the_schema_of_before(server: str, older: str, newer: str) -> None:
    """With rows in the history: they stay, whatever is done to the views over them."""
    with fresh(server) as dsn:
        migrate.upgrade(dsn, older)
        append_one(dsn)
        before = catalog(dsn)
        migrate.upgrade(dsn, newer)
        after = catalog(dsn)
        assert difference(after, before) != {}
        migrate.downgrade(dsn, older)
        assert difference(catalog(dsn), before) == {}
        migrate.upgrade(dsn, newer)
        assert difference(catalog(dsn), after) == {}
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select count(*), max(position) from fax.session_history").fetchone() == (1, 1)


def test_migrating_twice_changes_nothing(dsn: str) -> None:
    before = catalog(dsn)
    migrate.upgrade(dsn)
    assert difference(catalog(dsn), before) == {}
    assert migrate.current(dsn) == migrate.newest() == REVISIONS[-1]


def test_a_history_survives_migrating_again(dsn: str) -> None:
    append_one(dsn)
    migrate.upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*), max(position) from fax.session_history").fetchone() == (1, 1)


def test_two_who_migrate_at_once_are_one_after_the_other(empty_database: str, written: dict[str, list[Row]]) -> None:
    command = [sys.executable, "-m", "faxstore", "--dsn", empty_database, "migrate"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = sorted(process.communicate(timeout=60)[1] for process in processes)
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert difference(catalog(empty_database), written) == {}


def append_one(dsn: str) -> None:
    """Of a life without evidence of its start: that asks for nothing that an older schema lacks."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        Appender(connection, "test").append([(1, snapshot(0, of=Life("pbx", moment(0))))])


@pytest.mark.parametrize("kept", ["an observation", "a rejected message", "an observation of the server"])
def test_a_history_is_never_dropped(dsn: str, kept: str) -> None:
    records: dict[str, Record] = {
        "an observation": snapshot(0),
        "a rejected message": Rejected("pbx", moment(0), "no header", "garbage"),
        "an observation of the server": stats(0, TransmitAttempts="1"),
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        Appender(connection, "test").append([(1, records[kept])])
    before = catalog(dsn)
    with pytest.raises(FaxstoreError) as refused:
        migrate.downgrade(dsn, "base")
    assert "would drop a history that is not empty" in one_line(refused.value)
    assert migrate.current(dsn) == migrate.newest()
    assert difference(catalog(dsn), before) == {}


# -- which schema is there --------------------------------------------------------------------------------


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("action", ["require_current", "upgrade", "downgrade"])
def test_a_newer_schema_is_left_alone(dsn: str, action: str) -> None:
    execute(dsn, "update fax.alembic_version set version_num = '9999'")
    actions: dict[str, Callable[[], None]] = {
        "require_current": lambda: migrate.require_current(dsn),
        "upgrade": lambda: migrate.upgrade(dsn),
        "downgrade": lambda: migrate.downgrade(dsn, "base"),
    }
    with pytest.raises(UsageError) as refused:
        actions[action]()
    assert one_line(refused.value) == (
        "the schema of the database is 9999, newer than this faxstore knows"
        f" (up to {migrate.newest()}): upgrade faxstore"
    )
    assert migrate.current(dsn) == "9999"


def test_no_schema_is_said_in_one_line(empty_database: str) -> None:
    assert migrate.current(empty_database) is None
    with pytest.raises(UsageError) as refused:
        migrate.require_current(empty_database)
    assert one_line(refused.value) == "the database has no schema of faxstore yet: run faxstore migrate"


def test_the_schema_of_today_is_good(dsn: str) -> None:
    migrate.require_current(dsn)
    assert migrate.current(dsn) == migrate.newest()


# -- who may migrate --------------------------------------------------------------------------------------


@pytest.fixture
def user(server: str) -> Iterator[str]:
    """A login without any rights."""
    name = f"test_{uuid4().hex[:12]}"
    execute(server, f"create role {name} login")
    yield name
    execute(server, f"drop role {name}")


@pytest.fixture
def own_database(server: str, user: str) -> Iterator[str]:
    """The DSN of that user for a database of its own."""
    with fresh(server) as dsn:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                quoting.SQL("alter database {} owner to {}").format(
                    quoting.Identifier(name_of(dsn)), quoting.Identifier(user)
                )
            )
        yield make_conninfo(dsn, user=user)


def test_an_owner_of_the_database_who_is_in_fax_owner_may_migrate(
    server: str, user: str, own_database: str, template: str, written: dict[str, list[Row]]
) -> None:
    """The least that is needed where the roles are there: CREATE on the database, and membership in fax_owner."""
    execute(server, f"grant fax_owner to {user}")
    migrate.upgrade(own_database)
    migrate.require_current(own_database)
    assert difference(catalog(make_conninfo(server, dbname=name_of(own_database))), written) == {}
    append_one(own_database)
    with pytest.raises(FaxstoreError, match="history that is not empty"):
        migrate.downgrade(own_database, "base")


def test_an_owner_of_the_database_who_is_not_gets_one_line(own_database: str, template: str) -> None:
    with pytest.raises(FaxstoreError) as refused:
        migrate.upgrade(own_database)
    assert "permission denied" in one_line(refused.value) or "must have admin option" in one_line(refused.value)
    assert migrate.current(own_database) is None


@pytest.fixture
def untouched() -> Iterator[str]:
    """A superuser's DSN for a server, of the kind under test, on which nobody has ever migrated."""
    folder = Path(tempfile.mkdtemp(prefix="faxstore-test-", dir="/tmp"))
    folder.chmod(0o755)
    start = system_server if os.environ.get("FAXSTORE_TEST_SERVER") == "system" else embedded.running
    try:
        with start(folder) as dsn:
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_an_owner_of_the_database_who_may_create_roles_may_migrate_a_new_server(untouched: str) -> None:
    """No superuser is needed: PostgreSQL lets whoever creates fax_owner become a member of it."""
    execute(untouched, "create role clerk login createrole")
    execute(untouched, "create database of_clerk owner clerk")
    dsn = make_conninfo(untouched, dbname="of_clerk", user="clerk")
    migrate.upgrade(dsn)
    migrate.upgrade(dsn)
    migrate.require_current(dsn)
    append_one(dsn)
    execute(dsn, "create role collector login")
    execute(dsn, "grant fax_ingest to collector")
    append_one(make_conninfo(untouched, dbname="of_clerk", user="collector"))
    with psycopg.connect(make_conninfo(untouched, dbname="of_clerk")) as connection:
        owner = "select relowner::regrole::text from pg_class where oid = 'fax.session_history'::regclass"
        assert connection.execute(owner).fetchone() == ("fax_owner",)
        assert connection.execute("select count(*) from fax.session_history").fetchone() == (1,)


# -- the frozen steps -------------------------------------------------------------------------------------


def test_every_revision_has_its_frozen_sql() -> None:
    assert len(REVISIONS) > 0
    assert [path.name for path in sorted((MIGRATIONS / "sql").glob("[0-9]*.sql"))] == sorted(
        f"{revision}_{way}.sql" for revision in REVISIONS for way in ("up", "down")
    )


def test_revisions_do_not_read_the_schema_of_today() -> None:
    """What a revision did stays as it is: it may not change with faxstore/sql."""
    scripts = [*MIGRATIONS.rglob("*.py")]
    assert len(scripts) == len(REVISIONS) + 1
    for script in scripts:
        text = script.read_text()
        found = re.findall(
            r"faxstore[./]sql|faxstore import .*\bsql\b|importlib\.resources|__import__|import_module", text
        )
        assert found == [], script.name
        own = re.findall(r"\"(\d{4})_(?:up|down)\.sql\"", text)
        assert set(own) <= {script.name[:4]}, script.name
    for frozen in (MIGRATIONS / "sql").glob("*.sql"):
        assert not re.search(r"^\s*\\", frozen.read_text(), re.MULTILINE), f"{frozen.name} includes another file"


def test_the_roles_of_the_migrations_are_those_of_the_schema() -> None:
    assert (MIGRATIONS / "sql" / "roles.sql").read_text() == sql.text("rights/roles")
