"""A query of sessions with totals costs what its answer contains, and does not open the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.kit.databases import fresh
from tests.kit.given import append, life, receiving
from tests.kit.plans import Node, explained, rows_read
from tests.kit.totals import write_totals

HOUR = 3600
FAXES = 400
LATE = 5
"""Sessions at the end without a total."""


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[psycopg.Connection]:
    """Faxes of two servers, one per hour, one in a hundred of `rare`; the last ones have no total."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        rare, usual = (life(name, started=-HOUR) for name in ("rare", "pbx"))
        for number in range(FAXES):
            if number == FAXES - LATE:
                write_totals(connection)
            start = number * HOUR
            append(
                connection,
                receiving(
                    *((start + n, 1 + n // 3, n) for n in range(6)), number=number, of=usual if number % 100 else rare
                ),
            )
        connection.execute("vacuum analyze")
        connection.execute("set enable_seqscan = off")  # reading all of these few totals would be as quick
        yield connection


def asked(connection: psycopg.Connection, question: str, *parameters: object) -> tuple[list[Node], float, float]:
    """The executed nodes, the totals read and the rows of the history read."""
    found = explained(connection, question, *parameters)
    return found, rows_read(found, "session_total"), rows_read(found, "observation")


def one_session(connection: psycopg.Connection, number: int) -> Any:
    row = connection.execute("select session_id from fax.session where session_number = %s", [number]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("view", ["sessions", "session_pages", "session_facts", "session_charges", "job_attempts"])
def test_one_session_is_one_total(filled: psycopg.Connection, view: str) -> None:
    _, totals, rows = asked(filled, f"select * from fax.{view} where session_id = %s", one_session(filled, 200))
    assert (totals, rows) == (1, 0)


def test_a_session_without_a_total_reads_its_rows(filled: psycopg.Connection) -> None:
    _, totals, rows = asked(filled, "select * from fax.sessions where session_id = %s", one_session(filled, FAXES - 1))
    assert totals == 0
    assert 6 <= rows <= 12  # snapshots and events are read separately


def test_the_latest_sessions_are_the_ends_of_both(filled: psycopg.Connection) -> None:
    found, totals, rows = asked(filled, "select session_id from fax.sessions order by started_at desc limit 20")
    assert "Merge Append" in {node["Node Type"] for node in found}
    assert totals <= 20
    assert rows <= LATE * 12


@pytest.mark.parametrize(
    ("condition", "totals"),
    [
        ("started_at >= '2026-11-04 00:00+00' and started_at < '2026-11-05 00:00+00'", 24),
        ("server = 'rare' and started_at >= '2026-11-01 00:00+00' and started_at < '2026-12-01 00:00+00'", 4),
        ("server = 'none'", 0),
        ("started_at < '2026-11-01 00:00+00'", 0),
    ],
)
@pytest.mark.parametrize("view", ["sessions", "session_pages", "session_charges"])
def test_a_period_of_a_server_reads_its_totals(
    filled: psycopg.Connection, view: str, condition: str, totals: int
) -> None:
    _, found, rows = asked(filled, f"select * from fax.{view} where {condition}")
    assert (found, rows) == (totals, 0)


def test_the_sessions_of_another_table_are_read_one_by_one(filled: psycopg.Connection) -> None:
    question = """
    select s.pages
    from (select session_id from fax.session where session_number in (7, 8, 9)) m
    cross join lateral (select * from fax.sessions s where s.session_id = m.session_id offset 0) s
    """
    _, totals, rows = asked(filled, question)
    assert (totals, rows) == (3, 0)
