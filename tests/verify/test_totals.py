"""faxstore verify finds each total that is not the fold of its session's rows, and each one that was not removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from faxstore.verify import totals
from faxstore.verify.findings import Scope
from tests.kit.databases import fresh
from tests.kit.given import append, gone, life, read, receiving, snapshot
from tests.kit.totals import write_totals

DAY = 86_400
Happens = Callable[[psycopg.Connection], None]


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A database with a total on each of three days, and a session that waits for one."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for day in range(3):
            append(connection, *receiving((day * DAY, 1, 0), (day * DAY + 1, 2, 7), number=day))
        write_totals(connection)
        append(connection, snapshot(3 * DAY, 3))
        yield connection


@pytest.fixture
def database(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That database, in a transaction that is rolled back after the test."""
    with connection.transaction(force_rollback=True):
        yield connection


def found(database: psycopg.Connection) -> list[str]:
    """What verify finds, without the names of the sessions."""
    return [one.what for one in totals.check(database, Scope())]


def test_true_totals_have_no_findings(database: psycopg.Connection) -> None:
    assert found(database) == []


def test_a_range_of_positions_is_not_checked(database: psycopg.Connection) -> None:
    database.execute("update fax.session_total set pages = 9")
    assert list(totals.check(database, Scope(first=2))) == []


OTHER = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({0}, '') || 'x'",
    "boolean": "not coalesce({0}, false)",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "text[]": "array['x']",
    "timestamp with time zone[]": "array[array[now(), now(), now()]]",
    "integer[]": "array[99]",
    "bigint[]": "array[99]",
}
"""Another value of a column, by its type; of a number, one more."""


def test_a_changed_column_of_any_total_is_found(database: psycopg.Connection) -> None:
    columns = read(
        database,
        "select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute"
        " where attrelid = 'fax.session_total'::regclass and attnum > 0",
    )
    for column in columns:
        name = column["name"]
        if name in ("session_id", "started_at"):
            continue
        value = OTHER.get(column["type"], "coalesce({0}, 0) + 1").format(name)
        with database.transaction(force_rollback=True):
            database.execute(f"update fax.session_total set {name} = {value}".encode())
            assert found(database) == [f"has a total that differs from its rows: {name}"] * 3, name


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("delete from fax.session_total where session_number = 1", "has no total and does not wait for one"),
        ("delete from fax.session_untotalled", "has no total and does not wait for one"),
        (
            "insert into fax.session_untotalled select session_id, started_at, server from fax.session_total"
            " where session_number = 1",
            "has a total and waits for one",
        ),
        (
            "insert into fax.session_untotalled values (gen_random_uuid(), '2031-01-01', 'pbx')",
            "has a total or waits for one, but is not in fax.session",
        ),
        (
            "insert into fax.session_untotalled values (gen_random_uuid(), '1931-01-01', 'pbx')",
            "has a total or waits for one, but is not in fax.session",
        ),
    ],
)
def test_a_session_out_of_place_is_found(database: psycopg.Connection, statement: str, problem: str) -> None:
    database.execute(statement.encode())
    (what,) = found(database)
    assert what.startswith(problem)


# -- a total that was not removed ---------------------------------------------------------------------------------


def late_row(database: psycopg.Connection) -> None:
    append(database, gone(9))


def more_known(database: psycopg.Connection) -> None:
    database.execute("update fax.session set technology = 'Other' where session_number = 0")


def erasure(database: psycopg.Connection) -> None:
    database.execute("update fax.session set channel = null")  # so that only the rows change
    write_totals(database)
    database.execute("select fax.erase_session(session_id, 'asked for') from fax.session where session_number = 0")


def other_technology(database: psycopg.Connection) -> None:
    database.execute("update fax.technology set bad_lines_counted_by = 'session'")


def next_life(database: psycopg.Connection) -> None:
    append(database, snapshot(3 * DAY + 100, 0, of=life(started=3 * DAY + 50)))


FORGOTTEN: dict[str, tuple[Happens, str]] = {
    "a late row": (late_row, "insert_rows"),
    "more is known of a session": (more_known, "follow_session"),
    "an erasure": (erasure, "erase_values"),
    "another meaning of bad lines": (other_technology, "follow_technology"),
}
"""What removes totals, and the function that does it."""


def without_removal(database: psycopg.Connection, function: str) -> None:
    """Replaces a function by itself without the part that removes totals."""
    query = "select pg_get_functiondef(oid) from pg_proc where pronamespace = 'fax'::regnamespace and proname = %s"
    row = database.execute(query, [function]).fetchone()
    assert row is not None
    body = row[0]
    shorter = body.replace("perform fax.forget_totals(", "perform (")
    shorter = shorter.replace("where t.counts_by_session <>", "where false and t.counts_by_session <>")
    assert shorter != body
    database.execute(shorter.encode())


@pytest.mark.parametrize("case", FORGOTTEN)
def test_a_total_that_is_removed_is_not_found(database: psycopg.Connection, case: str) -> None:
    FORGOTTEN[case][0](database)
    assert found(database) == []


@pytest.mark.parametrize("case", FORGOTTEN)
def test_a_total_that_was_not_removed_is_found(database: psycopg.Connection, case: str) -> None:
    happens, function = FORGOTTEN[case]
    without_removal(database, function)
    happens(database)
    assert {what.split(":")[0] for what in found(database)} == {"has a total that differs from its rows"}


def test_the_next_start_of_a_server_removes_no_total(database: psycopg.Connection) -> None:
    before = read(database, "select session_id from fax.session_total")
    next_life(database)
    assert read(database, "select session_id from fax.session_total") == before
    assert found(database) == []
