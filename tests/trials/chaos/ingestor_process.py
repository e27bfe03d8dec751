"""A real `faxstore ingest` that can be killed, stopped, halted and given a full disk."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

from tests.trials.chaos.ledger import Kill, Ledger
from tests.trials.chaos.stall import RETRIED_WITHIN, SPOOLED_WITHIN, Stall

LEAVES_WITHIN = 20.0
"""Seconds; faxstore promises 10."""

TOTAL_AFTER = 3.0
"""Seconds after which a session has a total: late rows undo many totals during a run."""

_SERIAL = re.compile(rb'"(?:List)?Serial":"(\d{8})\."')
Settings = dict[str, str | int]


class Ingestor:
    """At most one process; its output goes to `log`."""

    def __init__(self, home: Path, ledger: Ledger, dsn: str, port: int, secret: str) -> None:
        self._ledger = ledger
        self._home = home
        self._config = home / "faxstore.toml"
        self._config.touch(mode=0o600)
        self._config.write_text(_settings(home, dsn, port, secret))
        self.log = home / "ingest.log"
        self.spool = home / "data" / "spool" / "ingest.sqlite"
        self._process: asyncio.subprocess.Process | None = None
        self._copying: asyncio.Task[None] | None = None
        self._full_disk, self._halted = Stall(RETRIED_WITHIN), Stall()
        self.unclean: list[str] = []
        """Ends that were neither requested nor clean."""

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Starts it unless it runs."""
        if self.runs:
            return
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
        command = [sys.executable, "-m", "faxstore", "--config", str(self._config), "ingest"]
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            limit=2**20,
        )
        self._copying = asyncio.create_task(self._copy(process))
        self._full_disk, self._halted = Stall(RETRIED_WITHIN), Stall()  # not by a fault of the former process

    async def kill(self) -> None:
        """Kills it with -9 and reads what is on its disk."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        at = time.time()
        process.kill()
        since = min(stall.unwritten_since(at) for stall in (self._full_disk, self._halted))
        await self._ended(process)
        await self._record_kill(at, since)

    async def leave(self) -> None:
        """Sends SIGTERM; it must exit by itself with status 0."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        asked_at = time.time()
        try:
            async with asyncio.timeout(LEAVES_WITHIN):
                status = await process.wait()
        except TimeoutError:
            self.unclean.append(f"it still ran {LEAVES_WITHIN:g} s after SIGTERM")
            await self.kill()
        else:
            # before it handles signals, a signal ends it with the system's status
            if status not in (0, -signal.SIGTERM):
                self.unclean.append(f"it left with status {status} after SIGTERM")
            await self._ended(process)
            if self._full_disk.ended > asked_at:  # a full disk takes nothing at a stop either
                await self._record_kill(time.time(), self._full_disk.began - SPOOLED_WITHIN)

    def halt(self, halted: bool) -> None:
        """Halts it (SIGSTOP) and continues it (SIGCONT), as on a machine that gives it no time."""
        if self.runs and self._process is not None:
            self._process.send_signal(signal.SIGSTOP if halted else signal.SIGCONT)
        if halted:
            self._halted.begin(time.time())
        else:
            self._halted.end(time.time())

    def disk_full(self, full: bool) -> None:
        """Limits its files to 4 kB, as if the disk were full; its log goes through a pipe."""
        if self.runs and self._process is not None:
            limit = 4096 if full else resource.RLIM_INFINITY
            with suppress(ProcessLookupError):
                resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        if full:
            self._full_disk.begin(time.time())
        else:
            self._full_disk.end(time.time())

    async def check(self) -> None:
        """Records an end that was not requested and restarts it, as a service manager does."""
        process = self._process
        if process is not None and process.returncode is not None:
            self.unclean.append(f"it ended by itself with status {process.returncode}")
        await self.start()

    async def _record_kill(self, at: float, since: float) -> None:
        kill = Kill(at, since)
        self._ledger.kills.append(kill)
        kill.spooled = await asyncio.to_thread(spooled, self.spool)

    async def _ended(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        if self._copying is not None:
            await self._copying
        self._process = None

    async def _copy(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            with self.log.open("ab") as log:
                log.write(line)


def spooled(spool: Path) -> set[int]:
    """The serials in a spool that no process uses; opens a copy, so that the ingestor does the recovery."""
    if not spool.exists():
        return set()
    with tempfile.TemporaryDirectory() as folder:
        for file in spool.parent.glob(spool.name + "*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / spool.name)) as database:
            try:
                bodies = database.execute("select body from entry").fetchall()
            except sqlite3.OperationalError:
                return set()  # killed before it had created its table
    return {int(serial) for (body,) in bodies for serial in _SERIAL.findall(body)}


def _settings(home: Path, dsn: str, port: int, secret: str) -> str:
    """Writes faxstore.toml; JSON strings are valid TOML strings."""
    lines = [
        f"data_dir = {json.dumps(str(home / 'data'))}",
        f"total_after = {TOTAL_AFTER:g}",
        "[database]",
        f"dsn = {json.dumps(dsn)}",
        "[[server]]",
    ]
    server: Settings = {"name": "chaos", "host": "127.0.0.1", "port": port, "username": "faxstore", "secret": secret}
    return "\n".join([*lines, *(f"{name} = {json.dumps(value)}" for name, value in server.items()), ""])
