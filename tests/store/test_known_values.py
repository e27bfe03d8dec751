"""The values of --server and --account that are on record, and how little the database reads to find them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.store.known_values import known_servers, require_accounts, require_servers
from tests.kit.databases import fresh
from tests.kit.given import append, of_server
from tests.kit.given_attempts import DAY, Attempt, append_attempts

FAXES = 90
PARTITIONS = 6
"""At most: that of the past, the four of today and the days ahead, and the default partition."""
CODES = ("law", "none", "sales", "x" * 3000)


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A fax per day, each fourth one of the same account, with planner statistics.  Tests must not change it."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        append_attempts(connection, *(Attempt(n * DAY, account=CODES[n % 4], server="pbx1") for n in range(FAXES)))
        append(connection, *(of_server(n * 60, "Polled", server="pbx2") for n in range(1000)))
        connection.execute("insert into fax.rejected_message values ('pbx0', now(), '', 'one', 'no header', 'x')")
        connection.execute("vacuum analyze")
        yield connection


def test_a_server_is_known_by_any_record(filled: psycopg.Connection) -> None:
    """By a rejected message, by a fax, or by a poll alone."""
    assert known_servers(filled) == ["pbx0", "pbx1", "pbx2"]
    require_servers(filled, ["pbx2", "pbx0"])
    require_servers(filled, [])


@pytest.mark.parametrize("name", ["pbx", "PBX1", "pbx1 ", "zzz"])
def test_another_server_is_an_error_that_lists_those_known(filled: psycopg.Connection, name: str) -> None:
    """Even beside a known one."""
    with pytest.raises(UsageError, match=r"the history has no such server; known: pbx0, pbx1, pbx2$"):
        require_servers(filled, ["pbx1", name])


def test_an_account_is_known_by_any_fax(filled: psycopg.Connection) -> None:
    """A code may be longer than an index entry can be."""
    require_accounts(filled, CODES)
    require_accounts(filled, [])


@pytest.mark.parametrize("code", ["la", "laws", "LAW", "a", "zzz", "x" * 99, "' or true --"])
def test_another_account_is_an_error_that_lists_those_known(filled: psycopg.Connection, code: str) -> None:
    """Even beside a known one; --no-account is the filter for faxes without one."""
    known = f"known: law, none, sales, {'x' * 100}; --no-account selects sessions without an account$"
    with pytest.raises(UsageError, match=f"the history has no such account; {known}"):
        require_accounts(filled, ["law", code])


def test_of_many_values_the_first_ones_are_listed(database: psycopg.Connection) -> None:
    append(database, *(of_server(n, "Polled", server=f"pbx{n:04}") for n in range(1205)))
    with pytest.raises(UsageError, match=r"known: pbx0000, pbx0001, pbx0002, pbx0003, pbx0004 and 1,200 more$"):
        require_servers(database, ["pbx"])


def test_an_empty_history_knows_nothing_yet(database: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match=r"^--server pbx: no server is known yet$"):
        require_servers(database, ["pbx"])
    with pytest.raises(UsageError, match=r"^--account law: no account is known yet; --no-account selects"):
        require_accounts(database, ["law"])


@pytest.mark.parametrize(
    ("query", "most"),
    [
        (sql.text("queries/store/known_servers"), 12),
        ("select * from fax.known_accounts()", (len(CODES) + 1) * PARTITIONS),
    ],
)
def test_a_check_reads_an_index_entry_per_value_and_partition(
    filled: psycopg.Connection, query: str, most: int
) -> None:
    """The history has hundreds of rows with an account; pbx2 has 1000 of its own."""
    row = filled.execute(f"explain (analyze, format json) {query}".encode()).fetchone()
    assert row is not None
    assert 0 < sum(rows_read(node) for node in tables_read(row[0][0]["Plan"])) <= most


def tables_read(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Relation Name" in plan:
        yield plan
    for child in plan.get("Plans", []):
        yield from tables_read(child)


def rows_read(node: dict[str, Any]) -> float:
    """The rows that a scan has read, including those that it discarded."""
    discarded = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + discarded) * node["Actual Loops"])
