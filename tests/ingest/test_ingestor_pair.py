"""Two ingestors for one server, as processes: one watches, one stands by, whatever is taken from them."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import psycopg

from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.ingestor_pair import SERVER, pair, until
from tests.recordings.test_replay import PAGES, SESSIONS, rows, settled

RECORDING = "bad-page-16"
TAKE_OVER = 10.0
"""Seconds within which the other polls, whatever became of the first."""


def of_one(server: str, template: str) -> tuple[list[Any], list[Any]]:
    """Sessions and pages as one observer who missed nothing has them."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        import_file(database, str(truth.path(RECORDING)), SERVER, lambda _: None)
        return rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)


def test_whoever_stands_by_takes_over_from_one_that_dies_and_from_one_that_leaves(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=8) as two:
            await asyncio.sleep(0.5)
            assert (two.first.asterisk.connections, two.second.asterisk.connections) == (1, 0)
            assert two.second.lists == []

            await two.first.end(signal.SIGKILL)
            assert await until(lambda: two.second.watches) < TAKE_OVER
            assert "has not renewed since" in two.second.log
            with psycopg.connect(dsn, autocommit=True) as database:
                gap = "select reason from fax.coverage_gaps where ended_at is not null"
                await until(lambda: database.execute(gap).fetchall() == [("collector down",)])

                await two.first.start()
                await until(lambda: two.first.stands_by)
                assert await two.second.end(signal.SIGTERM) == 0
                assert await until(lambda: two.first.watches) < TAKE_OVER / 2
                assert "has left it" in two.first.log
                await until(lambda: database.execute(gap).fetchall() == [("collector down",)] * 2)
            assert two.first.log.count("standing by") == 1

    asyncio.run(play())


def test_a_watcher_that_loses_the_database_watches_on_beside_the_other_until_it_is_back(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=8) as two:
            two.first.database.passing.clear()
            assert await until(lambda: two.second.watches) < TAKE_OVER
            await asyncio.wait_for(two.asterisk.finished.wait(), 60)
            assert two.first.watches
            assert two.second.watches

            await two.first.database.release()
            await until(lambda: two.first.stands_by)
            assert two.second.watches
            await settled(dsn)
        with psycopg.connect(dsn, autocommit=True) as database:
            watched = rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)
            collectors = database.execute("select count(distinct collector_id) from fax.session_history").fetchone()
            gaps = database.execute("select * from fax.coverage_gaps where ended_at is not null").fetchall()
        assert watched == of_one(server, template)
        assert collectors == (2,)
        assert gaps == []

    asyncio.run(play())


def test_without_a_database_both_watch_and_with_one_again_one_stands_by(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    async def play() -> None:
        async with pair(tmp_path, dsn, RECORDING, speed=12) as two:
            both = (two.first, two.second)
            for ingestor in both:
                ingestor.database.passing.clear()
            await until(lambda: two.second.watches, within=TAKE_OVER)
            assert two.first.watches
            assert "it is not known whether" in two.second.log
            for ingestor in both:
                await ingestor.database.release()
            await until(lambda: sorted(ingestor.stands_by for ingestor in both) == [False, True])
            await until(lambda: sorted(ingestor.watches for ingestor in both) == [False, True])
            await asyncio.wait_for(two.asterisk.finished.wait(), 60)
            await settled(dsn)
        with psycopg.connect(dsn, autocommit=True) as database:
            watched = rows(database, SESSIONS, SERVER), rows(database, PAGES, SERVER)
        assert watched == of_one(server, template)

    asyncio.run(play())
