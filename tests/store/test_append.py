"""fax.append(): gapless positions in the order of commits, repeats are no-ops, every row in the month of its session."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from faxstore.observations import MICROSECONDS, Life, Record
from faxstore.store.append import Appender
from tests.views.given import (
    CHANNEL,
    append,
    at,
    completed,
    gone,
    life,
    listing,
    moment,
    read,
    receiving,
    sessions,
    snapshot,
    status,
    variable,
)


def positions(database: psycopg.Connection) -> list[int]:
    return [row["position"] for row in read(database, "select position from fax.session_history order by position")]


def history(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute("select * from fax.session_history order by position").fetchall()


def partition_of(database: psycopg.Connection, second: float) -> str:
    (row,) = read(
        database,
        "select tableoid::regclass::text as name from fax.session_history where observed_at = %s",
        at(second),
    )
    return str(row["name"]).removeprefix("fax.")


# -- positions --------------------------------------------------------------------------------------------

WRITERS = 8
BATCHES = 12


def write(dsn: str, writer: int) -> None:
    """Batches of one to four rows, each with a pause before its commit in which others could overtake it."""
    rng = random.Random(writer)
    server = life(f"pbx{writer}")
    with psycopg.connect(dsn, autocommit=True) as connection:
        appender = Appender(connection, f"writer {writer}")
        for batch in range(BATCHES):
            rows = [snapshot(100 * batch + row, of=server) for row in range(rng.randint(1, 4))]
            with connection.transaction():
                appender.append(enumerate(rows))
                time.sleep(rng.uniform(0, 0.004))


def test_a_reader_above_the_last_position_sees_every_row_once(dsn: str) -> None:
    seen: list[int] = []
    writers = [threading.Thread(target=write, args=(dsn, writer)) for writer in range(WRITERS)]
    with psycopg.connect(dsn, autocommit=True) as reader:
        for thread in writers:
            thread.start()
        looks, working = 0, True
        while working:
            working = any(thread.is_alive() for thread in writers)
            query = "select position from fax.session_history where position > %s order by position"
            seen += [position for (position,) in reader.execute(query, [max(seen, default=0)])]
            looks += 1
        kept = positions(reader)
    assert seen == kept == list(range(1, len(kept) + 1))
    assert len(kept) >= WRITERS * BATCHES
    assert looks > 10


def test_a_batch_says_which_positions_it_gave_out(database: psycopg.Connection) -> None:
    for second in range(5):
        append(database, [snapshot(10 * second + n) for n in range(second + 1)], collector=f"host{second}")
    batches = read(database, "select * from fax.append_batch order by first_position")
    assert [row["rows"] for row in batches] == [1, 2, 3, 4, 5]
    assert [row["collector_id"] for row in batches] == [f"host{n}" for n in range(5)]
    assert [row["last_position"] - row["first_position"] + 1 for row in batches] == [1, 2, 3, 4, 5]
    assert all(one["last_position"] + 1 == next_["first_position"] for one, next_ in pairwise(batches))
    assert sum(row["rows"] for row in batches) == len(positions(database)) == positions(database)[-1] == 15


def test_a_repeat_is_a_no_op(database: psycopg.Connection) -> None:
    seen = [*receiving((0, 1, 0), (1, 1, 5), (2, 2, 0)), completed(3, 1)]
    first = append(database, seen)
    before, batches = history(database), read(database, "select * from fax.append_batch")
    again = append(database, seen, collector="another")
    assert (first.rows, first.repeats, again.rows, again.repeats) == (4, 0, 0, 4)
    assert history(database) == before
    assert read(database, "select * from fax.append_batch") == batches
    assert again.done == first.done == [0, 1, 2, 3]


def test_a_repeat_within_a_batch_is_a_no_op(database: psycopg.Connection) -> None:
    appended = append(database, snapshot(0), snapshot(1), snapshot(0))
    assert (appended.rows, appended.repeats) == (2, 1)
    assert positions(database) == [1, 2]


def test_the_new_rows_of_a_half_known_batch_go_on_without_a_gap(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(2))
    appended = append(database, snapshot(0), snapshot(1), snapshot(2), snapshot(3))
    assert (appended.rows, appended.repeats) == (2, 2)
    assert positions(database) == [1, 2, 3, 4]


def test_an_append_that_is_rolled_back_leaves_no_hole(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    with database.transaction(force_rollback=True):
        append(database, snapshot(1), snapshot(2))
    append(database, snapshot(3))
    assert positions(database) == [1, 2]
    assert read(database, "select count(*) from fax.staged_row") == [{"count": 0}]


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_another_isolation_than_read_committed_is_refused(dsn: str, level: psycopg.IsolationLevel) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.isolation_level = level
        with pytest.raises(psycopg.errors.RaiseException, match="needs transaction isolation read committed, not"):
            append(connection, snapshot(0))
    with psycopg.connect(dsn) as connection:
        assert positions(connection) == []


# -- sessions ---------------------------------------------------------------------------------------------


def test_a_session_is_registered_once_and_keeps_what_was_told_first(database: psycopg.Connection) -> None:
    append(database, status(0, "Allocating Resources"), snapshot(1), collector="one")
    append(database, snapshot(1.5, channel="PJSIP/renamed"), gone(9), collector="two")
    (session,) = read(database, "select * from fax.session")
    assert session["session_number"] == 0
    assert session["channel"] == CHANNEL
    assert session["started_at"] == at(0)
    assert session["is_open"] is False
    assert {row[1] for row in history(database)} == {at(0)}


def test_what_a_session_lacked_is_put_to_it_later(database: psycopg.Connection) -> None:
    append(database, snapshot(0, operation=None, channel=None, technology=None))
    append(database, snapshot(1))
    append(database, completed(2, 1))
    (session,) = read(database, "select operation, channel, uniqueid, technology, is_open from fax.session")
    assert session == {
        "operation": "receive", "channel": CHANNEL, "uniqueid": "1793606400.7", "technology": "Spandsp", "is_open": False,
    }  # fmt: skip


def test_the_same_number_of_two_servers_is_two_sessions(database: psycopg.Connection) -> None:
    append(database, snapshot(0, of=life("pbx1")), snapshot(0, of=life("pbx2")))
    assert [(row["server"], row["session_number"]) for row in sessions(database)] == [("pbx1", 0), ("pbx2", 0)]


def test_listed_tells_what_is_open_and_not_on_a_complete_list(database: psycopg.Connection) -> None:
    append(database, [snapshot(number, number) for number in range(4)], gone(5, 1), snapshot(30, 9))
    query = "select session_number, started_at from fax.listed((select epoch_id from fax.epoch), %s, %s)"
    assert database.execute(query, [at(10), [2]]).fetchall() == [(0, at(0)), (3, at(3))]
    assert database.execute(query, [at(40), [0, 2, 3, 9]]).fetchall() == []
    assert database.execute("select last_seen_at from fax.epoch").fetchone() == (at(40),)


def test_a_list_closes_what_an_observer_before_left_open(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 0), snapshot(0.5, 1), collector="before")
    append(database, snapshot(60, 1), listing(60.5, 1), collector="after")
    assert [(row["session_number"], row["end_observed_by"]) for row in sessions(database)] == [(0, "gone"), (1, "open")]
    append(database, listing(60.5, 1), collector="after")
    assert read(database, "select count(*) from fax.session_history where event = 'Gone'") == [{"count": 1}]


# -- epochs -----------------------------------------------------------------------------------------------


def epochs(database: psycopg.Connection) -> list[dict[str, object]]:
    return read(database, "select * from fax.epoch order by first_seen_at, reload_ordinal")


@pytest.mark.parametrize("apart", [-2.0, -0.6, 0.0, 1.9])
def test_two_observers_of_one_start_find_one_epoch(database: psycopg.Connection, apart: float) -> None:
    """Uptime is whole seconds: a recording and the live ingestor reckon its start up to 2 s apart."""
    append(database, snapshot(0), collector="import")
    append(database, snapshot(0.2, of=life(started=-3600 + apart)), collector="host1")
    assert len(epochs(database)) == 1
    assert [(row["session_number"], row["snapshots"]) for row in sessions(database)] == [(0, 2)]


@pytest.mark.parametrize("apart", [-3, 3, 3540])
def test_another_start_is_another_epoch(database: psycopg.Connection, apart: float) -> None:
    append(database, snapshot(0))
    append(database, snapshot(10, of=life(started=-3600 + apart)))
    assert len(epochs(database)) == 2
    assert [row["session_number"] for row in sessions(database)] == [0, 0]


def test_the_start_up_text_is_evidence_where_the_uptime_is_not_known(database: psycopg.Connection) -> None:
    text = "2026-11-02 08:00:12"
    append(database, snapshot(0, of=Life("pbx", moment(-5), startup_text=text)), collector="one")
    append(database, snapshot(1, of=Life("pbx", moment(0.5), startup_text=text)), collector="two")
    append(database, snapshot(2, of=life(startup_text=text)), collector="three")
    append(database, snapshot(3, of=Life("pbx", moment(2), startup_text="2026-11-02 08:00:19")), collector="four")
    assert [(row["startup_text"], row["started_at"]) for row in epochs(database)] == [
        (text, at(-3600)),
        ("2026-11-02 08:00:19", None),
    ]


def test_a_life_without_evidence_is_the_one_that_was_watched_then(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(60))
    append(database, snapshot(30, of=Life("pbx", moment(30))), collector="two")
    append(database, snapshot(150, of=Life("pbx", moment(150), continued=True)), collector="three")
    assert len(epochs(database)) == 1
    append(database, snapshot(1000, of=Life("pbx", moment(1000))), collector="four")
    assert len(epochs(database)) == 2


def test_a_reload_of_the_module_is_another_epoch_of_the_same_start(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    append(database, snapshot(100, of=life(reloaded_at=moment(90))), collector="one")
    append(database, snapshot(101, of=life(reloaded_at=moment(91))), collector="two")
    append(database, snapshot(200, of=life(reloaded_at=moment(190))))
    assert [(row["reload_ordinal"], row["reloaded_at"]) for row in epochs(database)] == [
        (0, None),
        (1, at(90)),
        (2, at(190)),
    ]
    assert [(row["started_at"], row["snapshots"]) for row in sessions(database)] == [(at(0), 1), (at(100), 2), (at(200), 1)]


def test_who_comes_after_a_reload_is_in_the_epoch_after_it(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    append(database, snapshot(100, of=life(reloaded_at=moment(90))), collector="one")
    late = Life("pbx", moment(95), started_at=moment(-3600))
    append(database, snapshot(101, of=late), collector="two")
    early = Life("pbx", moment(50), started_at=moment(-3600))
    append(database, snapshot(51, 1, of=early), collector="three")
    found = read(
        database,
        "select s.session_number, e.reload_ordinal, count(*) from fax.session_history h"
        " join fax.session s using (session_id) join fax.epoch e using (epoch_id) group by 1, 2 order by 1, 2",
    )
    assert [tuple(row.values()) for row in found] == [(0, 0, 1), (0, 1, 2), (1, 0, 1)]


# -- months -----------------------------------------------------------------------------------------------


def second_of(moment: datetime) -> float:
    return (moment - at(0)).total_seconds()


def test_the_month_that_a_row_needs_is_made(database: psycopg.Connection) -> None:
    exists = "select to_regclass('fax.session_history_2019_02') is not null"
    assert database.execute(exists).fetchone() == (False,)
    long_ago = second_of(datetime(2019, 2, 28, 23, 59, 59, tzinfo=UTC))
    append(database, snapshot(long_ago))
    assert partition_of(database, long_ago) == "session_history_2019_02"
    append(database, snapshot(long_ago + 2, 1))
    assert partition_of(database, long_ago + 2) == "session_history_2019_03"


def test_a_late_row_goes_to_the_month_in_which_its_session_began(database: psycopg.Connection) -> None:
    midnight = second_of(datetime(2019, 5, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 10))
    append(database, snapshot(midnight + 10), completed(midnight + 20, 3))
    assert partition_of(database, midnight + 20) == partition_of(database, midnight + 10) == "session_history_2019_04"
    assert read(database, "select to_regclass('fax.session_history_2019_05') as made") == [{"made": None}]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_month_is_a_month_of_utc_whatever_the_zone_of_the_connection(
    database: psycopg.Connection, zone: str
) -> None:
    database.execute("select set_config('timezone', %s, false)", [zone])
    midnight = second_of(datetime(2019, 8, 1, tzinfo=UTC))
    append(database, snapshot(midnight - 1), snapshot(midnight, 1))
    assert partition_of(database, midnight - 1) == "session_history_2019_07"
    assert partition_of(database, midnight) == "session_history_2019_08"


@pytest.mark.parametrize("clock", [datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)])
def test_a_clock_gone_wrong_makes_no_partition(database: psycopg.Connection, clock: datetime) -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'fax.session_history'::regclass"
    before = database.execute(partitions).fetchone()
    append(database, snapshot(second_of(clock), of=Life("pbx", round(clock.timestamp() * MICROSECONDS))))
    assert partition_of(database, second_of(clock)) == "session_history_default"
    assert database.execute(partitions).fetchone() == before
    assert len(sessions(database)) == 1


def test_a_month_of_which_the_default_partition_holds_rows_can_still_be_made(database: psycopg.Connection) -> None:
    """A clock was a year and more ahead; when that month comes, its faxes must find a place."""
    ahead = datetime.now(UTC) + timedelta(days=500)
    append(database, snapshot(second_of(ahead)))
    assert partition_of(database, second_of(ahead)) == "session_history_default"
    database.execute("set role fax_owner")
    database.execute("select fax.make_partition(%s)", [ahead])
    database.execute("reset role")
    append(database, snapshot(second_of(ahead) + 1, 1))
    assert len(sessions(database)) == 2


def test_months_ahead_are_there_and_no_more_than_asked_for(database: psycopg.Connection) -> None:
    names = [name for (name,) in database.execute("select fax.make_partitions_ahead(4)")]
    month = datetime.now(UTC).replace(day=1)
    expected = [(month.year * 12 + month.month - 1 + n) for n in range(5)]
    assert names == [f"session_history_{index // 12:04}_{index % 12 + 1:02}" for index in expected]


def within(seconds: float, action: Callable[[], object]) -> None:
    """Fails where an action does not come back."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"


