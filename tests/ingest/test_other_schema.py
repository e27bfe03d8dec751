"""An ingestor and a database of different versions: records wait in the spool, and are appended once both fit."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import psycopg
import pytest

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from faxstore.ingest import carrier as carrier_module
from faxstore.spool.queue import Spool
from faxstore.store import migrate
from faxstore.store.schema_version import newest
from tests.kit import next_version, truth
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import carrying, pages, snapshot
from tests.kit.ingestor_pair import Ingestor, until
from tests.kit.relay import to_database, to_port

ADDS_A_COLUMN = ("alter table fax.server_history add added text", "alter table fax.server_history drop added")
NEEDS_MORE = (
    "alter table fax.append_batch add added text not null default '';"
    " alter table fax.append_batch alter added drop default",
    "alter table fax.append_batch drop added",
)
"""Revisions, up and down: one that an older fax.append() would not notice, and one after which it fails."""


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(carrier_module, "LONGEST_BACK_OFF", 0.5)
    monkeypatch.setattr(carrier_module, "SCHEMA_EVERY", 0.1)
    caplog.set_level(logging.INFO, "faxstore.ingest.carrier")


def unknown(found: str) -> str:
    return (
        f"database: cannot append (the schema of the database is {found}, which this faxstore does not know"
        f" (its own is {newest()}): upgrade faxstore); records wait in the spool"
    )


def test_a_running_old_ingestor_queues_until_the_schema_fits(
    dsn: str, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrations = next_version.prepare(tmp_path, *ADDS_A_COLUMN)
    spool.put(snapshot(number) for number in range(1, 11))
    with carrying(dsn, spool):
        wait_until(lambda: len(spool) == 0)
        next_version.migrate(migrations, "upgrade", dsn)
        wait_until(lambda: bool(caplog.messages))
        spool.put(snapshot(number) for number in range(11, 21))
        assert caplog.messages == [unknown(next_version.revision())]
        assert pages(dsn) == list(range(1, 11))
        next_version.migrate(migrations, "downgrade", dsn, newest())
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 21))
    assert caplog.messages[1:] == ["database: appending again; 0 records in the spool"]


def test_a_new_ingestor_queues_until_the_schema_is_migrated(
    dsn: str, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = newest()
    with next_version.running(next_version.prepare(tmp_path, *ADDS_A_COLUMN)):
        spool.put(snapshot(number) for number in range(1, 11))
        with carrying(dsn, spool):
            wait_until(lambda: bool(caplog.messages))
            assert len(spool) == 10
            migrate.upgrade(dsn)
            wait_until(lambda: len(spool) == 0)
        outdated = f"the schema of the database is {before}, this faxstore needs {newest()}: run faxstore migrate"
    assert pages(dsn) == list(range(1, 11))
    assert caplog.messages[0] == f"database: cannot append ({outdated}); records wait in the spool"
    assert len(caplog.messages) == 2


def test_no_record_is_to_blame_for_what_a_newer_schema_refuses(
    dsn: str, spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(carrier_module, "SCHEMA_EVERY", 3600.0)  # so that appends meet the other schema first
    migrations = next_version.prepare(tmp_path, *NEEDS_MORE)
    with carrying(dsn, spool):
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        next_version.migrate(migrations, "upgrade", dsn)
        spool.put(snapshot(number) for number in range(2, 12))
        wait_until(lambda: bool(caplog.messages))
    assert caplog.messages == [unknown(next_version.revision())]
    assert len(spool) == 10
    next_version.migrate(migrations, "downgrade", dsn, newest())
    with carrying(dsn, spool):
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 12))


def test_an_ingestor_that_starts_collects_at_once(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    async def play() -> None:
        async with (
            ReplayServer(load(truth.path("one-page-22"))) as asterisk,
            to_port(asterisk.port) as to_asterisk,
            to_database(dsn) as to_postgres,
        ):
            database.execute("update fax.alembic_version set version_num = '9999'")
            ingestor = Ingestor(tmp_path / "only", to_asterisk, to_postgres, dsn)
            await ingestor.start()
            await until(lambda: ingestor.collects)
            await until(lambda: unknown("9999") in ingestor.log)
            assert database.execute("select from fax.server_history").fetchall() == []
            database.execute("update fax.alembic_version set version_num = %s", [newest()])
            await until(lambda: len(database.execute("select from fax.server_history").fetchall()) > 0)
            assert await ingestor.end(signal.SIGTERM) == 0
            assert ingestor.log.count("9999") == 1

    asyncio.run(play())
