"""Appender and fax.append(): gapless positions in commit order, repeats without effect, one row per session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Self
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Record, Rejected, ServerObservation
from faxstore.spool.progress import Progress
from faxstore.store.append import EPOCH_COLUMNS, ROW_COLUMNS, Appender
from faxstore.store.composite import UnstorableError
from faxstore.store.registration import SESSION_COLUMNS
from tests.kit.given import (
    CHANNEL,
    append,
    at,
    begins,
    completed,
    gone,
    life,
    listing,
    read,
    receiving,
    sending,
    sessions,
    snapshot,
    status,
    variable,
)


def positions(database: psycopg.Connection) -> list[int]:
    return [row["position"] for row in read(database, "select position from fax.session_history order by position")]


def history(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute("select * from fax.session_history order by position").fetchall()


# -- positions --------------------------------------------------------------------------------------------


def test_a_batch_records_the_positions_of_its_rows(database: psycopg.Connection) -> None:
    for second in range(5):
        append(database, [snapshot(10 * second + n) for n in range(second + 1)], collector=f"host{second}")
    batches = read(database, "select * from fax.append_batches order by first_position")
    assert [row["rows"] for row in batches] == [1, 2, 3, 4, 5]
    assert [row["collector_id"] for row in batches] == [f"host{n}" for n in range(5)]
    assert [row["last_position"] - row["first_position"] + 1 for row in batches] == [1, 2, 3, 4, 5]
    assert all(one["last_position"] + 1 == next_["first_position"] for one, next_ in pairwise(batches))
    assert sum(row["rows"] for row in batches) == len(positions(database)) == positions(database)[-1] == 15


def test_a_repeated_batch_has_no_effect(database: psycopg.Connection) -> None:
    seen = [*receiving((0, 1, 0), (1, 1, 5), (2, 2, 0)), completed(3, 1)]
    first = append(database, seen)
    before, batches = history(database), read(database, "select * from fax.append_batches")
    again = append(database, seen, collector="another")
    assert (first.rows, first.repeats, again.rows, again.repeats) == (4, 0, 0, 4)
    assert history(database) == before
    assert read(database, "select * from fax.append_batches") == batches
    assert again.done == first.done == [0, 1, 2, 3]


def test_a_repeat_within_a_batch_has_no_effect(database: psycopg.Connection) -> None:
    appended = append(database, snapshot(0), snapshot(1), snapshot(0))
    assert (appended.rows, appended.repeats) == (2, 1)
    assert positions(database) == [1, 2]


def test_an_event_is_stored_once_whatever_the_appender_remembers(database: psycopg.Connection) -> None:
    """An appender that was killed before it discarded the batch: the next one knows only what is stored."""
    begun, status_set, ended = begins(0), variable(1, "FAXSTATUS", "FAILED"), completed(3, 1, "SendFAX")
    append(database, begun, status_set, sending((2, 1)), ended)
    before = history(database)
    assert append(database, status_set).repeats == 1
    assert append(database, ended).repeats == 1
    assert history(database) == before


def test_events_of_two_channels_at_one_moment_are_two_events(database: psycopg.Connection) -> None:
    append(database, completed(3, 1))
    other = replace(completed(3, 2), channel="PJSIP/trunk-0000001b", uniqueid="1793606400.9")
    assert append(database, other).rows == 1
    assert sorted(row["pages"] for row in sessions(database)) == [1, 2]


def test_the_new_rows_of_a_partly_repeated_batch_follow_without_a_gap(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(2))
    appended = append(database, snapshot(0), snapshot(1), snapshot(2), snapshot(3))
    assert (appended.rows, appended.repeats) == (2, 2)
    assert positions(database) == [1, 2, 3, 4]


def test_an_append_that_is_rolled_back_leaves_no_gap(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    with database.transaction(force_rollback=True):
        append(database, snapshot(1), snapshot(2))
    append(database, snapshot(3))
    assert positions(database) == [1, 2]


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_isolation_levels_other_than_read_committed_are_refused(dsn: str, level: psycopg.IsolationLevel) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.isolation_level = level
        with pytest.raises(psycopg.errors.RaiseException, match="needs transaction isolation read committed, not"):
            append(connection, snapshot(0))
    with psycopg.connect(dsn) as connection:
        assert positions(connection) == []


# -- sessions ---------------------------------------------------------------------------------------------


def test_a_session_is_registered_once_with_its_first_values(database: psycopg.Connection) -> None:
    append(database, status(0, "Allocating Resources"), snapshot(1), collector="one")
    append(database, snapshot(1.5, channel="PJSIP/renamed"), gone(9), collector="two")
    (session,) = read(database, "select * from fax.session")
    assert session["session_number"] == 0
    assert session["channel"] == CHANNEL
    assert session["started_at"] == at(0)
    assert session["is_open"] is False
    assert {row[1] for row in history(database)} == {at(0)}


def test_missing_values_of_a_session_are_added_later(database: psycopg.Connection) -> None:
    append(database, snapshot(0, operation=None, channel=None, technology=None))
    append(database, snapshot(1))
    append(database, completed(2, 1))
    (session,) = read(database, "select operation, channel, uniqueid, technology, is_open from fax.session")
    assert session == {
        "operation": "receive",
        "channel": CHANNEL,
        "uniqueid": "1793606400.7",
        "technology": "Spandsp",
        "is_open": False,
    }


def test_the_same_number_of_two_servers_is_two_sessions(database: psycopg.Connection) -> None:
    append(database, snapshot(0, of=life("pbx1")), snapshot(0, of=life("pbx2")))
    assert [(row["server"], row["session_number"]) for row in sessions(database)] == [("pbx1", 0), ("pbx2", 0)]


def test_open_sessions_that_a_complete_list_lacks_are_found(database: psycopg.Connection) -> None:
    append(database, [snapshot(number, number) for number in range(4)], gone(5, 1), snapshot(30, 9))
    query = "select session_number, started_at from fax.find_gone_sessions((select epoch_id from fax.epoch), %s, %s)"
    assert database.execute(query, [at(10), [2]]).fetchall() == [(0, at(0)), (3, at(3))]
    assert database.execute(query, [at(40), [0, 2, 3, 9]]).fetchall() == []
    assert database.execute("select last_seen_at from fax.epoch").fetchone() == (at(40),)


def test_a_complete_list_ends_sessions_that_another_observer_left_open(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 0), snapshot(0.5, 1), collector="before")
    append(database, snapshot(60, 1), listing(60.5, 1), collector="after")
    assert [(row["session_number"], row["end_observed_by"]) for row in sessions(database)] == [(0, "gone"), (1, "open")]
    append(database, listing(60.5, 1), collector="after")
    assert read(database, "select count(*) from fax.session_history where event = 'Gone'") == [{"count": 1}]


def within(seconds: float, action: Callable[[], object]) -> None:
    """Fail if an action does not return in time."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "the action hangs"


