"""Each row is in the partition of the day (UTC) in which its session began; partitions are created ahead."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.sessions.fax import Fax
from faxstore.sessions.run_facts import RunFacts
from faxstore.store import append as append_module
from faxstore.store.append import Appender
from faxstore.store.session_lookup import StoredSessions
from tests.kit.given import append, at, completed, sessions, snapshot, variable
from tests.kit.partitions import created_on, partition_of


def second_of(moment: datetime) -> float:
    return (moment - at(0)).total_seconds()


def test_rows_from_before_the_schema_was_created_are_together(database: psycopg.Connection) -> None:
    for clock in (datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC), datetime(2019, 2, 28, 23, 59, 59, tzinfo=UTC)):
        append(database, snapshot(second_of(clock), of=Life("pbx", round(clock.timestamp() * MICROSECONDS))))
    assert [partition_of(database, position) for position in (1, 2)] == ["observation_past"] * 2


def test_a_session_of_today_is_in_the_partition_of_its_day(database: psycopg.Connection) -> None:
    now = datetime.now(UTC)
    append(database, snapshot(second_of(now)))
    assert partition_of(database, 1) == f"observation_{now:%Y_%m_%d}"


def test_a_late_row_is_stored_in_the_day_in_which_its_session_began(database: psycopg.Connection) -> None:
    created_on(database, "2019-01-01")
    database.execute("select fax.make_partition(day) from unnest('{2019-04-30,2019-05-01}'::timestamptz[]) day")
    midnight = second_of(datetime(2019, 5, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 10))
    append(database, snapshot(midnight + 10), completed(midnight + 20, 3))
    assert [partition_of(database, position) for position in (1, 2, 3)] == ["observation_2019_04_30"] * 3


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_days_are_in_utc_in_any_time_zone_of_the_connection(database: psycopg.Connection, zone: str) -> None:
    database.execute("select set_config('timezone', %s, false)", [zone])
    created_on(database, "2019-01-01")
    database.execute(
        "select fax.make_partition(day) from unnest('{2019-07-31 00:00+00,2019-08-01 00:00+00}'::timestamptz[]) day"
    )
    midnight = second_of(datetime(2019, 8, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 1), snapshot(midnight, 1))
    assert partition_of(database, 1) == "observation_2019_07_31"
    assert partition_of(database, 2) == "observation_2019_08_01"


@pytest.mark.parametrize("days", [10, 400, 300_000])
def test_a_clock_that_is_ahead_creates_no_partition(database: psycopg.Connection, days: int) -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'fax.observation'::regclass"
    before = database.execute(partitions).fetchone()
    ahead = datetime.now(UTC) + timedelta(days=days)
    append(database, snapshot(second_of(ahead), of=Life("pbx", round(ahead.timestamp() * MICROSECONDS))))
    assert partition_of(database, 1) == "observation_default"
    assert database.execute(partitions).fetchone() == before
    assert len(sessions(database)) == 1


def test_a_day_can_come_while_the_default_partition_has_rows_of_it(database: psycopg.Connection) -> None:
    """A clock was ahead.  When that day comes, its faxes stay in the default partition."""
    ahead = datetime.now(UTC) + timedelta(days=500)
    append(database, snapshot(second_of(ahead)))
    assert database.execute("select fax.make_partition(%s)", [ahead]).fetchone() == ("observation_default",)
    append(database, snapshot(second_of(ahead) + 1, 1))
    assert len(sessions(database)) == 2


def test_the_days_ahead_are_created(database: psycopg.Connection) -> None:
    names = [name for (name,) in database.execute("select fax.make_partitions_ahead(4)")]
    assert names == [f"observation_{datetime.now(UTC) + timedelta(days=n):%Y_%m_%d}" for n in range(5)]


def test_no_day_is_created_in_the_past_of_the_schema(database: psycopg.Connection) -> None:
    """The clock of the database was ahead when the schema was created."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for n in range(4):
        database.execute(f"drop table fax.observation_{datetime.now(UTC) + timedelta(days=n):%Y_%m_%d}".encode())
    created_on(database, f"{tomorrow:%Y-%m-%d}")
    assert database.execute("select * from fax.make_partitions_ahead(1)").fetchall() == [
        (f"observation_{tomorrow:%Y_%m_%d}",)
    ]


# -- two writers -----------------------------------------------------------------------------------------


def test_creating_a_partition_does_not_deadlock_with_a_concurrent_append(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An append has read the history to find a session, while the ingestor creates the partitions of days ahead."""
    has_read, blocked = threading.Event(), threading.Event()
    faults: list[BaseException] = []

    class Paused(StoredSessions):
        """Waits after it has read the history, in the transaction of the append."""

        def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
            fax = super().latest_fax(epoch, event)
            has_read.set()
            blocked.wait(5)
            return fax

    monkeypatch.setattr(append_module, "StoredSessions", Paused)

    def first() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                appender = Appender(connection, "first")
                appender.append([(0, snapshot(0))])
                appender.append([(1, variable(5, "FAXMODE", "audio", channel="PJSIP/another")), (2, snapshot(6))])
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert has_read.wait(5)
    with psycopg.connect(dsn, autocommit=True) as second, psycopg.connect(dsn, autocommit=True) as watcher:
        release = threading.Thread(target=release_when_waiting, args=(watcher, second.info.backend_pid, blocked))
        release.start()
        second.execute("select fax.make_partitions_ahead(30)")
        blocked.set()
        release.join()
    thread.join()
    assert faults == []


def release_when_waiting(watcher: psycopg.Connection, pid: int, blocked: threading.Event) -> None:
    """Continues the first append once the second waits for a lock; without a need to wait, the second ends soon."""
    query = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
    while not blocked.wait(0.005):
        if watcher.execute(query, [pid]).fetchone() == (True,):
            blocked.set()
