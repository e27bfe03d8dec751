"""The ingestor writes totals by itself, and never stops appending because of them."""

from __future__ import annotations

import logging

import psycopg
import pytest

from faxstore.ingest import step_size, totals_writer
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.totals_writer import TotalsWriter
from faxstore.observations import encode
from faxstore.spool.queue import Spool
from faxstore.store.database import connect
from tests.kit.cluster import wait_until
from tests.kit.given import append, gone, read, snapshot
from tests.kit.totals import totalled, untotalled


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_writer, "PAUSE", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_a_carrier_writes_totals_while_its_spool_is_empty(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    carrier = Carrier(dsn, spool, "host1", compactors=[TotalsWriter(0.2)])
    carrier.start()
    spool.put([encode(snapshot(number, number)) for number in range(30)])
    wait_until(lambda: len(totalled(database)) == 30)
    spool.put([encode(snapshot(1000, 7))])
    wait_until(lambda: read(database, "select max(position) as last from fax.session_history") == [{"last": 31}])
    wait_until(lambda: untotalled(database) == set())
    carrier.stop(within=10)
    assert len(spool) == 0


@pytest.mark.usefixtures("no_pause")
def test_it_merges_roll_ups_once_no_session_is_left(
    dsn: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_size, "STEP", 1000.0)
    append(database, *(snapshot(number, number) for number in range(20)), *(gone(60, number) for number in range(20)))
    writer = TotalsWriter(0)
    writer.step(database)
    assert len(totalled(database)) == 8
    writer.step(database)
    query = "select hours, sum(sessions) as sessions, count(*) as rows from fax.usage_rollup group by hours order by 1"
    assert read(database, query) == [{"hours": hours, "sessions": 20, "rows": 1} for hours in (1, 6, 24)]


@pytest.mark.usefixtures("no_pause")
def test_an_error_is_logged_once_and_appends_go_on(
    dsn: str, database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("alter table fax.session_total add check (server <> 'pbx')")
    carrier = Carrier(dsn, spool, "host1", compactors=[TotalsWriter(0)])
    carrier.start()
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            spool.put([encode(snapshot(number, number))])
            wait_until(lambda: len(spool) == 0)
    carrier.stop(within=10)
    assert len(untotalled(database)) == 3
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("totals: not written (new row for relation")
    assert line.endswith("; the next attempt is in 10 minutes")


def test_a_lost_connection_is_an_error(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.close()
        with pytest.raises(psycopg.OperationalError):
            TotalsWriter(0).step(connection)


def test_a_step_without_a_session_is_followed_by_a_pause(dsn: str, database: psycopg.Connection) -> None:
    writer = TotalsWriter(0)
    writer.step(database)
    append(database, snapshot(0))
    writer.step(database)
    assert totalled(database) == set()


@pytest.mark.usefixtures("no_pause")
def test_a_step_takes_as_many_sessions_as_its_time_allows(
    dsn: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, *(snapshot(number, number) for number in range(60)))
    writer = TotalsWriter(0)
    monkeypatch.setattr(step_size, "STEP", 1000.0)
    steps = []
    for _ in range(4):
        before = len(totalled(database))
        writer.step(database)
        steps.append(len(totalled(database)) - before)
    assert steps == [8, 16, 32, 4]
    append(database, *(snapshot(1000 + number, number) for number in range(60)))
    writer = TotalsWriter(0)
    monkeypatch.setattr(step_size, "STEP", 0.0)
    writer.step(database)
    writer.step(database)
    assert len(totalled(database)) == 8 + 1