def test_the_first_list_of_a_new_observer_ends_sessions_that_the_last_one_left_open(
    database: psycopg.Connection,
) -> None:
    """The ingestor was restarted, and the list is empty."""
    append(database, snapshot(0), collector="before")
    within(10, lambda: append(database, listing(60), collector="after"))
    assert [row["end_observed_by"] for row in sessions(database)] == ["gone"]


def test_a_life_may_gain_evidence_within_a_batch(database: psycopg.Connection) -> None:
    """CoreStatus was answered after the first list."""
    better = replace(life(), startup_text="2026-11-02 07:00:00")
    within(10, lambda: append(database, snapshot(0), snapshot(1, of=better), snapshot(2)))
    assert [row["snapshots"] for row in sessions(database)] == [3]
    assert read(database, "select startup_text from fax.epoch") == [{"startup_text": "2026-11-02 07:00:00"}]


def test_the_lists_of_an_idle_server_resolve_pending_events(database: psycopg.Connection) -> None:
    """An event waits for a session that no list shows; after LONGEST_WAIT it is an unlisted fax."""
    appender = Appender(database, "test")
    assert appender.append([(1, status(0, "Allocating Resources")), (2, listing(60))]).done == [2]
    assert appender.append([(3, listing(180))]).done == [3, 1]
    assert len(sessions(database)) == 1


# -- plans ------------------------------------------------------------------------------------------------

SCANS = """
select relname, seq_scan, idx_scan from pg_stat_user_tables
where schemaname = 'fax' and relname in ('session', 'observation_past', 'append_batch') order by 1
"""


def scans(database: psycopg.Connection) -> tuple[list[int], list[int]]:
    """Return how often each table was read sequentially and by an index."""
    database.execute("select pg_stat_force_next_flush()")
    rows = database.execute(SCANS).fetchall()
    return [row[1] for row in rows], [row[2] for row in rows]


