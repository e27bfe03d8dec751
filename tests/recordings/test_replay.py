"""`faxstore ingest`, watching a server that plays a recording, gives the same rows as `faxstore import`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh

WITH_SESSIONS = [name for name in truth.RECORDINGS if not name.startswith("errors-")]

SESSIONS = """
select server, session_number, operation, direction, channel, uniqueid, account_code, caller_number, called_number,
       local_station_id, remote_station_id, transport, file_names, end_observed_by, state, pages, pages_observed,
       bad_lines, bad_lines_discarded, bad_lines_measurable, worst_page_bad_lines, error_correction_mode,
       first_data_rate, last_data_rate, lowest_data_rate, rate_falls, x_resolution, y_resolution, resolution,
       result, result_class, result_text
from fax.sessions where server = %s order by started_at, session_number
"""
PAGES = """
select s.session_number, p.page, p.attempts, p.bad_lines, p.bad_lines_discarded, p.data_rate, p.resolution, p.quality
from fax.session_pages p join fax.session s using (session_id)
where p.server = %s order by s.started_at, s.session_number, p.page
"""
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def imported(server: str, template: str) -> Iterator[psycopg.Connection]:
    """Every recording imported, each as a server of the same name."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        for recording in WITH_SESSIONS:
            import_file(database, str(truth.path(recording)), recording, lambda _: None)
        yield database


@pytest.fixture(scope="module")
def watched(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """Every recording played by its own server, all watched by one `faxstore ingest`."""
    with fresh(server, template) as dsn:
        asyncio.run(play_all(dsn, tmp_path_factory.mktemp("ingest")))
        with psycopg.connect(dsn, autocommit=True) as database:
            yield database


async def play_all(dsn: str, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(ReplayServer(load(truth.path(name)))) for name in WITH_SESSIONS
        }
        settings = folder / "faxstore.toml"
        settings.write_text("".join(block(name, server.port) for name, server in servers.items()))
        with (folder / "log").open("w") as log:
            command = [sys.executable, "-m", "faxstore", "--config", str(settings), "--data-dir", str(folder), "ingest"]
            ingest = await asyncio.create_subprocess_exec(*command, stderr=log, env={**os.environ, "FAXSTORE_DSN": dsn})
            try:
                async with asyncio.timeout(300):
                    await asyncio.gather(*(server.finished.wait() for server in servers.values()))
                    await settled(dsn)
                ingest.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(ingest.wait(), 10) == 0, (folder / "log").read_text()
            finally:
                if ingest.returncode is None:
                    ingest.kill()


def block(name: str, port: int) -> str:
    return (
        f'[[server]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\nusername = "faxstore"\n'
        'secret = "replay"\npoll_interval = 0.05\nidle_interval = 0.05\n'
    )


async def settled(dsn: str) -> None:
    """Waits until the last lists are in the history: no new row for half a second."""
    with psycopg.connect(dsn, autocommit=True) as database:
        before, same = -1, 0
        while same < 5:
            await asyncio.sleep(0.1)
            (rows,) = database.execute("select count(*) from fax.session_history").fetchone() or (0,)
            same = same + 1 if rows == before else 0
            before = rows


@pytest.mark.parametrize("recording", WITH_SESSIONS)
def test_ingest_and_import_tell_the_same(
    imported: psycopg.Connection, watched: psycopg.Connection, recording: str
) -> None:
    expected = rows(imported, SESSIONS, recording)
    assert expected
    assert rows(watched, SESSIONS, recording) == expected
    assert rows(watched, PAGES, recording) == rows(imported, PAGES, recording)


def rows(database: psycopg.Connection, query: str, recording: str) -> Rows:
    return database.execute(query.encode(), [recording]).fetchall()
