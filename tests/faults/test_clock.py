"""The clock of the ingestor's host is set forward and back while faxes run."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from tests.ingest.test_ingest import GAPLESS, RECORDING, SESSIONS, Ingest, expected, until
from tests.kit import truth

HOUR = 3600
STEPS = {
    "forward": [HOUR],
    "back": [-HOUR],
    "both ways": [HOUR, -HOUR, 0, 2, 0],
}
"""By how many seconds the clock is wrong; the next value applies after 50 more rows."""


def holds(database: psycopg.Connection, condition: str) -> bool:
    return database.execute(condition.encode()).fetchone() == (True,)


async def step(database: psycopg.Connection, wrong: Path, steps: list[int]) -> None:
    for number, seconds in enumerate(steps, 1):
        await until(partial(holds, database, f"select count(*) >= {50 * number} from fax.session_history"), 120)
        following = wrong.with_suffix(".next")
        following.write_text(str(seconds))
        following.replace(wrong)


async def play(dsn: str, folder: Path, steps: list[int]) -> int:
    """Replay the recording to an ingestor whose clock is set in the middle; return its exit status."""
    wrong = folder / "wrong-by"
    wrong.write_text("0")
    async with ReplayServer(load(truth.path(RECORDING))) as asterisk:
        process = await Ingest(folder, asterisk.port).start(dsn, "tests.kit.stepped_clock", str(wrong))
        try:
            with psycopg.connect(dsn, autocommit=True) as database:
                await step(database, wrong, steps)
                await asyncio.wait_for(asterisk.finished.wait(), 120)
                ended = "select count(*) >= 6 from fax.sessions where result <> 'unknown'"
                await until(partial(holds, database, ended), 120)
                process.send_signal(signal.SIGTERM)
                return await asyncio.wait_for(process.wait(), 30)
        finally:
            with suppress(ProcessLookupError):
                process.kill()


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_sessions_and_pages_are_the_same(
    dsn: str, server: str, template: str, tmp_path: Path, steps: list[int]
) -> None:
    """No row is lost or duplicated, however often the clock is set."""
    assert asyncio.run(play(dsn, tmp_path, steps)) == 0
    with psycopg.connect(dsn, autocommit=True) as database:
        assert database.execute(SESSIONS).fetchall() == expected(server, template)
        assert database.execute(GAPLESS).fetchone() == (True,)
        assert database.execute("select count(distinct epoch_id) from fax.session").fetchone() == (1,)
