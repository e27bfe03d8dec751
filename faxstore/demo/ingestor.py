"""The demo's ingestor: `faxstore ingest` as a separate process, until the recordings have been played."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from faxstore.demo.progress import Progress
from faxstore.demo.server import ReplayServer
from faxstore.errors import FaxstoreError

PLAY_TIMEOUT = 120.0
"""Seconds within which the recordings must have been played."""

STOP_TIMEOUT = 15.0
"""Seconds that the ingestor may take to stop; it promises 10."""


async def ingest(config: Path, log: IO[str], servers: Sequence[ReplayServer], progress: Progress) -> None:
    """Run the ingestor with these settings until every recording has been played, then stop it.

    Its output goes to the log, and `progress` gets the played share of the recordings a few times a second.  Raises
    FaxstoreError if it exits by itself, exceeds the timeout, or fails.
    """
    async with _running(config, log) as process:
        try:
            async with asyncio.timeout(PLAY_TIMEOUT):
                while (
                    not (played := all(server.finished.is_set() for server in servers)) and process.returncode is None
                ):
                    await asyncio.sleep(0.1)
                    progress(sum(server.playback.progress for server in servers) / len(servers))
        except TimeoutError as error:
            raise FaxstoreError(
                f"the recordings did not end within {PLAY_TIMEOUT:.0f} s; the ingestor's output is in {log.name}"
            ) from error
    if not played or process.returncode != 0:
        when = "" if played else " before the recordings ended"
        raise FaxstoreError(f"faxstore ingest exited{when} with status {process.returncode}; see {log.name}")


@asynccontextmanager
async def _running(config: Path, log: IO[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process; at the end it is stopped as an operator would stop it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--config", str(config), "ingest"]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