def test_the_first_list_of_a_new_observer_closes_what_the_last_one_left_open(database: psycopg.Connection) -> None:
    """The ingestor was started again, and nothing is listed any more."""
    append(database, snapshot(0), collector="before")
    within(10, lambda: append(database, listing(60), collector="after"))
    assert [row["end_observed_by"] for row in sessions(database)] == ["gone"]


def test_a_life_may_become_better_known_within_a_batch(database: psycopg.Connection) -> None:
    """CoreStatus came after the first list."""
    better = replace(life(), startup_text="2026-11-02 07:00:00")
    within(10, lambda: append(database, snapshot(0), snapshot(1, of=better), snapshot(2)))
    assert [row["snapshots"] for row in sessions(database)] == [3]
    assert [row["startup_text"] for row in epochs(database)] == ["2026-11-02 07:00:00"]


# -- two at once ------------------------------------------------------------------------------------------


def test_making_a_month_does_not_deadlock_with_a_batch_under_way(dsn: str) -> None:
    """One batch has looked into the history for a session; another, before it, needs a month that is not there."""
    looked, blocked = threading.Event(), threading.Event()
    old = second_of(datetime(2019, 3, 3, tzinfo=UTC))
    faults: list[BaseException] = []

    def batch() -> Iterator[tuple[int, Record]]:
        yield 1, variable(5, "FAXMODE", "audio", channel="PJSIP/another")
        looked.set()
        blocked.wait(5)
        yield 2, snapshot(6)

    def first() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                appender = Appender(connection, "first")
                appender.append([(0, snapshot(0))])
                appender.append(batch())
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    assert looked.wait(5)
    with psycopg.connect(dsn, autocommit=True) as second, psycopg.connect(dsn, autocommit=True) as watcher:
        release = threading.Thread(target=release_when_waiting, args=(watcher, second.info.backend_pid, blocked))
        release.start()
        append(second, snapshot(old, of=Life("pbx", moment(old))), collector="second")
        blocked.set()
        release.join()
    thread.join()
    assert faults == []


def release_when_waiting(watcher: psycopg.Connection, pid: int, blocked: threading.Event) -> None:
    """Lets the first batch go on once the second waits for a lock; where it need not wait, it is done soon."""
    query = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
    while not blocked.wait(0.005):
        if watcher.execute(query, [pid]).fetchone() == (True,):
            blocked.set()
