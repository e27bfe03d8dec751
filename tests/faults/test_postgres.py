"""Postgres is killed, stopped, full, out of connections, or changed by its administrator while rows are appended."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore.spool.queue import Spool
from faxstore.store import backend
from tests.kit.cluster import Cluster, Programs, clusters, wait_until
from tests.kit.counted_rows import carrying, pages, snapshot

BACKENDS = (
    "select {what}(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'faxstore'"
)


@pytest.fixture
def cluster(programs: Programs) -> Iterator[Cluster]:
    """A server for one test."""
    with clusters(programs, 1) as (cluster,):
        cluster.make()
        yield cluster


def carrier_dsn(cluster: Cluster) -> str:
    """Return a DSN for a user with the role fax_ingest only."""
    return make_conninfo(cluster.dsn, user="carrier")


def changes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the levels of the carrier's log messages; it logs one message per change."""
    return [record.levelname for record in caplog.records if record.name == "faxstore.ingest.carrier"]


def test_killed_with_9_again_and_again(cluster: Cluster, spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    # These settings of an administrator would lose what was acknowledged in the last 200 ms or more.
    cluster.execute("alter system set synchronous_commit = off")
    cluster.execute("alter system set wal_writer_delay = '10s'")
    cluster.execute("select pg_reload_conf()")
    with carrying(carrier_dsn(cluster), spool):
        for life in range(4):
            first = life * 100 + 1
            for number in range(first, first + 100):
                spool.put([snapshot(number)])
                time.sleep(0.001)
            if life % 2:
                wait_until(lambda: len(spool) == 0)  # acknowledged a moment ago
            cluster.kill()
            spool.put([snapshot(1000 + life)])
            cluster.start()
        wait_until(lambda: len(spool) == 0)
    assert pages(cluster.dsn) == [*range(1, 401), *range(1000, 1004)]
    assert changes(caplog) == ["ERROR", "WARNING"] * (len(changes(caplog)) // 2)


def test_stopped_for_a_while(cluster: Cluster, spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    with carrying(carrier_dsn(cluster), spool):
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        cluster.stop()
        spool.put(snapshot(number) for number in range(2, 200))
        time.sleep(1.0)  # about twenty attempts
        assert changes(caplog) == ["ERROR"]
        cluster.start()
        wait_until(lambda: len(spool) == 0)
    assert pages(cluster.dsn) == list(range(1, 200))
    assert changes(caplog) == ["ERROR", "WARNING"]


def test_out_of_connections(cluster: Cluster, spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    spool.put([snapshot(1)])
    cluster.execute("alter role carrier connection limit 1")
    with psycopg.connect(carrier_dsn(cluster)) as other, carrying(carrier_dsn(cluster), spool):
        wait_until(lambda: caplog.messages)
        assert "too many connections for role" in caplog.messages[0]
        assert len(spool) == 1
        other.close()
        wait_until(lambda: len(spool) == 0)
    assert pages(cluster.dsn) == [1]


@pytest.mark.parametrize("what", ["pg_cancel_backend", "pg_terminate_backend"])
def test_statements_that_an_administrator_cancels(dsn: str, spool: Spool, what: str) -> None:
    with carrying(dsn, spool), psycopg.connect(dsn, autocommit=True) as administrator:
        for number in range(1, 301):
            spool.put([snapshot(number)])
            administrator.execute(BACKENDS.format(what=what).encode())
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 301))


def test_another_appender_that_holds_the_lock(
    dsn: str, spool: Spool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The carrier logs it and leaves no queue of waiting backends behind."""
    monkeypatch.setattr(backend, "LOCK_TIMEOUT", "300ms")
    spool.put([snapshot(1)])
    with psycopg.connect(dsn) as other, carrying(dsn, spool):
        other.execute("select fax.lock_append()")
        wait_until(lambda: len(caplog.messages) == 1)
        assert "lock timeout" in caplog.messages[0]
        time.sleep(1.5)
        waiters = (
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database"
            " where d.datname = current_database() and l.locktype = 'advisory' and not l.granted"
        )
        assert other.execute(waiters.encode()).fetchone() in ((0,), (1,))
        assert len(caplog.messages) == 1
        other.rollback()
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == [1]


def test_a_long_query_does_not_delay_rows(
    dsn: str, spool: Spool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Creating partitions ahead needs locks that a reader may hold for hours."""
    monkeypatch.setattr(backend, "LOCK_TIMEOUT", "300ms")
    with psycopg.connect(dsn, autocommit=True) as administrator:
        last = "select max(c.relname) from pg_class c where c.relname like 'observation_20%' and c.relkind = 'r'"
        (name,) = administrator.execute(last).fetchall()[0]
        administrator.execute(f"drop table fax.{name}".encode())
        with psycopg.connect(dsn) as reader:
            reader.execute("select count(*) from fax.sessions")
            spool.put([snapshot(1)])
            with carrying(dsn, spool):
                wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == [1]
    assert caplog.messages == []


@pytest.mark.parametrize("code", ["53100", "53200", "57P03", "40001", "40P01", "XX000", "58030"])
def test_an_error_of_the_server_rejects_no_record(
    dsn: str, spool: Spool, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Disk full, out of memory, cannot connect now, serialization, deadlock, internal and I/O errors."""
    with psycopg.connect(dsn, autocommit=True) as administrator:
        raises = f"begin raise exception 'could not extend file' using errcode = '{code}'; end"
        administrator.execute(
            f"create function public.fail() returns trigger language plpgsql as $$ {raises} $$".encode()
        )
        administrator.execute("create trigger fail before insert on fax.append_batch execute function public.fail()")
        spool.put(snapshot(number) for number in range(1, 11))
        with carrying(dsn, spool):
            wait_until(lambda: len(caplog.messages) == 1)
            time.sleep(0.3)
            (line,) = caplog.messages
            assert line.startswith("database: cannot append (could not extend file")
            assert len(spool) == 10
            administrator.execute("drop trigger fail on fax.append_batch")
            wait_until(lambda: len(spool) == 0)
        assert administrator.execute("select count(*) from fax.rejected_message").fetchone() == (0,)
    assert pages(dsn) == list(range(1, 11))
