"""The primary is killed and its standby promoted while rows are appended: nothing is lost or duplicated."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore.spool.queue import Spool
from tests.kit.cluster import Cluster, Programs, clusters, wait_until
from tests.kit.counted_rows import carrying, pages, snapshot


@pytest.fixture
def pair(programs: Programs) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its streaming standby."""
    with clusters(programs, 2) as (primary, standby):
        primary.make()
        standby.follow(primary)
        yield primary, standby


def either(primary: Cluster, standby: Cluster) -> str:
    """Return a DSN that connects to the one that accepts writes."""
    ports = f"{primary.port},{standby.port}"
    both = make_conninfo(primary.dsn, host="127.0.0.1,127.0.0.1", port=ports, user="carrier")
    return make_conninfo(both, target_session_attrs="read-write", connect_timeout=5)


def count(cluster: Cluster) -> int:
    return int(str(cluster.ask("select count(*) from fax.session_history")))


@contextmanager
def flowing(spool: Spool, first: int) -> Iterator[list[int]]:
    """Put a snapshot every few milliseconds; yields the numbers of those that were put."""
    put: list[int] = []
    enough = threading.Event()

    def put_snapshots() -> None:
        number = first
        while not enough.wait(0.005):
            spool.put([snapshot(number)])
            put.append(number)
            number += 1

    thread = threading.Thread(target=put_snapshots)
    thread.start()
    try:
        yield put
    finally:
        enough.set()
        thread.join()


def test_an_asynchronous_standby_that_lacks_rows(
    pair: tuple[Cluster, Cluster], spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    primary, standby = pair
    with carrying(either(*pair), spool):
        spool.put(snapshot(number) for number in range(1, 101))
        wait_until(lambda: len(spool) == 0 and count(standby) == 100)
        standby.execute("alter system set primary_conninfo = ''")
        standby.execute("select pg_reload_conf()")
        wait_until(lambda: standby.ask("select count(*) = 0 from pg_stat_wal_receiver"))
        with flowing(spool, 101) as put:
            wait_until(lambda: count(primary) > 400)
            primary.kill()
            assert count(standby) == 100  # 300 rows that were acknowledged are not there
            standby.execute("select pg_promote()")
            wait_until(lambda: count(standby) > 600)
        wait_until(lambda: len(spool) == 0)
    assert pages(standby.dsn) == list(range(1, 101 + len(put)))
    again = [line for line in caplog.messages if "records again" in line]
    assert len(again) == 1
    assert again[0].startswith("database: promoted, restored or replaced; ")


def test_a_synchronous_standby(pair: tuple[Cluster, Cluster], spool: Spool) -> None:
    primary, standby = pair
    primary.execute("alter system set synchronous_standby_names = 'standby'")
    primary.execute("select pg_reload_conf()")
    wait_until(lambda: primary.ask("select count(*) = 1 from pg_stat_replication where sync_state = 'sync'"))
    with carrying(either(*pair), spool):
        with flowing(spool, 1) as put:
            wait_until(lambda: count(primary) > 300)
            primary.kill()
            standby.execute("select pg_promote()")
            wait_until(lambda: count(standby) > 600)
        wait_until(lambda: len(spool) == 0)
    assert pages(standby.dsn) == list(range(1, 1 + len(put)))


def test_a_standby_accepts_no_rows_until_it_is_promoted(pair: tuple[Cluster, Cluster], spool: Spool) -> None:
    """Without target_session_attrs the carrier connects to it, and it refuses to append."""
    primary, standby = pair
    spool.put([snapshot(1)])
    with carrying(make_conninfo(standby.dsn, user="carrier"), spool):
        with psycopg.connect(standby.dsn, autocommit=True) as database:
            tried = "select count(*) > 0 from pg_stat_activity where usename = 'carrier'"
            wait_until(lambda: database.execute(tried).fetchone() == (True,))
        assert len(spool) == 1
        primary.kill()
        standby.execute("select pg_promote()")
        wait_until(lambda: len(spool) == 0)
    assert pages(standby.dsn) == [1]


def test_two_primaries_both_get_all_retained_rows(programs: Programs, spool: Spool) -> None:
    """After a split brain the carrier returns to the old timeline."""
    with clusters(programs, 2) as (primary, standby):
        primary.make()
        standby.follow(primary)
        standby.execute("select pg_promote()")
        for number, each in enumerate((primary, standby, primary), 1):
            spool.put([snapshot(number)])
            with carrying(make_conninfo(each.dsn, user="carrier"), spool):
                wait_until(lambda: len(spool) == 0)
        assert pages(standby.dsn) == [1, 2]
        assert pages(primary.dsn) == [1, 2, 3]
