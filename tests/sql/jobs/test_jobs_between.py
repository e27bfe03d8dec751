"""fax.jobs_between(): given attempts around a period, expect the jobs that began in it, complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from tests.kit.databases import fresh
from tests.kit.given import Row, at, of, read
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts, sizes
from tests.kit.partitions import created_on
from tests.sql.folds.test_plans import sessions_read

FAILED = Attempt(0)


def begun(database: psycopg.Connection, since: float | None, until: float | None, *servers: str) -> list[Row]:
    """The jobs that began from one second to another, on all servers or only on these."""
    query = "select * from fax.jobs_between(%s, %s, %s) order by first_attempt_at, job_id"
    bounds = (None if since is None else at(since), None if until is None else at(until))
    return read(database, query, *bounds, list(servers) or None)


def test_a_job_is_in_the_period_of_its_first_attempt(database: psycopg.Connection) -> None:
    """The first moment is included, the last one is not."""
    append_attempts(database, FAILED, replace(FAILED, at=300))
    assert sizes(begun(database, 0, 300)) == [2]
    assert begun(database, 0.001, 300) == begun(database, 300, 301) == begun(database, -10, 0) == []


@pytest.mark.parametrize("result", ["failed", "unknown", "open"])
@pytest.mark.parametrize("attempts", [2, 3, 11])
def test_attempts_after_the_period_count(database: psycopg.Connection, attempts: int, result: str) -> None:
    """However long the job lasts: here an attempt every 0.9 days."""
    tries = [replace(FAILED, at=number * 0.9 * DAY, result=result) for number in range(attempts)]
    append_attempts(database, *tries)
    assert sizes(begun(database, 0, 1)) == [attempts]


def test_a_job_that_began_before_the_period_is_not_in_it(database: psycopg.Connection) -> None:
    """Nor does its attempt within the period begin a job."""
    append_attempts(database, *[replace(FAILED, at=n * DAY) for n in range(4)])
    assert [begun(database, n * DAY - 1, n * DAY + 1) for n in range(1, 4)] == [[], [], []]


def test_after_a_pause_or_a_success_another_job_begins(database: psycopg.Connection) -> None:
    succeeded = replace(FAILED, at=DAY, result="success")
    append_attempts(database, FAILED, succeeded, replace(FAILED, at=1.5 * DAY), replace(FAILED, at=3 * DAY))
    assert [of(row, "first_attempt_at", "attempts") for row in begun(database, 0, 4 * DAY)] == [
        (at(0), 2), (at(1.5 * DAY), 1), (at(3 * DAY), 1),
    ]  # fmt: skip


def test_without_bounds_it_is_the_view(database: psycopg.Connection) -> None:
    append_attempts(database, FAILED, replace(FAILED, at=HOUR, server="other"), replace(FAILED, at=40 * HOUR))
    everything = read(database, "select * from fax.jobs order by first_attempt_at, job_id")
    assert begun(database, None, None) == read(database, "select * from fax.jobs_between() order by 9, 1") == everything
    assert sizes(everything) == [1, 1, 1]


def test_servers_can_be_selected(database: psycopg.Connection) -> None:
    append_attempts(database, *[replace(FAILED, at=n, server=name) for n, name in enumerate(("a", "b", "c"))])
    assert [row["server"] for row in begun(database, None, None, "a", "c")] == ["a", "c"]
    assert begun(database, None, None, "d") == []


def test_a_period_that_ends_before_it_starts_is_empty(database: psycopg.Connection) -> None:
    append_attempts(database, FAILED)
    assert begun(database, 10, -10) == []


# -- what it reads -------------------------------------------------------------------------------------------

DAYS = 120
"""From 2026-09-03 to the end of 2026: a fax each day, failed and sent again two hours later, on each of two servers."""


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[psycopg.Connection]:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        tries = [
            Attempt((day - 60) * DAY + 2 * HOUR * retry, ("failed", "success")[retry], called=str(day), server=name)
            for day in range(DAYS)
            for retry in (0, 1)
            for name in ("pbx", "other")
        ]
        created_on(connection, "2026-11-01")
        connection.execute(
            "select fax.make_partition(day) from generate_series('2026-11-01', '2026-11-30', interval '1 day') day"
        )
        append_attempts(connection, *[replace(one, seconds=5) for one in tries])
        connection.execute("vacuum analyze")
        yield connection


def tables_read(connection: psycopg.Connection, question: str) -> dict[str, int]:
    """The tables that a question reads, also in functions, with the number of rows read of each."""
    connection.execute("select pg_stat_force_next_flush()")
    with connection.transaction():
        connection.execute(question.encode())
        rows = connection.execute("""
            select relname, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables
            where schemaname = 'fax' and seq_scan + coalesce(idx_scan, 0) > 0
        """).fetchall()
    return {str(name): int(count) for name, count in rows}


def test_a_period_reads_itself_and_a_window_before_it(filled: psycopg.Connection) -> None:
    """Two days of a server: three days of it are read, and no other day is opened."""
    question = "select * from fax.jobs_between('2026-11-10 00:00+00', '2026-11-12 00:00+00', array['pbx'])"
    assert sizes(read(filled, question)) == [2, 2]
    found = tables_read(filled, question)
    opened = {name.removeprefix("observation_") for name in found if name.startswith("observation_2026")}
    assert opened
    assert opened <= {f"2026_11_{day:02}" for day in range(9, 13)}
    # two of each of the three days; those of the last day and the day after it, because a job may continue
    assert found["session"] == 10


def test_a_filter_of_the_view_on_the_server_reads_only_that_server(filled: psycopg.Connection) -> None:
    question = "select * from fax.jobs where server = 'pbx'"
    assert sizes(read(filled, question)) == [2] * DAYS
    assert sessions_read(filled, question) == 2 * DAYS
