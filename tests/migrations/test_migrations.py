"""Migrations create the schema in faxstore/sql, undo it, and refuse what would lose data."""

from __future__ import annotations

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
from alembic.script import ScriptDirectory
from psycopg import sql as quoting
from psycopg.conninfo import make_conninfo

from faxstore import sql
from faxstore.errors import FaxstoreError, UsageError
from faxstore.observations import Life, Record, Rejected
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.schema_version import migrations_dir, newest, revisions
from tests.conftest import system_server
from tests.kit.catalog import Row, catalog, difference
from tests.kit.databases import check_schema, fresh, name_of
from tests.kit.given import moment, snapshot, stats
from tests.kit.places import server_place

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def from_scratch(dsn: str) -> None:
    """Creates the schema from faxstore/sql alone: the roles, the schema, and as fax_owner everything in it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.text("rights/roles").encode())
        connection.execute("create schema fax authorization fax_owner")
        connection.execute("set role fax_owner")
        connection.execute(sql.schema().encode())
        connection.execute("select fax.make_partitions_ahead()")


@pytest.fixture(scope="module")
def scratch(server: str) -> Iterator[str]:
    """The DSN of a database with the schema from scratch. Tests roll back their changes to it."""
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


# -- schema from scratch = schema by migration -----------------------------------------------------------


def test_migrations_create_the_schema_from_scratch(dsn: str, written: dict[str, list[Row]]) -> None:
    assert difference(catalog(dsn), written) == {}
    assert len(written["functions"]) > 10
    assert len(written["views"]) > 5
    assert len(written["triggers"]) > 5


@pytest.mark.parametrize(
    ("statement", "noticed"),
    [
        ("comment on column fax.sessions.pages is 'other words'", "columns"),
        ("comment on function fax.append is null", "functions"),
        ("grant select on fax.waiting_record to fax_reader", "relations"),
        ("grant update (details) on fax.observation to fax_ingest", "columns"),
        ("grant execute on function fax.lock_append() to public", "functions"),
        ("alter function fax.append security invoker", "functions"),
        ("alter function fax.append reset search_path", "functions"),
        ("alter function fax.append owner to postgres", "functions"),
        ("alter table fax.epoch alter reload_ordinal drop default", "columns"),
        ("alter table fax.session alter started_at drop not null", "columns"),
        ("alter table fax.epoch alter startup_text type varchar", "columns"),
        ("alter table fax.append_batch drop constraint append_batch_pkey", "constraints"),
        ("alter table fax.waiting_record set unlogged", "relations"),
        ("alter table fax.server_history disable trigger append_only", "triggers"),
        ("drop trigger append_only on fax.observation_default", "triggers"),
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
        assert migrate.current(dsn) == newest()
        assert difference(catalog(dsn), written) == {}


def test_the_names_of_the_files_are_the_revisions_in_order() -> None:
    scripts = ScriptDirectory(str(migrations_dir()))
    assert revisions() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert newest() == scripts.get_current_head()


def test_migrating_twice_changes_nothing(dsn: str) -> None:
    before = catalog(dsn)
    migrate.upgrade(dsn)
    assert difference(catalog(dsn), before) == {}
    assert migrate.current(dsn) == newest()


def test_a_history_survives_migrating_again(dsn: str) -> None:
    append_one(dsn)
    migrate.upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*), max(position) from fax.session_history").fetchone() == (1, 1)


def test_concurrent_migrations_run_one_after_the_other(empty_database: str, written: dict[str, list[Row]]) -> None:
    command = [sys.executable, "-m", "faxstore", "--dsn", empty_database, "migrate"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    messages = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], messages
    assert difference(catalog(empty_database), written) == {}


def append_one(dsn: str) -> None:
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
    refuses_to_drop(dsn, "a history")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("insert into fax.checkpoint (size, records, root, note) values (1, 1, sha256(''), '')", "a log"),
        ("insert into fax.erasure (reason, session_id, erased_rows) values ('asked', gen_random_uuid(), 0)", "a log"),
        ("insert into fax.rate (currency, valid_from) values ('EUR', '2099-01-01')", "rates (fax.rate)"),
        ("insert into fax.rate_change (rate_id, change, rate) values (1, 'removal', '{}')", "rates (fax.rate)"),
    ],
)
def test_a_log_and_rates_are_never_dropped(dsn: str, statement: str, what: str) -> None:
    execute(dsn, statement)
    refuses_to_drop(dsn, what)


def refuses_to_drop(dsn: str, what: str) -> None:
    before = catalog(dsn)
    with pytest.raises(FaxstoreError) as refused:
        migrate.downgrade(dsn, "base")
    assert f"would drop {what} that" in one_line(refused.value)
    assert migrate.current(dsn) == newest()
    assert difference(catalog(dsn), before) == {}


# -- the revision of a database ---------------------------------------------------------------------------


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("action", ["require_current", "upgrade", "downgrade"])
def test_a_newer_schema_is_left_alone(dsn: str, action: str) -> None:
    execute(dsn, "update fax.alembic_version set version_num = '9999'")
    actions: dict[str, Callable[[], None]] = {
        "require_current": lambda: check_schema(dsn),
        "upgrade": lambda: migrate.upgrade(dsn),
        "downgrade": lambda: migrate.downgrade(dsn, "base"),
    }
    with pytest.raises(UsageError) as refused:
        actions[action]()
    assert one_line(refused.value) == (
        "the schema of the database is 9999, which this faxstore does not know"
        f" (its own is {newest()}): upgrade faxstore"
    )
    assert migrate.current(dsn) == "9999"


def test_a_missing_schema_is_one_line(empty_database: str) -> None:
    assert migrate.current(empty_database) is None
    with pytest.raises(UsageError) as refused:
        check_schema(empty_database)
    assert one_line(refused.value) == "the database has no schema of faxstore yet: run faxstore migrate"


def test_the_current_schema_passes(dsn: str) -> None:
    check_schema(dsn)
    assert migrate.current(dsn) == newest()


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
    """The DSN with which that user reaches a database that it owns."""
    with fresh(server) as dsn:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                quoting.SQL("alter database {} owner to {}").format(
                    quoting.Identifier(name_of(dsn)), quoting.Identifier(user)
                )
            )
        yield make_conninfo(dsn, user=user)


def test_a_database_owner_in_fax_owner_may_migrate(
    server: str, user: str, own_database: str, template: str, written: dict[str, list[Row]]
) -> None:
    """With existing roles, CREATE on the database and membership in fax_owner suffice."""
    execute(server, f"grant fax_owner to {user}")
    migrate.upgrade(own_database)
    check_schema(own_database)
    assert difference(catalog(make_conninfo(server, dbname=name_of(own_database))), written) == {}
    append_one(own_database)
    with pytest.raises(FaxstoreError, match="history that is not empty"):
        migrate.downgrade(own_database, "base")


def test_a_database_owner_outside_fax_owner_gets_one_line(own_database: str, template: str) -> None:
    with pytest.raises(FaxstoreError) as refused:
        migrate.upgrade(own_database)
    assert "permission denied" in one_line(refused.value) or "must have admin option" in one_line(refused.value)
    assert migrate.current(own_database) is None


@pytest.fixture
def untouched() -> Iterator[str]:
    """The superuser's DSN of a new server, of the kind under test, without faxstore's roles."""
    folder = Path(tempfile.mkdtemp(prefix="faxstore-test-", dir=server_place()))
    folder.chmod(0o755)
    start = system_server if os.environ.get("FAXSTORE_TEST_SERVER") == "system" else embedded.running
    try:
        with start(folder) as dsn:
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_database_owner_with_createrole_may_migrate_a_new_server(untouched: str) -> None:
    """No superuser is needed: PostgreSQL lets the creator of fax_owner become a member of it."""
    execute(untouched, "create role clerk login createrole")
    execute(untouched, "create database of_clerk owner clerk")
    dsn = make_conninfo(untouched, dbname="of_clerk", user="clerk")
    migrate.upgrade(dsn)
    migrate.upgrade(dsn)
    check_schema(dsn)
    append_one(dsn)
    execute(dsn, "create role collector login")
    execute(dsn, "grant fax_ingest to collector")
    append_one(make_conninfo(untouched, dbname="of_clerk", user="collector"))
    with psycopg.connect(make_conninfo(untouched, dbname="of_clerk")) as connection:
        owner = "select relowner::regrole::text from pg_class where oid = 'fax.observation'::regclass"
        assert connection.execute(owner).fetchone() == ("fax_owner",)
        assert connection.execute("select count(*) from fax.session_history").fetchone() == (1,)


# -- the frozen SQL ---------------------------------------------------------------------------------------


def test_every_revision_has_its_frozen_sql() -> None:
    assert len(revisions()) > 0
    assert [path.name for path in sorted((MIGRATIONS / "sql").glob("[0-9]*.sql"))] == sorted(
        f"{revision}_{way}.sql" for revision in revisions() for way in ("up", "down")
    )


def test_revisions_read_only_their_own_frozen_sql() -> None:
    """A revision that read faxstore/sql would change with it."""
    scripts = [*MIGRATIONS.rglob("*.py")]
    assert len(scripts) == len(revisions()) + 1
    for script in scripts:
        text = re.sub(r'""".*?"""', "", script.read_text(), flags=re.DOTALL)
        found = re.findall(
            r"faxstore[./]sql|faxstore import .*\bsql\b|importlib\.resources|__import__|import_module", text
        )
        assert found == [], script.name
        own = re.findall(r"\"(\d{4})_(?:up|down)\.sql\"", text)
        assert set(own) <= {script.name[:4]}, script.name
    for frozen in (MIGRATIONS / "sql").glob("*.sql"):
        assert not re.search(r"^\s*\\", frozen.read_text(), re.MULTILINE), f"{frozen.name} includes another file"


def test_revision_0001_is_frozen_from_the_current_schema() -> None:
    """Until 0.1.0 is released, revision 0001 follows faxstore/sql. After the release, delete this test."""
    assert (MIGRATIONS / "sql" / "0001_up.sql").read_text() == sql.schema(), "run: make freeze"


def test_the_frozen_roles_are_those_of_the_schema() -> None:
    assert (MIGRATIONS / "sql" / "roles.sql").read_text() == sql.text("rights/roles"), "run: make freeze"
