"""Records of a newer faxstore, after a downgrade: set aside, reported once and preserved byte for byte."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from faxstore import observations
from faxstore.ingest.drain import Drain
from faxstore.ingest.importer import Summary, import_lines
from faxstore.observations import Observation, encode
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import LIFE, NOON, carrying, in_order, snapshot
from tests.kit.databases import name_of

NEWER = b'["Observation",2,{"life": "unreadable"},"\xc3\xa9 and more"]'
OLD = b"[0," + snapshot(1).removeprefix(b'["Observation",1,')
"""A record of version 0."""

REPORT = (
    "records of a newer faxstore set aside: 1 (first: kind 'Observation', version 2); run that version to append them"
)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", synchronous="off")) as spool:
        yield spool


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def newer_faxstore(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on version 2 of an Observation is read, as the snapshot number 2."""
    later = snapshot(2)
    decode = observations.decode
    monkeypatch.setattr("faxstore.ingest.drain.decode", lambda body: decode(later if body == NEWER else body))


def drain_all(spool: Spool, database: psycopg.Connection) -> Drain:
    drain = Drain(spool, lambda: Appender(database, "host1"))
    while drain.step() is not None:
        pass
    return drain


def rejected(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute("select * from fax.rejected_message").fetchall()


def test_older_records_around_a_newer_one_are_appended(
    database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.put([OLD, NEWER, snapshot(3)])
    drain_all(spool, database)
    assert in_order(database) == [1, 3]
    assert spool.peek(0, 9) == [(2, NEWER)]
    assert rejected(database) == []
    assert caplog.messages == [REPORT]


def test_a_newer_faxstore_appends_it_later(
    database: psycopg.Connection, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put([OLD, NEWER, snapshot(3)])
    drain_all(spool, database)
    newer_faxstore(monkeypatch)
    drain_all(spool, database)
    assert in_order(database) == [1, 3, 2]
    assert len(spool) == 0


def test_a_rejected_record_beside_it_does_not_report_it_again(
    database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    """The drain starts again at the front of the spool whenever it rejects a record."""
    spool.put([NEWER, snapshot(1), b"garbage", NEWER, b"garbage", snapshot(2)])
    drain = drain_all(spool, database)
    assert in_order(database) == [1, 2]
    assert len(rejected(database)) == 1  # two equal ones
    assert [body for _, body in spool.peek(0, 9)] == [NEWER, NEWER]
    assert len(drain.newer) == 2
    assert [line for line in caplog.messages if "newer" in line] == [REPORT, REPORT]  # one each


def test_the_carrier_reports_it_once_across_connections(
    dsn: str, database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"
    spool.put([NEWER])
    with carrying(dsn, spool):
        for number in range(1, 4):
            spool.put([snapshot(number)])
            wait_until(lambda: len(spool) == 1)
            wait_until(lambda: database.execute(others, [name_of(dsn)]).fetchall())
    assert in_order(database) == [1, 2, 3]
    assert [line for line in caplog.messages if "newer" in line] == [REPORT]
    assert [body for _, body in spool.peek(0, 9)] == [NEWER]


def test_an_import_preserves_it_in_waiting_record(
    database: psycopg.Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = encode(Observation(LIFE, NOON, "VarSet", channel="PJSIP/b-1", uniqueid="1.2", details={"Variable": "x"}))
    add = "insert into fax.waiting_record (server, ordinal, body) values ('pbx1', %s, %s)"
    database.cursor().executemany(add, list(enumerate([snapshot(1), NEWER, snapshot(3), waits])))
    summary = imported(database)
    assert in_order(database) == [1, 3]
    assert (summary.rows, summary.rejected, summary.unfinished) == (2, 0, 1)
    assert rejected(database) == []
    assert caplog.messages == [REPORT]
    assert waiting(database) == [NEWER, waits]
    newer_faxstore(monkeypatch)
    assert imported(database).rows == 1
    assert waiting(database) == [waits]


def imported(database: psycopg.Connection) -> Summary:
    """The next piece, which happens to be empty."""
    return import_lines(database, "pbx1", [], lambda _: None)


def waiting(database: psycopg.Connection) -> list[bytes]:
    rows = database.execute("select body from fax.waiting_record where server = 'pbx1' order by ordinal")
    return [bytes(row[0]) for row in rows.fetchall()]
