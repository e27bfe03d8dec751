"""A large batch is appended in parts, while the client prepares the next one; all parts are one transaction."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import psycopg
import pytest

from faxstore.observations import Record, ServerObservation
from faxstore.spool.progress import Progress
from faxstore.store import append as appending
from faxstore.store.append import MOST_PARTS, SMALLEST_PART, Appender
from faxstore.store.composite import UnstorableError
from faxstore.store.database import connect
from tests.kit.given import append, at, completed, listing, read, snapshot

SPOOL = Progress(UUID(int=1), 0)
ROWS = 3 * SMALLEST_PART


def large(**last: Any) -> list[tuple[int, Record]]:
    """Return a batch of three parts; `last` are values of its last record."""
    return [*((n, snapshot(n)) for n in range(1, ROWS)), (ROWS, snapshot(ROWS, **last))]


def test_a_large_batch_is_appended_in_parts(database: psycopg.Connection) -> None:
    appended = Appender(database, "host1").append(large(), SPOOL)
    assert (appended.rows, appended.repeats, appended.done) == (ROWS, 0, list(range(1, ROWS + 1)))
    batches = read(database, "select first_position from fax.append_batches order by 1")
    assert [batch["first_position"] for batch in batches] == [1, 101, 201]
    assert database.execute("select appended, last_keys from fax.spool_progress").fetchone() == (ROWS, [1, ROWS])


def test_positions_follow_the_order_of_the_records(database: psycopg.Connection) -> None:
    Appender(database, "host1").append(large())
    rows = read(database, "select position, observed_at from fax.session_history order by position")
    assert [(row["position"], row["observed_at"]) for row in rows] == [(n, at(n)) for n in range(1, ROWS + 1)]


def test_a_part_sees_the_sessions_of_the_parts_before(database: psycopg.Connection) -> None:
    """The list in the last part lacks a session that only the first part shows."""
    records: list[Record] = [snapshot(0, 1), *(snapshot(n, 2) for n in range(1, ROWS)), listing(ROWS, 2)]
    appended = append(database, records)
    assert appended.rows == ROWS + 1
    assert read(database, "select session_number from fax.sessions where end_observed_by = 'gone'") == [
        {"session_number": 1}
    ]


def test_a_question_between_two_parts_gets_its_answer(database: psycopg.Connection) -> None:
    """The completion event of a channel that the appender does not remember is looked up in the database."""
    append(database, snapshot(0))
    appended = append(database, [snapshot(n, 7, channel="PJSIP/b") for n in range(1, ROWS)] + [completed(ROWS, 1)])
    assert appended.rows == ROWS
    assert database.execute("select pages from fax.sessions order by started_at limit 1").fetchone() == (1,)


def test_a_value_that_does_not_fit_leaves_nothing_of_its_batch(database: psycopg.Connection) -> None:
    with pytest.raises(UnstorableError, match=r"^data_rate is out of range$"):
        Appender(database, "host1").append(large(data_rate=2**31), SPOOL)
    assert database.execute("select count(*) from fax.session_history").fetchone() == (0,)


def test_a_batch_that_the_database_refuses_at_its_end_leaves_nothing(database: psycopg.Connection) -> None:
    batch = [(0, ServerObservation("pbx1", 1, "Load")), *large()]
    with pytest.raises(psycopg.errors.SerializationFailure, match=r"0 of its records are in .* expected 5"):
        Appender(database, "host1").append(batch, SPOOL._replace(appended=5))
    for table in ("session_history", "server_history", "session", "append_batch"):
        assert database.execute(f"select count(*) from fax.{table}").fetchone() == (0,)


def test_a_repeat_in_another_part_is_ignored(database: psycopg.Connection) -> None:
    appended = append(database, [*(snapshot(n) for n in range(ROWS)), snapshot(0)])
    assert (appended.rows, appended.repeats) == (ROWS, 1)
    assert database.execute("select max(position) from fax.session_history").fetchone() == (ROWS,)


def test_a_session_starts_at_its_earliest_row_in_the_first_part(database: psycopg.Connection) -> None:
    """Rows in the order of an observer begin with that row; a later part with an earlier one does not move it."""
    rows = [snapshot(n) for n in range(10, 10 + ROWS)]
    append(database, rows[5], *rows[:5], *rows[6:], snapshot(1))
    assert [row["started_at"] for row in read(database, "select started_at from fax.session")] == [at(10)]


@pytest.mark.parametrize("records", [0, 1, 100, 101, 799, 800, 801, 2_000, 2_001])
def test_the_parts_of_a_batch_are_few_and_contain_all_records(records: int) -> None:
    batch: list[tuple[int, Record]] = [(n, snapshot(n)) for n in range(records)]
    parts = list(appending.parts_of(batch, MOST_PARTS))
    assert [record for part in parts for record in part] == batch
    assert len(parts) <= MOST_PARTS
    assert all(len(part) >= SMALLEST_PART for part in parts[:-1])


def test_an_append_that_loses_its_database_logs_nothing_else(
    database: psycopg.Connection, dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(dsn) as connection:
        appender = Appender(connection, "host1")
        appender.append(large())
        database.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        with caplog.at_level(logging.DEBUG), pytest.raises(psycopg.OperationalError):
            appender.append([(n, snapshot(n)) for n in range(1_000, 1_500)])
    assert caplog.records == []
    assert database.execute("select count(*) from fax.session_history").fetchone() == (ROWS,)
