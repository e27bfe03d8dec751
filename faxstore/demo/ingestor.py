"""The ingestor of the demo: `faxstore ingest` as a process of its own, until the recordings are through."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from faxstore.demo.server import ReplayServer
from faxstore.errors import FaxstoreError

LIMIT = 120.0
"""Seconds after which the recordings should long be through."""

LEAVE = 15.0
"""Seconds that the ingestor has to leave when it is told to; it promises 10."""

Progress = Callable[[float], None]
"""Told the share of the recordings that is over, 0 to 1, a few times a second."""


async def ingest(config: Path, log: IO[str], servers: Sequence[ReplayServer], progress: Progress) -> None:
    """Runs the ingestor with these settings until every server's recording is through, then stops it.

    What it says goes to the log.  Raises FaxstoreError where it leaves by itself, is not through in time, or
    leaves with another status than 0.
    """
    async with _running(config, log) as process:
        through = asyncio.create_task(_finished(servers))
        left = asyncio.create_task(process.wait())
        try:
            async with asyncio.timeout(LIMIT):
                while not (through.done() or left.done()):
                    await asyncio.wait([through, left], timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
                    progress(sum(server.play.progress for server in servers) / len(servers))
            early = not through.done()
        except TimeoutError as error:
            raise FaxstoreError(f"the recordings were not through after {LIMIT:.0f} seconds; see {log.name}") from error
        finally:
            through.cancel()
            left.cancel()
    if early or process.returncode != 0:
        when = " before the recordings were through" if early else ""
        raise FaxstoreError(
            f"faxstore ingest left{when} with status {process.returncode}; what it said is in {log.name}"
        )


async def _finished(servers: Sequence[ReplayServer]) -> None:
    for server in servers:
        await server.finished.wait()


@asynccontextmanager
async def _running(config: Path, log: IO[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, stopped at the end as an operator would stop it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--config", str(config), "ingest"]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(LEAVE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
