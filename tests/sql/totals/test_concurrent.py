"""Totals next to appends, erasures and each other: what arrives while fax.write_totals() folds is not lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.kit.given import append, gone, receiving, snapshot, the_id, the_session
from tests.kit.totals import untotalled, write_totals, wrong

FAX = receiving((0, 1, 0), (1, 2, 3), (2, 2, 5))
WAITS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock' and query like %s
"""


def until_one_waits(database: psycopg.Connection, function: str) -> None:
    """Waits until a call of a function on another connection waits for a lock."""
    deadline = time.monotonic() + 30
    while database.execute(WAITS.encode(), [f"%{function}%"]).fetchone() != (1,):
        assert time.monotonic() < deadline, f"{function} does not wait"
        time.sleep(0.005)


@contextmanager
def about_to_store(dsn: str, database: psycopg.Connection) -> Iterator[tuple[psycopg.Connection, list[int | None]]]:
    """While the block runs, a call of fax.write_totals() has folded and waits for the lock of the appenders.

    Yields the connection with that lock, and a list to which the result is added once the block has ended.
    """
    results: list[int | None] = []

    def write() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            results.append(write_totals(connection))

    thread = threading.Thread(target=write)
    with psycopg.connect(dsn) as holder:
        holder.execute("select fax.lock_append()")
        thread.start()
        until_one_waits(database, "write_totals")
        yield holder, results
    thread.join(30)


def test_a_total_is_not_stored_if_a_row_arrives_during_the_fold(dsn: str, database: psycopg.Connection) -> None:
    append(database, FAX)
    with about_to_store(dsn, database) as (holder, results):
        append(holder, gone(5))
    assert results == [0]
    assert untotalled(database) == {the_id(database)}
    assert the_session(database)["end_observed_by"] == "gone"


def test_other_totals_are_stored(dsn: str, database: psycopg.Connection) -> None:
    append(database, FAX, snapshot(100, 1))
    with about_to_store(dsn, database) as (holder, results):
        append(holder, gone(5))
    assert results == [1]
    assert wrong(database) == []


LOOK_UPS = """
select sum(seq_scan + coalesce(idx_scan, 0))::integer from pg_stat_user_tables
where schemaname = 'fax' and relname like 'observation%'
"""


def look_ups(database: psycopg.Connection, after: int = -1) -> int:
    """How often the history was looked into; waits until that is more often than before."""
    deadline = time.monotonic() + 30
    while (found := database.execute(LOOK_UPS).fetchone() or (0,))[0] <= after and time.monotonic() < deadline:
        time.sleep(0.1)
    return int(found[0])


def test_each_total_is_checked_once_while_appends_wait(dsn: str, database: psycopg.Connection) -> None:
    """A join that checked each pair of sessions held the lock for up to half a second."""
    sessions = 60
    append(database, [snapshot(number, number) for number in range(sessions)])
    with about_to_store(dsn, database) as (holder, results):
        append(holder, snapshot(1000, 1000))
        before = look_ups(database)
    assert results == [sessions]
    assert sessions <= look_ups(database, before) - before < sessions * sessions


def test_a_total_is_not_stored_if_more_is_known_of_its_session(dsn: str, database: psycopg.Connection) -> None:
    """The row is a repeat, so that the positions stay the same."""
    append(database, snapshot(0, technology=None))
    with about_to_store(dsn, database) as (holder, results):
        append(holder, snapshot(0, technology="Other"))
    assert results == [0]
    assert untotalled(database) == {the_id(database)}


@pytest.mark.parametrize("committed", [True, False])
def test_a_total_with_erased_values_is_not_stored(dsn: str, database: psycopg.Connection, committed: bool) -> None:
    append(database, FAX)
    session = the_id(database)
    with psycopg.connect(dsn) as eraser:
        with about_to_store(dsn, database) as (_, results):
            eraser.execute("select fax.erase_session(%s, 'asked for')", [session])
            if committed:
                eraser.commit()
        assert results == [0]  # it does not wait for the erasure
    assert untotalled(database) == {session}
    assert wrong(database) == []


def test_an_erasure_removes_a_total_that_is_stored_meanwhile(dsn: str, database: psycopg.Connection) -> None:
    append(database, FAX)
    session = the_id(database)
    with psycopg.connect(dsn) as writer, psycopg.connect(dsn, autocommit=True) as eraser:
        assert write_totals(writer) == 1
        erasure = threading.Thread(
            target=lambda: eraser.execute("select fax.erase_session(%s, 'asked for')", [session])
        )
        erasure.start()
        until_one_waits(database, "erase_session")
        writer.commit()
        erasure.join(30)
    assert untotalled(database) == {session}
    assert the_session(database)["file_names"] is None


def test_of_two_writers_one_does_nothing(dsn: str, database: psycopg.Connection) -> None:
    append(database, FAX)
    with psycopg.connect(dsn) as first:
        assert write_totals(first) == 1
        assert write_totals(database) is None
    assert untotalled(database) == set()
