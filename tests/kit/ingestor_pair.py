"""Two `faxstore ingest` processes that watch one server, each with a spool and a network of its own."""

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

from faxstore.demo.pacing import LockStep
from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from tests.kit import truth
from tests.kit.relay import Relay, through, to_database, to_port

SERVER = "pbx"


@dataclass
class Ingestor:
    """One of the two: a process, or none at the moment."""

    folder: Path
    asterisk: Relay
    database: Relay
    dsn: str
    lists: list[float] = field(default_factory=list)
    """When it asked for a list."""
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.asterisk.on_sent = self._sent

    @property
    def log(self) -> str:
        """All that it said."""
        return (self.folder / "log").read_text()

    @property
    def watches(self) -> bool:
        """Whether it has asked for a list within the last second, over its one connection."""
        return self.asterisk.connections == 1 and bool(self.lists) and time.monotonic() - self.lists[-1] < 1

    @property
    def stands_by(self) -> bool:
        """Whether it knows the other, and has no connection to the server."""
        said = [line for line in self.log.splitlines() if "standing by" in line or "watching" in line]
        return bool(said) and "standing by" in said[-1] and self.asterisk.connections == 0

    async def start(self) -> None:
        """As from the command line."""
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
        """Its exit status, after a signal."""
        assert self.process is not None
        self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), 20)
        self.process = None
        return status

    def _sent(self, data: bytes) -> None:
        self.lists += [time.monotonic()] * data.count(b"Action: FAXSessions\r\n")


@dataclass
class Pair:
    """The first watches, the second stands by."""

    asterisk: ReplayServer
    first: Ingestor
    second: Ingestor


@asynccontextmanager
async def pair(folder: Path, dsn: str, recording: str, speed: float) -> AsyncIterator[Pair]:
    """Both run; the server plays a recording to whoever asks, so many times as quick, and waits for the polls."""
    drive = LockStep(speed)
    async with (
        ReplayServer(load(truth.path(recording)), drive, username="faxstore", secret="replay") as asterisk,
        to_port(asterisk.port) as to_asterisk_1,
        to_port(asterisk.port) as to_asterisk_2,
        to_database(dsn) as to_database_1,
        to_database(dsn) as to_database_2,
    ):
        first = Ingestor(folder / "first", to_asterisk_1, to_database_1, dsn)
        second = Ingestor(folder / "second", to_asterisk_2, to_database_2, dsn)
        try:
            await first.start()
            await until(lambda: first.watches)
            await second.start()
            await until(lambda: second.stands_by)
            yield Pair(asterisk, first, second)
        finally:
            for ingestor in (first, second):
                if ingestor.process is not None:
                    await ingestor.end(signal.SIGKILL)


async def until(condition: Callable[[], bool], within: float = 30.0) -> float:
    """Waits for a condition; the seconds it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < within, "in vain"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun
