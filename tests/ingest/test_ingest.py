"""`faxstore ingest` as a process: without its database, stopped twice, killed, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.fast_polls import INTERVAL

RECORDING = "bad-page-16"
NOWHERE = "host=127.0.0.1 port=9 dbname=fax user=nobody"
"""A DSN where nothing listens."""

GAPLESS = "select count(*) = max(position) from fax.session_history"
SESSIONS = """
select session_number, direction, channel, pages, bad_lines, bad_lines_discarded, result, end_observed_by
from fax.sessions order by session_number
"""


class Ingest:
    """A `faxstore ingest` process with its own spool."""

    def __init__(self, folder: Path, port: int) -> None:
        self._settings = folder / "faxstore.toml"
        self._settings.write_text(
            f'data_dir = "data"\n[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = {port}\n'
            'username = "faxstore"\nsecret = "replay"\n'
            f"poll_interval = {INTERVAL}\nidle_interval = {INTERVAL}\n"
        )
        self.log = folder / "log"

    async def start(
        self, dsn: str, program: str = "tests.kit.fast_polls", *arguments: str
    ) -> asyncio.subprocess.Process:
        """Start the process: a module that runs faxstore, and its own arguments, which precede those of faxstore."""
        with self.log.open("a") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", program, *arguments, "--config", str(self._settings), "ingest"),
                stderr=log,
                env={**os.environ, "FAXSTORE_DSN": dsn},
            )


def expected(server: str, template: str) -> list[tuple[Any, ...]]:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        import_file(database, str(truth.path(RECORDING)), "pbx", lambda _: None)
        return database.execute(SESSIONS).fetchall()


async def until(condition: Any, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def test_without_a_database_it_collects_and_with_one_it_catches_up(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    """The database is down during all faxes and during the stop; a second signal stops at once; nothing is lost."""

    async def play() -> None:
        recording = load(truth.path(RECORDING))
        async with ReplayServer(recording) as asterisk:
            ingest = Ingest(tmp_path, asterisk.port)
            process = await ingest.start(NOWHERE)
            await asyncio.wait_for(asterisk.finished.wait(), 60)
            await asyncio.sleep(0.3)  # the last observation is in the spool within 200 ms
            process.send_signal(signal.SIGTERM)
            await until(lambda: "stopping" in ingest.log.read_text())
            signalled = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 5) == 0
            assert time.monotonic() - signalled < 4  # after one signal it would wait 5 s for the database
            log = ingest.log.read_text()
            assert log.count("cannot be reached") <= 2  # at the start and before the first append, not per attempt

            process = await ingest.start(dsn)
            with psycopg.connect(dsn, autocommit=True) as database:
                completed = "select count(*) >= 6 from fax.sessions where end_observed_by = 'completion'"
                await until(lambda: database.execute(completed).fetchone() == (True,))
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 10) == 0
                assert database.execute(SESSIONS).fetchall() == expected(server, template)
                assert database.execute(GAPLESS).fetchone() == (True,)
            assert "the spool is empty" in ingest.log.read_text().splitlines()[-1]

    asyncio.run(play())


@pytest.mark.parametrize("seconds", [0.3, 1.1])
def test_killed_and_started_again_it_continues(
    dsn: str, server: str, template: str, tmp_path: Path, seconds: float
) -> None:
    """The server waits for polls, so the second process observes what happens after the first was killed."""

    async def play() -> None:
        recording = load(truth.path(RECORDING))
        async with ReplayServer(recording) as asterisk:
            ingest = Ingest(tmp_path, asterisk.port)
            process = await ingest.start(dsn)
            with psycopg.connect(dsn, autocommit=True) as database:
                some = "select count(*) > 50 from fax.session_history"
                await until(lambda: database.execute(some).fetchone() == (True,))
                await asyncio.sleep(seconds)
                process.send_signal(signal.SIGKILL)
                await process.wait()
                process = await ingest.start(dsn)
                await asyncio.wait_for(asterisk.finished.wait(), 60)
                ended = "select count(*) = 6 from fax.sessions where end_observed_by <> 'open'"
                await until(lambda: database.execute(ended).fetchone() == (True,))
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 10) == 0
                found = database.execute(SESSIONS).fetchall()
                wanted = expected(server, template)
                assert [row[:4] for row in found] == [row[:4] for row in wanted]
                assert database.execute(GAPLESS).fetchone() == (True,)
                assert database.execute("select count(distinct epoch_id) from fax.session").fetchone() == (1,)

    asyncio.run(play())
