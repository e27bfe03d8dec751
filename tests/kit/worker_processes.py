"""`faxstore ingest` with several workers, watching played servers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from tests.kit import truth
from tests.kit.ingestor_pair import until

SPEED = 8.0
"""How much faster than recorded the servers play."""


class Workers:
    """A `faxstore ingest` process with its workers, which are started and ended by the test."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        self.folder = folder
        self.spools = folder / "data" / "spool"
        self._ports = ports
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, dsn: str, *arguments: str, servers: tuple[str, ...] = (), **environment: str) -> None:
        """Start it with these arguments, for some of the servers or for all."""
        settings = self.folder / "faxstore.toml"
        blocks = [
            f'[[server]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {self._ports[name]}\nusername = "faxstore"\n'
            'secret = "replay"\npoll_interval = 0.05\nidle_interval = 0.05\n'
            for name in servers or self._ports
        ]
        settings.write_text('data_dir = "data"\n' + "".join(blocks))
        with (self.folder / "log").open("a") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "faxstore", "--config", str(settings), "ingest", *arguments),
                stderr=log,
                env={**os.environ, "FAXSTORE_DSN": dsn, **environment},
            )

    @property
    def log(self) -> str:
        """Everything it logged."""
        return (self.folder / "log").read_text()

    @property
    def running(self) -> list[int]:
        """The process ids of the workers, in the order of their numbers unless one was restarted."""
        assert self.process is not None
        file = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return sorted(map(int, file.read_text().split())) if file.exists() else []

    async def until_running(self, count: int) -> list[int]:
        """Wait until that many workers have begun to collect; return their process ids."""
        begun = self.log.count(": servers: ") if self.process is None else 0
        await until(lambda: len(self.running) == count and self.log.count(": servers: ") >= begun + count)
        return self.running

    def send(self, number: int) -> None:
        """Send a signal to the supervisor."""
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self, within: float = 15.0) -> int:
        """Wait until it has ended; return its exit status."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), within)

    async def stop(self) -> None:
        """Stop it cleanly."""
        self.send(signal.SIGTERM)
        assert await self.ended() == 0, self.log

    async def kill_all(self) -> None:
        """Kill whatever still runs."""
        if self.process is None or self.process.returncode is not None:
            return
        for pid in [self.process.pid, *self.running]:
            os.kill(pid, signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def played(folder: Path, *recordings: str, speed: float = SPEED) -> AsyncIterator[tuple[Workers, Servers]]:
    """Play each recording as a server of the same name; yield the ingestor, which does not run yet, and the servers."""
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(ReplayServer(load(truth.path(name)), speed=speed))
            for name in recordings
        }
        workers = Workers(folder, {name: server.port for name, server in servers.items()})
        try:
            yield workers, servers
        finally:
            await workers.kill_all()


Servers = Mapping[str, ReplayServer]


async def all_played(servers: Servers) -> None:
    """Wait until all recordings have been played."""
    async with asyncio.timeout(120):
        await asyncio.gather(*(server.finished.wait() for server in servers.values()))


def is_running(pid: int) -> bool:
    """Whether a process runs, which is not a child of this one."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
