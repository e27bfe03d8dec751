"""What `faxstore demo` does: play the recordings, watch them with `faxstore ingest`, and print the result."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import IO

from rich.console import Console

from faxstore.counted import counted
from faxstore.demo import answers
from faxstore.demo.folder import claimed, fresh_database, write_settings
from faxstore.demo.ingestor import ingest
from faxstore.demo.progress import shown_progress
from faxstore.demo.recording import Recording, load
from faxstore.demo.server import ReplayServer
from faxstore.demo.summary import print_summary
from faxstore.errors import FaxstoreError
from faxstore.settings.values import Settings
from faxstore.store import migrate
from faxstore.store.database import checked_connection, open_dsn
from faxstore.system.interruption import cancelled_by_signal

SERVERS: Mapping[str, str] = {
    "pbx1": "crashes in the middle of two faxes and restarts",
    "pbx2": "receives faxes over noisy lines",
    "pbx3": "has faxes that fail in many ways",
}
"""The played servers, each with a recording of its name in `recordings`, and what happens there."""


def run_demo(folder: Path, speed: float = 20.0) -> None:
    """Play the recordings into an ingestor and an embedded Postgres in this folder, and print what it recorded.

    `speed` is how many times faster than recorded the recordings are played, at most.  Raises UsageError for a folder
    with other contents, and FaxstoreError if the ingestor fails.
    """
    folder = folder.expanduser().absolute()
    messages = Console(stderr=True, highlight=False)
    messages.print(f"Starting an embedded Postgres in {folder}", soft_wrap=True, markup=False)
    with claimed(folder), open_dsn(Settings(None, folder)) as dsn:
        fresh_database(dsn)
        migrate.upgrade(dsn)
        config = _play(folder, speed, messages)
        with checked_connection(dsn, "fax_reader") as connection:
            print_summary(connection, folder, config)


def _play(folder: Path, speed: float, messages: Console) -> Path:
    """Play all recordings into an ingestor, and return its settings file."""
    began = time.monotonic()
    with (folder / "ingest.log").open("w+", encoding="utf-8", errors="replace") as log:
        try:
            config, recorded = asyncio.run(cancelled_by_signal(_play_to(folder, speed, messages, log)))
        except FaxstoreError:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
    minutes, seconds = counted(round(recorded / 60), "minutes"), counted(round(time.monotonic() - began), "seconds")
    messages.print(f"Played {minutes} of recordings in {seconds}\n")
    return config


async def _play_to(folder: Path, speed: float, messages: Console, log: IO[str]) -> tuple[Path, float]:
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(ReplayServer(recording_of(name), speed=speed)) for name in SERVERS
        }
        messages.print("Starting Asterisk servers that play recordings of real ones")
        for name, server in servers.items():
            messages.print(f"  {name} on 127.0.0.1:{server.port} {SERVERS[name]}", markup=False)
        ports = {name: server.port for name, server in servers.items()}
        config = write_settings(folder, ports, answers.USERNAME, answers.SECRET)
        with shown_progress(messages, "Watching them with faxstore ingest") as progress:
            await ingest(config, log, list(servers.values()), progress)
        return config, sum(server.playback.recording.seconds for server in servers.values())


def recording_of(name: str) -> Recording:
    """Return the recording of a server of SERVERS."""
    (path,) = (Path(__file__).parent / "recordings").glob(f"{name}-*.jsonl.gz")
    return load(path)
