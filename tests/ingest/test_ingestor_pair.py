"""Two ingestor processes for one server: one collects, the other is standby, through every kind of failure."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.ingestor_pair import SERVER, pair, until
from tests.recordings.test_replay import PAGES, SESSIONS, rows, settled

pytestmark = pytest.mark.alone

RECORDING = "bad-page-16"
TAKE_OVER = 10.0
"""Seconds within which the standby polls after the first ingestor failed."""


def of_a_single_observer(server: str, template: str) -> tuple[list[Any], list[Any]]:
    """Return the sessions and pages of an observer that missed nothing."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        import_file(database, str(truth.path(RECORDING)), SERVER, lambda _: None)
        return rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)


def test_the_standby_takes_over_after_a_kill_and_after_a_stop(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=8) as two:
            await asyncio.sleep(0.5)
            assert (two.first.asterisk.connections, two.second.asterisk.connections) == (1, 0)
            assert two.second.lists == []

            await two.first.end(signal.SIGKILL)
            assert await until(lambda: two.second.collects) < TAKE_OVER
            assert "has not renewed its lease since" in two.second.log
            with psycopg.connect(dsn, autocommit=True) as database:
                gap = "select reason from fax.coverage_gaps where ended_at is not null"
                await until(lambda: database.execute(gap).fetchall() == [("collector down",)])

                await two.first.start()
                await until(lambda: two.first.is_standby)
                assert await two.second.end(signal.SIGTERM) == 0
                assert await until(lambda: two.first.collects) < TAKE_OVER / 2
                assert "gave up its lease" in two.first.log
                await until(lambda: database.execute(gap).fetchall() == [("collector down",)] * 2)
            assert two.first.log.count("pbx: standby;") == 1

    asyncio.run(play())


def test_a_collecting_ingestor_that_loses_the_database_collects_until_it_is_back(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=8) as two:
            two.first.database.passing.clear()
            assert await until(lambda: two.second.collects) < TAKE_OVER
            await asyncio.wait_for(two.asterisk.finished.wait(), 60)
            assert two.first.collects
            assert two.second.collects

            await two.first.database.release()
            await until(lambda: two.first.is_standby)
            assert two.second.collects
            await settled(dsn)
        with psycopg.connect(dsn, autocommit=True) as database:
            folded = rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)
            collectors = database.execute("select count(distinct collector_id) from fax.session_history").fetchone()
            gaps = database.execute("select * from fax.coverage_gaps where ended_at is not null").fetchall()
        assert folded == of_a_single_observer(server, template)
        assert collectors == (2,)
        assert gaps == []

    asyncio.run(play())


def test_without_a_database_both_collect_and_afterwards_one_is_standby(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=12) as two:
            both = (two.first, two.second)
            for ingestor in both:
                ingestor.database.passing.clear()
            await until(lambda: two.second.collects, within=TAKE_OVER)
            assert two.first.collects
            assert "it is unknown whether" in two.second.log
            for ingestor in both:
                await ingestor.database.release()
            await until(lambda: sorted(ingestor.is_standby for ingestor in both) == [False, True])
            await until(lambda: sorted(ingestor.collects for ingestor in both) == [False, True])
            await asyncio.wait_for(two.asterisk.finished.wait(), 60)
            await settled(dsn)
        with psycopg.connect(dsn, autocommit=True) as database:
            folded = rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)
        assert folded == of_a_single_observer(server, template)

    asyncio.run(play())
