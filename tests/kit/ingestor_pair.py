"""Two `faxstore ingest` processes for one server, each with its own spool and network."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from tests.kit import truth
from tests.kit.relay import Relay, through, to_database, to_port

SERVER = "pbx"


@dataclass
class Ingestor:
    """One of the two ingestors; `process` is None while it does not run."""

    folder: Path
    asterisk: Relay
    database: Relay
    dsn: str
    lists: list[float] = field(default_factory=list)
    """The times of its FAXSessions requests."""
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.asterisk.on_sent = self._sent

    @property
    def log(self) -> str:
        """Everything it logged."""
        return (self.folder / "log").read_text()

    @property
    def collects(self) -> bool:
        """Whether it requested a list within the last second, over a single connection."""
        return self.asterisk.connections == 1 and bool(self.lists) and time.monotonic() - self.lists[-1] < 1

    @property
    def is_standby(self) -> bool:
        """Whether it logged that the other one collects, and has no connection to the server."""
        changes = [line for line in self.log.splitlines() if ": standby;" in line or ": collecting;" in line]
        return bool(changes) and ": standby;" in changes[-1] and self.asterisk.connections == 0

    async def start(self) -> None:
        """Start the process."""
        self.folder.mkdir(exist_ok=True)
        settings = self.folder / "faxstore.toml"
        settings.write_text(
            f'data_dir = "data"\n[[server]]\nname = "{SERVER}"\nhost = "127.0.0.1"\nport = {self.asterisk.port}\n'
            'username = "faxstore"\nsecret = "replay"\npoll_interval = 0.05\nidle_interval = 0.05\n'
        )
        with (self.folder / "log").open("a") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "faxstore", "--config", str(settings), "ingest"),
                stderr=log,
                env={**os.environ, "FAXSTORE_DSN": through(self.database, self.dsn)},
            )

    async def end(self, number: int) -> int:
        """Send a signal and return the exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), 20)
        self.process = None
        return status

    def _sent(self, data: bytes) -> None:
        self.lists += [time.monotonic()] * data.count(b"Action: FAXSessions\r\n")


@dataclass
class Pair:
    """The first ingestor collects, the second is standby."""

    asterisk: ReplayServer
    first: Ingestor
    second: Ingestor


@asynccontextmanager
async def pair(folder: Path, dsn: str, recording: str, speed: float) -> AsyncIterator[Pair]:
    """Run both against a server that replays a recording, `speed` times as fast, and waits for their polls."""
    async with (
        ReplayServer(load(truth.path(recording)), speed=speed) as asterisk,
        to_port(asterisk.port) as to_asterisk_1,
        to_port(asterisk.port) as to_asterisk_2,
        to_database(dsn) as to_database_1,
        to_database(dsn) as to_database_2,
    ):
        first = Ingestor(folder / "first", to_asterisk_1, to_database_1, dsn)
        second = Ingestor(folder / "second", to_asterisk_2, to_database_2, dsn)
        try:
            await first.start()
            await until(lambda: first.collects)
            await second.start()
            await until(lambda: second.is_standby)
            yield Pair(asterisk, first, second)
        finally:
            for ingestor in (first, second):
                if ingestor.process is not None:
                    await ingestor.end(signal.SIGKILL)


async def until(condition: Callable[[], bool], within: float = 30.0) -> float:
    """Wait for a condition and return the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, "the condition was not met in time"
        await asyncio.sleep(0.02)
    return time.monotonic() - began
