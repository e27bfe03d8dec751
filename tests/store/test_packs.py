"""Packing moves rows and changes none: the history, every figure and every later append are as without it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from faxstore.observations import Observation, Record
from faxstore.store.packs import drop_packed, pack_all
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.figures import differences, figures
from tests.kit.given import (
    FILE,
    START,
    append,
    at,
    begins,
    channel_status,
    completed,
    gone,
    hangup,
    initial_variables,
    of,
    on_channel,
    read,
    receiving,
    snapshot,
    the_session,
)
from tests.kit.packing import pack
from tests.kit.partitions import created_on, partition_of
from tests.kit.rights import refuses

DAY = "observation_2026_11_02"
HISTORY = "select * from fax.session_history order by position"
STORED = "select (select count(*) from fax.observation) as rows, (select count(*) from fax.session_pack) as packs"

WIDTHS = """
select pg_column_size(array(select r from unnest(p.rows) r)) as plain, pg_column_size(p.rows) as stored,
       (select pg_relation_size(c.reltoastrelid) from pg_class c where c.oid = p.tableoid) as chunks
from fax.session_pack p
"""
"""The bytes of packs as they are in memory, in their row and beside it."""


def stored(database: psycopg.Connection) -> tuple[int, int]:
    """The number of rows that are not packed, and of packs."""
    (row,) = read(database, STORED)
    return row["rows"], row["packs"]


def on_a_day(database: psycopg.Connection, *rows: Observation) -> None:
    """Appends rows, with a partition for those of 2026-11-02."""
    created_on(database, "2026-10-01")
    database.execute("select fax.make_partition('2026-11-02 00:00+00')")
    append(database, *rows)


def test_a_pack_of_a_short_fax_is_compressed_and_stays_in_its_row(database: psycopg.Connection) -> None:
    """Its 30 rows are far smaller than a page."""
    append(database, receiving(*((second, 1, second) for second in range(30))))
    pack(database)
    (row,) = read(database, WIDTHS)
    assert 3_000 < row["plain"] < 8_000
    assert row["stored"] < row["plain"] / 3
    assert row["chunks"] == 0


def test_packed_rows_are_shown_as_they_were(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 3)), completed(2, 1), snapshot(5, 1, channel="PJSIP/other"))
    before = read(database, HISTORY)
    assert pack(database) == 4
    assert stored(database) == (0, 2)
    assert read(database, HISTORY) == before


@pytest.mark.parametrize(("first", "last", "found"), [(1, 4, [1, 2, 3, 4]), (2, 3, [2, 3]), (5, 9, []), (4, 1, [])])
@pytest.mark.parametrize("packed", [False, True])
def test_rows_between_two_positions(
    database: psycopg.Connection, first: int, last: int, found: list[int], packed: bool
) -> None:
    for second in (0, 2):
        append(database, snapshot(second, 0), snapshot(second + 1, 1, channel="PJSIP/other"))
    if packed:
        pack(database)
    rows = read(database, "select position from fax.rows_between(%s, %s) order by position", first, last)
    assert [row["position"] for row in rows] == found


def test_a_late_row_joins_its_pack(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (9, 2, 3)))
    pack(database)
    append(database, receiving((5, 2, 4)), completed(10, 2))
    assert stored(database) == (2, 1)
    assert of(the_session(database), "pages", "end_observed_by", "snapshots") == (2, "completion", 3)
    before = read(database, HISTORY)
    assert pack(database) == 2
    assert stored(database) == (0, 1)
    assert read(database, HISTORY) == before
    moments = read(database, "select array(select r.observed_at from unnest(p.rows) r) as at from fax.session_pack p")
    assert moments == [{"at": [at(0), at(9), at(5), at(10)]}]  # by position


def test_a_repeat_of_a_packed_row_is_ignored(database: psycopg.Connection) -> None:
    rows = [*receiving((0, 1, 0), (1, 2, 3)), completed(2, 1)]
    append(database, rows)
    pack(database)
    again = append(database, rows, snapshot(3), snapshot(3), collector="two")
    assert (again.rows, again.repeats) == (1, 4)
    assert pack(database) == 1
    assert append(database, rows, snapshot(3)).rows == 0


def test_an_event_that_only_a_list_could_place_waits_whether_its_repeat_is_packed_or_not(
    database: psycopg.Connection,
) -> None:
    status = on_channel(0, "Status", {"DNID": "5550177"})
    append(database, status, hangup(1))
    pack(database)
    assert append(database, status).done == []


def test_packing_again_moves_nothing(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    assert [pack(database), pack(database)] == [1, 0]


def test_sessions_with_a_row_of_the_last_two_days_are_not_packed(database: psycopg.Connection) -> None:
    recently = time.time() - 47 * 3600 - START.timestamp()
    append(database, snapshot(0), snapshot(recently), snapshot(recently, 1), snapshot(0, 2))
    assert pack(database) == 1
    assert stored(database) == (3, 1)


def test_sessions_that_began_together_are_packed_together(database: psycopg.Connection) -> None:
    append(database, *(snapshot(0, number, channel=f"PJSIP/{number}") for number in range(3)), snapshot(1, 3))
    database.execute("select fax.make_partition('2026-11-01', 'session_pack')")
    query = "select packed_until, packed_rows from fax.pack_sessions('-infinity', 'infinity', 1)"
    assert database.execute(query).fetchall() == [(at(0), 3)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from fax.observation",
        "delete from fax.observation_past",
        "delete from fax.session_pack",
        "truncate fax.session_pack",
        "update fax.session_pack set rows = rows[:1]",
        "update fax.session_pack set started_at = started_at + interval '1 second'",
        "update fax.session_pack p set rows = array(select row((jsonb_populate_record(r, '{\"page_number\": 7}')).*)"
        "::fax.observation from unnest(p.rows) r)",
        "update fax.session_pack p set rows = array(select row((jsonb_populate_record(r, '{\"page_number\": 7}')).*)"
        "::fax.observation from unnest(p.rows) r) || rows[1:1]",
    ],
)
def test_nothing_else_is_deleted_or_changed(database: psycopg.Connection, statement: str) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 3)))
    pack(database)
    append(database, receiving((2, 2, 3)))
    refuses(database, statement)


def test_a_row_that_differs_from_its_pack_cannot_be_deleted(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    database.execute(
        "insert into fax.session_pack (session_id, started_at, first_observed_at, last_observed_at, first_position,"
        " last_position, rows) select session_id, started_at, observed_at, observed_at, position, position,"
        " array[row((jsonb_populate_record(o, '{\"page_number\": 7}')).*)::fax.observation]"
        " from fax.observation o"
    )
    refuses(database, "delete from fax.observation")


def test_an_older_snapshot_sees_the_rows_that_are_packed_meanwhile(server: str, template: str) -> None:
    with (
        fresh(server, template) as dsn,
        psycopg.connect(dsn, autocommit=True) as packer,
        psycopg.connect(dsn) as reader,
    ):
        append(packer, receiving((0, 1, 0), (1, 2, 3)))
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select 1")
        pack(packer)
        packer.execute("vacuum fax.observation_past")
        assert packer.execute("select * from fax.drop_packed_partitions()").fetchall() == []
        assert reader.execute("select count(*) from fax.session_history").fetchone() == (2,)


def test_a_packed_day_is_dropped_after_a_vacuum(database: psycopg.Connection) -> None:
    on_a_day(database, snapshot(0))
    pack(database)
    assert drop_packed(database) == []
    database.execute(f"vacuum fax.{DAY}".encode())
    assert drop_packed(database) == [DAY]
    append(database, gone(1))
    assert partition_of(database, 2) == "observation_default"
    assert pack(database) == 1
    assert of(the_session(database), "end_observed_by", "snapshots") == ("gone", 1)


def test_a_day_without_faxes_is_dropped(database: psycopg.Connection) -> None:
    on_a_day(database)
    assert drop_packed(database) == [DAY]


def test_no_day_of_the_last_two_is_dropped(database: psycopg.Connection) -> None:
    created_on(database, "2019-01-01")
    database.execute("select fax.make_partition(now() - n * interval '1 day') from generate_series(1, 4) n")
    days = [datetime.now(UTC) - timedelta(days=n) for n in (4, 3)]
    assert drop_packed(database) == [f"observation_{day:%Y_%m_%d}" for day in days]


def test_a_reader_of_the_history_delays_the_drop_and_nothing_else(server: str, template: str) -> None:
    with (
        fresh(server, template) as dsn,
        psycopg.connect(dsn, autocommit=True) as packer,
        psycopg.connect(dsn) as reader,
    ):
        on_a_day(packer, snapshot(0))
        pack(packer)
        packer.execute("vacuum")
        reader.execute("select count(*) from fax.session_history")
        assert drop_packed(packer) == []
        append(packer, snapshot(0, 1))
        reader.rollback()
        pack(packer)
        packer.execute("vacuum")
        assert drop_packed(packer) == [DAY]


def test_a_day_is_packed_when_it_ended_some_days_ago(database: psycopg.Connection) -> None:
    """The day is the one whose end is between three and four days ago."""
    created_on(database, "2019-01-01")
    day = datetime.now(UTC) - timedelta(days=4)
    database.execute("select fax.make_partition(%s)", [day])
    append(database, snapshot(day.timestamp() - START.timestamp()))
    assert pack_all(database, 4, lambda _: None) == 0
    assert pack_all(database, 3, lambda _: None) == 1


def test_rows_that_are_in_no_day_are_packed_with_those_of_days(database: psycopg.Connection) -> None:
    on_a_day(database, snapshot(0), snapshot(-86400, 1), snapshot(86400, 2))
    append(database, snapshot(-400 * 86400, 3))
    assert stored(database) == (4, 0)
    assert pack(database) == 4
    assert stored(database) == (0, 4)


def test_packing_that_is_interrupted_leaves_everything_as_it_was(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 3)))
    database.execute("select fax.make_partition('2026-11-01', 'session_pack')")
    with database.transaction(force_rollback=True):
        database.execute("select fax.pack_sessions('-infinity', 'infinity')")
    assert stored(database) == (2, 0)
    assert pack(database) == 2


def test_an_append_of_new_rows_does_not_wait_for_packing(server: str, template: str) -> None:
    with (
        fresh(server, template) as dsn,
        psycopg.connect(dsn, autocommit=True) as appender,
        psycopg.connect(dsn) as packer,
    ):
        append(appender, snapshot(0))
        appender.execute("select fax.make_partition('2026-11-01', 'session_pack')")
        packer.execute("select fax.pack_sessions('2026-11-01', 'infinity')")
        assert append(appender, snapshot(time.time() - START.timestamp(), 1)).rows == 1
        packer.commit()
        assert stored(appender) == (1, 1)


@pytest.mark.parametrize("record", [snapshot(1), completed(1, 1)], ids=["without a look-up", "with a look-up"])
def test_an_append_of_new_rows_does_not_wait_for_one_that_waits_for_packing(
    server: str, template: str, record: Record
) -> None:
    with (
        fresh(server, template) as dsn,
        psycopg.connect(dsn, autocommit=True) as live,
        psycopg.connect(dsn, autocommit=True) as importing,
        psycopg.connect(dsn) as packer,
    ):
        append(live, snapshot(0))
        packer.execute("select fax.lock_packing()")
        late = threading.Thread(target=lambda: append(importing, record))
        late.start()
        while live.execute("select count(*) from pg_locks where not granted").fetchone() == (0,):
            assert late.is_alive()
        live.execute("set lock_timeout = '10s'")
        assert append(live, snapshot(time.time() - START.timestamp(), 1)).rows == 1
        packer.rollback()
        late.join(30)
        assert stored(live) == (3, 0)


def test_a_fax_whose_channel_was_replaced_completes_after_it_was_packed(database: psycopg.Connection) -> None:
    append(database, begins(0, "ReceiveFAX", AppData=FILE), *initial_variables(0.1), receiving((1, 1, 0)))
    append(database, hangup(5), receiving((6, 2, 0)), channel_status(6.5))
    pack(database)
    ended = completed(8, 2, Uniqueid="9.9")
    append(database, ended)
    before = the_session(database)
    assert of(before, "pages", "end_observed_by") == (2, "completion")
    pack(database)
    assert append(database, ended).rows == 0
    assert the_session(database) == before


@pytest.mark.parametrize("path", sorted(truth.CAPTURES.glob("*.jsonl.gz")), ids=lambda path: path.name.split(".")[0])
def test_a_recording_has_the_same_figures_packed_and_adds_nothing(database: psycopg.Connection, path: Path) -> None:
    import_file(database, str(path), "pbx", lambda _: None)
    history, before = read(database, HISTORY), figures(database)
    assert pack(database) == len(history)
    assert read(database, HISTORY) == history
    assert differences(before, figures(database)) == {}
    import_file(database, str(path), "pbx", lambda _: None)
    assert read(database, HISTORY) == history
