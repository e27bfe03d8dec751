"""The clock of the ingestor's machine is set, forward and back, while faxes run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from faxstore.demo.replay import LockStep, ReplayServer, load
from faxstore.importer import import_file
from tests import truth
from tests.databases import fresh
from tests.integration.test_ingest import GAPLESS, until

RECORDING = "bad-page-16"
HOUR = 3600

SESSIONS = """
select session_number, direction, channel, pages, bad_lines, bad_lines_discarded, result, end_observed_by
from fax.sessions order by session_number
"""
STEPS = {
    "forward": [HOUR],
    "back": [-HOUR],
    "both ways": [HOUR, -HOUR, 0, 2, 0],
}


def holds(database: psycopg.Connection, condition: LiteralString) -> bool:
    return database.execute(condition).fetchone() == (True,)


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_sessions_and_pages_are_the_same(
    dsn: str, server: str, template: str, tmp_path: Path, steps: list[int]
) -> None:
    """The same recording, and the clock set again and again in its middle: no row is lost or doubled."""

    async def play() -> int:
        recording = load(truth.path(RECORDING))
        async with ReplayServer(recording, LockStep(), username="faxstore", secret="replay") as asterisk:
            settings, wrong = tmp_path / "faxstore.toml", tmp_path / "wrong-by"
            wrong.write_text("0")
            settings.write_text(
                f'data_dir = "data"\n[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = {asterisk.port}\n'
                'username = "faxstore"\nsecret = "replay"\npoll_interval = 0.05\nidle_interval = 0.05\n'
            )
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.stepped_clock", wrong, "--config", settings, "ingest"),
                env={**os.environ, "FAXSTORE_DSN": dsn},
            )
            try:
                with psycopg.connect(dsn, autocommit=True) as database:
                    for number, step in enumerate(steps, 1):
                        await until(
                            partial(holds, database, f"select count(*) >= {50 * number} from fax.session_history"), 120
                        )
                        (tmp_path / "next").write_text(str(step))
                        (tmp_path / "next").replace(wrong)
                    await asyncio.wait_for(asterisk.finished.wait(), 120)
                    await until(
                        partial(holds, database, "select count(*) >= 6 from fax.sessions where result <> 'unknown'"),
                        120,
                    )
                    process.send_signal(signal.SIGTERM)
                    return await asyncio.wait_for(process.wait(), 30)
            finally:
                with suppress(ProcessLookupError):
                    process.kill()

    assert asyncio.run(play()) == 0
    with psycopg.connect(dsn, autocommit=True) as database, fresh(server, template) as other:
        with psycopg.connect(other, autocommit=True) as wanted:
            import_file(wanted, str(truth.path(RECORDING)), "pbx", lambda _: None)
            assert database.execute(SESSIONS).fetchall() == wanted.execute(SESSIONS).fetchall()
        assert database.execute(GAPLESS).fetchone() == (True,)
        assert database.execute("select count(distinct epoch_id) from fax.session").fetchone() == (1,)
