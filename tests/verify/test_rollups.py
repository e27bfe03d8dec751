"""faxstore verify finds each span whose counts are not those of the totals."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from faxstore.verify import rollups
from faxstore.verify.findings import Scope
from tests.kit.databases import fresh
from tests.kit.given import append, gone, read, receiving
from tests.kit.rollups import merge
from tests.kit.totals import write_totals

DAY = 86_400
WRONG = "the stored counts are not those of the totals"


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A database with a fax on each of three days; the roll-ups of the last one are not added up."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for day in range(3):
            merge(connection)
            append(
                connection, *receiving((day * DAY, 1, 0), (day * DAY + 1, 2, 7), number=day), gone(day * DAY + 2, day)
            )
            write_totals(connection)
        yield connection


@pytest.fixture
def database(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """That database, in a transaction that is rolled back after the test."""
    with connection.transaction(force_rollback=True):
        yield connection


def found(database: psycopg.Connection) -> list[str]:
    """Where verify finds something."""
    findings = list(rollups.check(database, Scope()))
    assert {one.what for one in findings} <= {WRONG}
    return [one.where for one in findings]


def test_true_roll_ups_have_no_findings(database: psycopg.Connection) -> None:
    assert found(database) == []


def test_a_range_of_positions_is_not_checked(database: psycopg.Connection) -> None:
    database.execute("delete from fax.usage_rollup")
    assert list(rollups.check(database, Scope(first=2))) == []


def test_a_changed_column_of_any_row_is_found(database: psycopg.Connection) -> None:
    columns = read(
        database,
        "select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute"
        " where attrelid = 'fax.usage_rollup'::regclass and attnum > 0 and attname <> 'merged'",
    )
    others = {"text": "coalesce({0}, '') || 'x'", "timestamp with time zone": "{0} + interval '1 microsecond'"}
    for column in columns:
        value = others.get(column["type"], "{0} + 1").format(column["name"])
        for hours in (1, 6, 24):
            with database.transaction(force_rollback=True):
                database.execute(
                    f"update fax.usage_rollup set {column['name']} = {value} where hours = {hours}".encode()
                )
                assert len(found(database)) >= 3, (column["name"], hours)


def test_a_span_names_its_start_and_server(database: psycopg.Connection) -> None:
    database.execute("delete from fax.usage_rollup where hours = 6 and span_start < '2026-11-03 00:00+00'")
    assert found(database) == ["server pbx, 6 h from 2026-11-02 06:00 UTC"]


@pytest.mark.parametrize("day", ["1931-01-01", "2131-01-01"])
def test_counts_of_a_day_without_sessions_are_found(database: psycopg.Connection, day: str) -> None:
    database.execute("update fax.usage_rollup set span_start = %s where hours = 24 and not merged", [f"{day} 00:00+00"])
    assert len(found(database)) == 2


@pytest.mark.parametrize("trigger", ["count_new", "count_removed"])
def test_a_total_that_was_not_counted_is_found(database: psycopg.Connection, trigger: str) -> None:
    database.execute(f"alter table fax.session_total disable trigger {trigger}".encode())
    append(database, gone(3, 0))
    write_totals(database)
    assert len(found(database)) == 3
