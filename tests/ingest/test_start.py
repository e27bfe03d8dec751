"""Neither a silent database nor its own lease delays the start of a single ingestor."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import psycopg

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from tests.kit import truth
from tests.kit.ingestor_pair import Ingestor, until
from tests.kit.relay import to_database, to_port


def test_after_a_kill_its_own_lease_does_not_delay_the_next_start(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with (
            ReplayServer(load(truth.path("one-page-22"))) as asterisk,
            to_port(asterisk.port) as to_asterisk,
            to_database(dsn) as to_postgres,
        ):
            ingestor = Ingestor(tmp_path / "only", to_asterisk, to_postgres, dsn)
            with psycopg.connect(dsn, autocommit=True) as database:
                held = "select holder from fax.lease where expires_at > now()"
                for _ in range(2):
                    await ingestor.start()
                    await until(lambda: ingestor.collects)
                    await until(lambda: len(database.execute(held).fetchall()) == 1)
                    await ingestor.end(signal.SIGKILL)
                holders = database.execute("select distinct holder, taken_at < renewed_at from fax.lease").fetchall()
            assert holders[0][1]
            assert ": standby;" not in ingestor.log

    asyncio.run(play())


def test_a_silent_database_delays_the_first_poll_only_briefly(dsn: str, tmp_path: Path) -> None:
    async def play() -> float:
        async with (
            ReplayServer(load(truth.path("one-page-22"))) as asterisk,
            to_port(asterisk.port) as to_asterisk,
            to_database(dsn) as to_postgres,
        ):
            to_postgres.passing.clear()
            ingestor = Ingestor(tmp_path / "only", to_asterisk, to_postgres, dsn)
            await ingestor.start()
            await until(lambda: to_postgres.connections > 0)
            waited = await until(lambda: ingestor.collects)
            await ingestor.end(signal.SIGKILL)
            return waited

    assert asyncio.run(play()) < 8  # 2 s for the schema, 1.5 s for the lease, the rest for a busy machine
