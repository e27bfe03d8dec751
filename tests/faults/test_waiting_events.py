"""Events that wait for their session stay in the spool, through outages, restarts and rejected records."""

from __future__ import annotations

import psycopg
import pytest

from faxstore.ingest.drain import Drain
from faxstore.observations import Observation, encode
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import LIFE, NOON, carrying, changed, snapshot
from tests.kit.database_proxy import Proxy


def event(name: str, seconds: float, **details: str) -> bytes:
    moment = NOON + round(seconds * 1_000_000)
    return encode(Observation(LIFE, moment, name, channel="PJSIP/a-7", uniqueid="1.2", details=dict(details)))


WAITS = event("VarSet", 0.5, Variable="FAXSTATUS", Value="SUCCESS")
OTHER = encode(Observation(LIFE, NOON, "FAXSession", 8, channel="PJSIP/b-1", operation="send"))


def tied(database: psycopg.Connection) -> list[tuple[int | None, str]]:
    query = (
        "select s.session_number, h.event from fax.session_history h join fax.session s using (session_id)"
        " order by h.observed_at"
    )
    return database.execute(query).fetchall()


def test_an_event_stays_in_the_spool_until_its_session_is_known(
    dsn: str, database: psycopg.Connection, spool: Spool
) -> None:
    spool.put([WAITS])
    with carrying(dsn, spool):
        spool.put([OTHER])
        wait_until(lambda: len(spool) == 1)
        assert tied(database) == [(8, "FAXSession")]
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
    assert tied(database) == [(8, "FAXSession"), (7, "VarSet"), (7, "FAXSession")]


def test_a_waiting_event_survives_an_outage(
    proxy: Proxy, database: psycopg.Connection, spool: Spool, attempts: list[str]
) -> None:
    spool.put([WAITS, OTHER])
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(spool) == 1)
        proxy.cut()
        before = len(attempts)
        spool.put([snapshot(1)])
        wait_until(lambda: len(attempts) > before + 2)
        proxy.listen()
        wait_until(lambda: len(spool) == 0)
    assert tied(database) == [(8, "FAXSession"), (7, "VarSet"), (7, "FAXSession")]


def test_a_waiting_event_survives_a_restart_of_the_carrier(
    dsn: str, database: psycopg.Connection, spool: Spool
) -> None:
    spool.put([WAITS])
    with carrying(dsn, spool):
        pass
    assert len(spool) == 1
    spool.put([snapshot(1)])
    with carrying(dsn, spool):
        wait_until(lambda: len(spool) == 0)
    assert tied(database) == [(7, "VarSet"), (7, "FAXSession")]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one after another"])
def test_a_waiting_event_survives_a_rejected_record(database: psycopg.Connection, spool: Spool, at_once: bool) -> None:
    drain = Drain(spool, lambda: Appender(database, "host1"))
    bad = changed(snapshot(9), state="\x00")
    for bodies in [[WAITS, bad, snapshot(1)]] if at_once else [[WAITS], [bad], [snapshot(1)]]:
        spool.put(bodies)
        while drain.step() is not None:
            pass
    assert len(spool) == 0
    assert tied(database) == [(7, "VarSet"), (7, "FAXSession")]
    assert database.execute("select count(*) from fax.rejected_message").fetchone() == (1,)


def test_a_drain_discards_an_event_only_with_its_session(database: psycopg.Connection, spool: Spool) -> None:
    drain = Drain(spool, lambda: Appender(database, "host1"))
    spool.put([WAITS, event("FAXStatus", 0.6, Status="x")])
    appended = drain.step()
    assert appended is not None
    assert (appended.done, appended.rows, len(spool)) == ([], 0, 2)
    assert drain.step() is None
    spool.put([snapshot(1)])
    appended = drain.step()
    assert appended is not None
    assert (appended.rows, appended.repeats, len(spool)) == (3, 0, 0)


def test_a_repeat_is_discarded_and_counted(database: psycopg.Connection, spool: Spool) -> None:
    """After a crash between the database's commit and the spool's, the entries are read again."""
    for expected in ((3, 0), (0, 3)):
        drain = Drain(spool, lambda: Appender(database, "host1"))
        spool.put([snapshot(1), snapshot(2), event("SendFAX", 3)])
        appended = drain.step()
        assert appended is not None
        assert (appended.rows, appended.repeats) == expected
        assert len(spool) == 0