def test_no_table_is_read_sequentially_although_it_was_analysed_while_empty(database: psycopg.Connection) -> None:
    """Statistics of empty tables make sequential scans look cheap, and autovacuum collects them at any time."""
    database.execute("vacuum analyze")
    appender = Appender(database, "test")
    appender.append([(0, snapshot(0, 0))])
    before, by_index_before = scans(database)
    assert len(before) == 3
    for batch in range(1, 20):
        numbers = range(20 * batch, 20 * batch + 20)
        appender.append([(n, snapshot(n, n, channel=f"PJSIP/trunk-{n:08x}")) for n in numbers])
    appender.append([(n, snapshot(n, n, channel=f"PJSIP/trunk-{n:08x}")) for n in range(200, 220)])  # repeats
    sequential, by_index = scans(database)
    assert sequential == before
    assert all(now > earlier for now, earlier in zip(by_index, by_index_before, strict=True))
    assert len(positions(database)) == 381


def test_a_batch_without_questions_is_one_statement(database: psycopg.Connection) -> None:
    appender = Appender(database, "test")
    appender.append([(0, snapshot(0))])
    statements = []

    class Counted(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> Self:
            statements.append(query)
            return super().execute(query, *arguments, **options)

    database.cursor_factory = Counted
    appender._cursors = [Counted(database)]
    appended = appender.append([(n, snapshot(n)) for n in range(1, 100)])
    assert appended.rows == 99
    assert len(statements) == 1


# -- the progress of a spool ------------------------------------------------------------------------------

SPOOL = Progress(UUID(int=1), 0)
LOAD = ServerObservation("pbx1", 1, "Load")


def progress(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute("select appended, last_keys, collector_id from fax.spool_progress").fetchall()


def test_an_append_stores_how_much_of_the_spool_is_done(database: psycopg.Connection) -> None:
    appender = Appender(database, "host1")
    appender.append(
        [(4, snapshot(1)), (5, variable(2, "FAXSTATUS", "SUCCESS", channel="PJSIP/new")), (9, snapshot(3))], SPOOL
    )
    assert progress(database) == [(2, [4, 4, 9, 9], "host1")]
    appender.append([(10, snapshot(4))], SPOOL._replace(appended=2))
    assert progress(database) == [(3, [10, 10], "host1")]


@pytest.mark.parametrize(
    "record", [listing(1), Rejected("pbx1", 1, "why", "raw"), ServerObservation("pbx1", 1, "Load")]
)
def test_a_batch_without_rows_stores_its_progress_too(database: psycopg.Connection, record: Record) -> None:
    Appender(database, "host1").append([(7, record)], SPOOL)
    assert progress(database) == [(1, [7, 7], "host1")]
    assert positions(database) == []


@pytest.mark.parametrize("before", [0, 1, 3], ids=["again", "a part again", "after what is missing"])
def test_a_batch_is_refused_if_the_database_has_another_number_of_records(
    database: psycopg.Connection, before: int
) -> None:
    Appender(database, "host1").append([(1, snapshot(1)), (2, snapshot(2))], SPOOL)
    batch: list[tuple[int, Record]] = [(3, snapshot(3)), (4, LOAD)]
    with pytest.raises(psycopg.errors.SerializationFailure, match=rf"2 of its records are in .* expected {before}"):
        Appender(database, "host2").append(batch, SPOOL._replace(appended=before))
    assert progress(database) == [(2, [1, 2], "host1")]
    assert positions(database) == [1, 2]
    assert database.execute("select count(*) from fax.server_history").fetchone() == (0,)


def test_a_spool_that_the_database_does_not_know_begins_with_its_first_record(database: psycopg.Connection) -> None:
    """The database may lack all of its records: after a failover in which only the address changed."""
    with pytest.raises(psycopg.errors.SerializationFailure, match=r"0 of its records are in .* expected 5"):
        Appender(database, "host1").append([(6, snapshot(6))], SPOOL._replace(appended=5))
    assert positions(database) == []


@pytest.mark.parametrize("column", ["data_rate", "x_resolution", "page_number", "total_bad_lines"])
def test_a_number_over_32_bits_is_named(database: psycopg.Connection, column: str) -> None:
    number: dict[str, Any] = {column: 2**31}
    with pytest.raises(UnstorableError, match=f"^{column} is out of range$"):
        append(database, snapshot(0, **number))


def test_the_columns_of_the_types_are_those_of_the_database(database: psycopg.Connection) -> None:
    types = {"appended_epoch": EPOCH_COLUMNS, "appended_row": ROW_COLUMNS, "appended_session": SESSION_COLUMNS}
    for name, columns in types.items():
        found = read(
            database,
            "select attname, case atttypid::regtype::text when 'timestamp with time zone' then 'timestamptz'"
            " else atttypid::regtype::text end as type from pg_attribute"
            f" where attrelid = 'fax.{name}'::regclass order by attnum",
        )
        assert {row["attname"]: row["type"] for row in found} == columns
        assert [row["attname"] for row in found] == list(columns)
