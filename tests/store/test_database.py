"""The edge to the database: each error is one line with exit status 2 or 3, and nothing else connects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import faxstore
from faxstore.errors import FaxstoreError, UnreachableError, UsageError
from faxstore.settings.values import Settings
from faxstore.store.database import Connection, checked_connection, connect, one_moment, open_database
from faxstore.store.schema_version import newest

PACKAGE = Path(faxstore.__file__).parent
ROOT = PACKAGE.parent


@pytest.fixture
def nobody(server: str) -> Iterator[str]:
    """The name of a login without any role, which needs quotes."""
    name = f"Test Nobody {uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
        yield name
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def error_of(dsn: str, statement: str) -> FaxstoreError:
    """The error that a statement leads to."""
    with pytest.raises(FaxstoreError) as raised, checked_connection(dsn, "fax_reader") as connection:
        connection.execute(statement.encode())
    assert "\n" not in str(raised.value)
    return raised.value


def test_a_checked_connection_of_the_settings(dsn: str, tmp_path: Path) -> None:
    with open_database(Settings(dsn, tmp_path), "fax_reader") as connection:
        assert connection.autocommit
        assert connection.info.encoding == "utf-8"
        assert connection.execute("select count(*) from fax.sessions").fetchone() == (0,)
    assert connection.closed


def test_the_dsn_cannot_change_the_encoding(dsn: str) -> None:
    with connect(make_conninfo(dsn, client_encoding="latin1")) as connection:
        assert connection.info.encoding == "utf-8"


def test_a_missing_right_names_right_object_user_and_role(dsn: str, server: str, nobody: str) -> None:
    error = error_of(make_conninfo(dsn, user=nobody), "select 1")
    assert isinstance(error, UsageError)
    assert str(error) == f'no right to use schema fax as user "{nobody}": grant fax_reader to "{nobody}"'


@pytest.mark.parametrize(
    ("role", "statement", "right"),
    [
        ("fax_masked", "select * from fax.sessions", "SELECT on fax.sessions"),
        ("fax_ingest", "select * from fax.session_pages", "SELECT on fax.session_pages"),
        ("fax_masked", "select fax.reconcile('pbx', now(), now())", "EXECUTE fax.reconcile()"),
        ("fax_billing", "table fax.rejected_messages", "SELECT on fax.rejected_messages"),
    ],
)
def test_a_missing_right_is_found_in_the_catalog(dsn: str, role: str, statement: str, right: str) -> None:
    error = error_of(make_conninfo(dsn, options=f"-c role={role}"), statement)
    assert str(error) == f'no right to {right} as user "{role}": grant fax_reader to {role}'


def test_a_right_that_the_role_lacks_too_is_worded_by_the_server(dsn: str) -> None:
    error = error_of(make_conninfo(dsn, options="-c role=fax_reader"), "delete from fax.session")
    assert isinstance(error, UsageError)
    assert str(error).startswith("permission denied for table session as user")


def test_a_value_that_the_database_refuses_is_wrong_use(dsn: str) -> None:
    error = error_of(dsn, "select 'x'::integer")
    assert isinstance(error, UsageError)
    assert str(error) == 'the database refused the request: invalid input syntax for type integer: "x"'


def test_a_read_only_database_is_wrong_use(dsn: str) -> None:
    error = error_of(make_conninfo(dsn, options="-c default_transaction_read_only=on"), "create table mine ()")
    assert isinstance(error, UsageError)
    assert str(error).startswith("the database is read-only: ")


@pytest.mark.parametrize("statement", ["select pg_terminate_backend(pg_backend_pid())", "set statement_timeout = 1"])
def test_a_database_that_is_lost_or_too_slow_is_unreachable(dsn: str, statement: str) -> None:
    error = error_of(dsn, f"{statement}; select pg_sleep(5)")
    assert isinstance(error, UnreachableError)
    assert str(error).startswith("the database could not answer: ")


def test_a_database_that_does_not_exist_is_unreachable(dsn: str) -> None:
    error = error_of(make_conninfo(dsn, dbname="no_such_database"), "select 1")
    assert isinstance(error, UnreachableError)
    assert str(error).startswith("the database cannot be reached: ")


def test_the_schema_version_is_checked(dsn: str, empty_database: str) -> None:
    missing = error_of(empty_database, "select 1")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("update fax.alembic_version set version_num = '9999'")
    newer = error_of(dsn, "select 1")
    assert isinstance(missing, UsageError)
    assert str(missing) == "the database has no schema of faxstore yet: run faxstore migrate"
    assert isinstance(newer, UsageError)
    assert str(newer).startswith(
        f"the schema of the database is 9999, which this faxstore does not know (its own is {newest()})"
    )


def test_an_error_of_faxstore_passes_unchanged(dsn: str) -> None:
    with pytest.raises(UsageError, match=r"^mine$"), checked_connection(dsn, "fax_reader"):
        raise UsageError("mine")


def test_one_moment_reads_one_state_and_leaves_the_connection_as_it_was(dsn: str, database: Connection) -> None:
    database.execute("create table public.mine (n integer)")
    with connect(dsn) as reader:
        with one_moment(reader):
            assert reader.execute("select count(*) from public.mine").fetchone() == (0,)
            database.execute("insert into public.mine values (1)")
            assert reader.execute("select count(*) from public.mine").fetchone() == (0,)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reader.transaction():
                reader.execute("delete from public.mine")
        reader.execute("delete from public.mine")


def test_only_the_store_connects() -> None:
    """SQLAlchemy compiles queries; alembic alone needs an engine."""
    connects = re.compile(r"\bpsycopg\.connect\(|Connection\.connect\(|create_engine\(|\.running\(")
    places = [*PACKAGE.rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in places if connects.search(path.read_text(encoding="utf-8"))}
    assert found == {
        "faxstore/store/database.py",
        "faxstore/store/embedded.py",
        "faxstore/store/lease.py",
        "migrations/env.py",
    }


def test_an_interrupt_does_not_wait_for_a_copy_that_it_abandons(dsn: str) -> None:
    """The COPY holds the connection's lock, and leaving the transaction would need it."""
    connection = connect(dsn)
    copying = connection.cursor().copy("copy (select generate_series(1, 100000)) to stdout")

    def interrupted() -> None:
        with one_moment(connection):
            next(iter(copying.__enter__()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert connection.closed


def test_the_date_style_of_a_database_does_not_matter(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as administrator:
        name = administrator.info.dbname
        administrator.execute(f"alter database {name} set datestyle = 'German'".encode())
    with connect(dsn) as connection:
        assert connection.execute("select timestamptz '2026-11-30 08:00+00'").fetchone() == (
            datetime(2026, 11, 30, 8, tzinfo=UTC),
        )
