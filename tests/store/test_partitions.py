"""Each row is in the partition of the month (UTC) in which its session began; partitions are created on demand."""

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
from tests.kit.given import append, at, completed, moment, read, sessions, snapshot, variable


def partition_of(database: psycopg.Connection, second: float) -> str:
    (row,) = read(
        database,
        "select tableoid::regclass::text as name from fax.observation where observed_at = %s",
        at(second),
    )
    return str(row["name"]).removeprefix("fax.")


def second_of(moment: datetime) -> float:
    return (moment - at(0)).total_seconds()


def test_a_missing_partition_is_created(database: psycopg.Connection) -> None:
    exists = "select to_regclass('fax.observation_2019_02') is not null"
    assert database.execute(exists).fetchone() == (False,)
    long_ago = second_of(datetime(2019, 2, 28, 23, 59, 59, tzinfo=UTC))
    append(database, snapshot(long_ago))
    assert partition_of(database, long_ago) == "observation_2019_02"
    append(database, snapshot(long_ago + 2, 1))
    assert partition_of(database, long_ago + 2) == "observation_2019_03"


def test_a_late_row_is_stored_in_the_month_in_which_its_session_began(database: psycopg.Connection) -> None:
    midnight = second_of(datetime(2019, 5, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 10))
    append(database, snapshot(midnight + 10), completed(midnight + 20, 3))
    assert partition_of(database, midnight + 20) == partition_of(database, midnight + 10) == "observation_2019_04"
    assert read(database, "select to_regclass('fax.observation_2019_05') as made") == [{"made": None}]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_months_are_in_utc_in_any_time_zone_of_the_connection(database: psycopg.Connection, zone: str) -> None:
    database.execute("select set_config('timezone', %s, false)", [zone])
    midnight = second_of(datetime(2019, 8, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 1), snapshot(midnight, 1))
    assert partition_of(database, midnight - 1) == "observation_2019_07"
    assert partition_of(database, midnight) == "observation_2019_08"


@pytest.mark.parametrize("clock", [datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)])
def test_a_wrong_clock_creates_no_partition(database: psycopg.Connection, clock: datetime) -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'fax.observation'::regclass"
    before = database.execute(partitions).fetchone()
    append(database, snapshot(second_of(clock), of=Life("pbx", round(clock.timestamp() * MICROSECONDS))))
    assert partition_of(database, second_of(clock)) == "observation_default"
    assert database.execute(partitions).fetchone() == before
    assert len(sessions(database)) == 1


def test_a_month_can_be_created_while_the_default_partition_has_rows_of_it(database: psycopg.Connection) -> None:
    """A clock was more than a year ahead.  When that month comes, its faxes need a partition."""
    ahead = datetime.now(UTC) + timedelta(days=500)
    append(database, snapshot(second_of(ahead)))
    assert partition_of(database, second_of(ahead)) == "observation_default"
    database.execute("set role fax_owner")
    database.execute("select fax.make_partition(%s)", [ahead])
    database.execute("reset role")
    append(database, snapshot(second_of(ahead) + 1, 1))
    assert len(sessions(database)) == 2


def test_the_months_ahead_are_created(database: psycopg.Connection) -> None:
    names = [name for (name,) in database.execute("select fax.make_partitions_ahead(4)")]
    month = datetime.now(UTC).replace(day=1)
    expected = [(month.year * 12 + month.month - 1 + n) for n in range(5)]
    assert names == [f"observation_{index // 12:04}_{index % 12 + 1:02}" for index in expected]


# -- two writers -----------------------------------------------------------------------------------------


def test_creating_a_partition_does_not_deadlock_with_a_concurrent_append(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One append has read the history to find a session; a concurrent one needs a new partition."""
    has_read, blocked = threading.Event(), threading.Event()
    old = second_of(datetime(2019, 3, 3, tzinfo=UTC))
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
        append(second, snapshot(old, of=Life("pbx", moment(old))), collector="second")
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
