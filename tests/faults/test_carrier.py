"""The carrier moves records from the spool to the database, in order and once each, through outages."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.ingest import carrier as carrier_module
from faxstore.ingest.carrier import Carrier
from faxstore.observations import ServerObservation, encode
from faxstore.spool.queue import Spool
from faxstore.store import migrate
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import NOON, carrying, in_order, snapshot
from tests.kit.database_proxy import Proxy
from tests.kit.databases import name_of

pytestmark = pytest.mark.alone

LOG = "faxstore.ingest.carrier"


def rejected(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute("select * from fax.rejected_message").fetchall()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the carrier's log messages; asserts that each is one line."""
    messages = [record.getMessage() for record in caplog.records if record.name == LOG]
    assert all("\n" not in message for message in messages)
    return messages


def test_records_are_appended_in_order_and_leave_the_spool(
    dsn: str, database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.put(snapshot(number) for number in range(1, 51))
    with carrying(dsn, spool):
        wait_until(lambda: len(spool) == 0)
        for number in range(51, 61):
            spool.put([snapshot(number)])
        wait_until(lambda: len(spool) == 0)
    assert in_order(database) == list(range(1, 61))
    assert logged(caplog) == []


def test_an_idle_carrier_stores_coverage_and_reconciliation_of_each_day(
    dsn: str, database: psycopg.Connection, spool: Spool
) -> None:
    spool.put([encode(ServerObservation("pbx1", NOON, event)) for event in ("Polled", "FAXStats")])
    stored = (
        "select exists (select from fax.coverage_day where server = 'pbx1' and day = '2026-11-23')"
        " and exists (select from fax.reconciliation_day where server = 'pbx1' and since is not null)"
    )
    with carrying(dsn, spool):  # the newest day first
        wait_until(lambda: database.execute(stored).fetchone() == (True,))


def test_a_stop_appends_the_rest(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    carrier = Carrier(dsn, spool, "host1")
    spool.put(snapshot(number) for number in range(1, 2001))
    carrier.start()
    carrier.stop(within=30.0)
    assert len(spool) == 0
    assert in_order(database) == list(range(1, 2001))


def test_a_stop_ends_in_time_without_a_database(spool: Spool) -> None:
    spool.put([snapshot(1)])
    began = time.monotonic()
    with carrying("postgresql://faxstore@127.0.0.1:1/fax", spool):
        pass
    assert time.monotonic() - began < 3.0
    assert len(spool) == 1


def test_two_carriers_of_the_same_records_append_them_once(
    dsn: str, database: psycopg.Connection, spool: Spool, tmp_path: Path
) -> None:
    """Two hosts may collect from one server."""
    with closing(Spool(tmp_path / "other" / "spool.sqlite", synchronous="off")) as other:
        with carrying(dsn, spool), carrying(dsn, other):
            for number in range(1, 200):
                for each in (spool, other):
                    each.put([snapshot(number)])
            wait_until(lambda: len(spool) == 0 and len(other) == 0)
        assert sorted(in_order(database)) == list(range(1, 200))


# -- outages -------------------------------------------------------------------------------------------


def test_a_database_that_is_down_for_a_while(
    proxy: Proxy,
    database: psycopg.Connection,
    spool: Spool,
    attempts: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with carrying(proxy.dsn, spool):
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        proxy.cut()
        before = len(attempts)
        for number in range(2, 20):
            spool.put([snapshot(number)])
        wait_until(lambda: len(attempts) > before + 5)
        (down,) = logged(caplog)  # once, not per attempt
        assert down.startswith("database: cannot append (")
        assert down.endswith("); records wait in the spool")
        assert len(spool) == 18
        proxy.listen()
        wait_until(lambda: len(spool) == 0)
        wait_until(lambda: len(logged(caplog)) == 2)
    assert in_order(database) == list(range(1, 20))
    levels = [record.levelname for record in caplog.records if record.name == LOG]
    assert levels == ["ERROR", "WARNING"]
    assert logged(caplog)[1].startswith("database: appending again; ")


def test_a_database_that_is_down_at_the_start(
    proxy: Proxy,
    database: psycopg.Connection,
    spool: Spool,
    attempts: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxy.cut()
    spool.put([snapshot(1)])
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(attempts) > 5)
        assert len(logged(caplog)) == 1
        assert "refused" in logged(caplog)[0]
        proxy.listen()
        wait_until(lambda: len(spool) == 0)
    assert in_order(database) == [1]


def test_the_delay_between_attempts_doubles_up_to_its_limit(
    spool: Spool, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) >= 12

    carrier = Carrier("postgresql://faxstore@127.0.0.1:1/fax", spool, "host1")
    monkeypatch.setattr(carrier, "_stopping", Stopping())
    monkeypatch.setattr(carrier_module, "SHORTEST_BACK_OFF", 0.5)
    monkeypatch.setattr(carrier_module, "LONGEST_BACK_OFF", 10.0)
    carrier.start()
    wait_until(lambda: len(waits) == 12)
    carrier.stop(within=1.0)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0]


def test_terminated_connections_neither_lose_nor_duplicate_rows(
    dsn: str, database: psycopg.Connection, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faxstore.ingest.drain.BATCH", 20)
    terminate = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'faxstore'"
    )
    with carrying(dsn, spool):
        for number in range(1, 601):
            spool.put([snapshot(number)])
            if number % 100 == 0:
                wait_until(lambda: database.execute(terminate).fetchall())
        wait_until(lambda: len(spool) == 0)
    assert in_order(database) == list(range(1, 601))


def set_read_only(database: psycopg.Connection, dsn: str, on: bool) -> None:
    """Change the default of every new connection."""
    name, value = sql.Identifier(name_of(dsn)), sql.SQL("on" if on else "off")
    database.execute(sql.SQL("alter database {} set default_transaction_read_only = {}").format(name, value))


def test_a_database_that_is_read_only_for_a_while(
    dsn: str, database: psycopg.Connection, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_read_only(database, dsn, on=True)
    spool.put([snapshot(1), snapshot(2)])
    with carrying(dsn, spool):
        wait_until(lambda: len(attempts) > 5)
        assert len(spool) == 2
        (line,) = logged(caplog)
        assert "read-only transaction" in line
        assert rejected(database) == []  # the database is at fault, not the record
        set_read_only(database, dsn, on=False)
        wait_until(lambda: len(spool) == 0)
        wait_until(lambda: len(logged(caplog)) == 2)
    assert in_order(database) == [1, 2]


def test_a_database_that_is_migrated_later(
    empty_database: str, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    spool.put([snapshot(1)])
    with carrying(empty_database, spool):
        wait_until(lambda: len(attempts) > 5)
        (line,) = logged(caplog)
        assert "fax" in line
        migrate.upgrade(empty_database)
        wait_until(lambda: len(spool) == 0)
    with psycopg.connect(empty_database, autocommit=True) as database:
        assert in_order(database) == [1]


def test_without_the_right_to_append_records_stay_in_the_spool(
    dsn: str, database: psycopg.Connection, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    spool.put([snapshot(1)])
    with carrying(make_conninfo(dsn, options="-c role=fax_reader"), spool):
        wait_until(lambda: len(attempts) > 3)
        (line,) = logged(caplog)
        assert "grant fax_ingest to fax_reader" in line
    assert len(spool) == 1
    assert rejected(database) == []
    with carrying(make_conninfo(dsn, options="-c role=fax_ingest"), spool):
        wait_until(lambda: len(spool) == 0)
    assert in_order(database) == [1]
