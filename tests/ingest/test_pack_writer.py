"""The ingestor packs past days by itself, in small steps, and never stops appending because of them."""

from __future__ import annotations

import logging

import psycopg
import pytest

from faxstore.ingest import pack_writer, step_size
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.pack_writer import PackWriter
from faxstore.observations import encode
from faxstore.spool.queue import Spool
from faxstore.store.database import connect
from tests.kit.cluster import wait_until
from tests.kit.given import append, read, snapshot
from tests.kit.partitions import created_on


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_writer, "PAUSE", 0.0)


def packs(database: psycopg.Connection) -> int:
    return len(read(database, "select from fax.session_pack"))


def rows(database: psycopg.Connection) -> int:
    return len(read(database, "select from fax.observation"))


@pytest.mark.usefixtures("no_pause")
def test_a_carrier_packs_while_its_spool_is_empty(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    created_on(database, "2026-10-01")
    database.execute("select fax.make_partition('2026-11-02 00:00+00')")
    carrier = Carrier(dsn, spool, "host1", compactors=[PackWriter(2)])
    spool.put([encode(snapshot(number, number)) for number in range(30)])
    spool.put([encode(snapshot(-86400 - number, 100 + number)) for number in range(3)])
    carrier.start()
    wait_until(lambda: (packs(database), rows(database)) == (33, 0))
    spool.put([encode(snapshot(1000, 7))])
    wait_until(lambda: read(database, "select max(last_position) as last from fax.append_batch") == [{"last": 34}])
    wait_until(lambda: rows(database) == 0)
    database.execute("vacuum fax.observation_2026_11_02")
    wait_until(lambda: read(database, "select to_regclass('fax.observation_2026_11_02') as day") == [{"day": None}])
    carrier.stop(within=10)
    assert (packs(database), len(spool)) == (33, 0)


@pytest.mark.usefixtures("no_pause")
def test_a_step_packs_as_many_sessions_as_its_time_allows(
    database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, *(snapshot(number, number, channel=f"PJSIP/{number}") for number in range(60)))
    database.execute("select fax.make_partition('2026-11-02 00:00+00', 'session_pack')")
    writer = PackWriter(2)
    monkeypatch.setattr(step_size, "STEP", 1000.0)
    steps = []
    for _ in range(4):
        before = packs(database)
        writer.step(database)
        steps.append(packs(database) - before)
    assert steps == [8, 16, 32, 4]


def test_a_step_without_rows_is_followed_by_a_pause(database: psycopg.Connection) -> None:
    writer = PackWriter(2)
    writer.step(database)
    append(database, snapshot(0))
    writer.step(database)
    assert packs(database) == 0


def test_a_day_that_is_packed_is_left_alone_until_the_pause_is_over(database: psycopg.Connection) -> None:
    """Its table occupies space until PostgreSQL has vacuumed it, which an old snapshot may delay for hours."""
    created_on(database, "2026-10-01")
    database.execute("select fax.make_partition('2026-11-02 00:00+00')")
    append(database, snapshot(0))
    writer = PackWriter(2)
    for _ in range(4):
        writer.step(database)
    assert (packs(database), rows(database)) == (1, 0)
    append(database, snapshot(1))
    for _ in range(4):
        writer.step(database)
    assert rows(database) == 1


def test_a_long_query_delays_the_first_pack_of_a_month_without_a_message(
    dsn: str, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    append(database, snapshot(0))
    writer = PackWriter(2)
    with psycopg.connect(dsn) as reader:
        reader.execute("select count(*) from fax.session_history")
        writer.step(database)
    assert (packs(database), caplog.messages) == (0, [])
    writer._due = 0
    writer.step(database)
    writer.step(database)
    assert packs(database) == 1


def test_an_error_is_logged_and_appends_go_on(
    dsn: str,
    database: psycopg.Connection,
    spool: Spool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database.execute("alter table fax.session_pack add check (first_position < 0)")
    carrier = Carrier(dsn, spool, "host1", compactors=[PackWriter(2)])
    with caplog.at_level(logging.WARNING):
        spool.put([encode(snapshot(0))])
        carrier.start()
        wait_until(lambda: caplog.messages != [])
        spool.put([encode(snapshot(1))])
        wait_until(lambda: len(spool) == 0)
    carrier.stop(within=10)
    assert rows(database) == 2
    (line,) = caplog.messages
    assert line.startswith("packs: not written (child table is missing constraint")
    assert line.endswith("; the next attempt is in 10 minutes")


def test_a_lost_connection_is_an_error(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.close()
        with pytest.raises(psycopg.OperationalError):
            PackWriter(2).step(connection)
