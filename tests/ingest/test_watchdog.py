"""A real `faxstore ingest` tells a real datagram socket that it is up and alive, and no more when it hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from faxstore.ingest.watchdog import STATUS_EVERY, Pulse, ServiceManager
from tests.kit.fake_server import FakeServer

NOWHERE = "host=127.0.0.1 port=9 dbname=fax user=nobody"
"""Nothing listens there: the carrier waits for its database all the time, and is alive."""
INTERVAL = 0.1
PATIENCE = 30.0
SILENCE = 2.0
"""Seconds without a word that count as silence: twenty signs of life."""

INGEST = [sys.executable, "-m", "faxstore"]

HANGING = """
import asyncio, pathlib, sys, time
from faxstore import cli, ingest, spool_writer
from faxstore.store import carrier

what, flag = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
spool_writer.LONGEST_ROUND = carrier.LONGEST_ROUND = 3.0
carrier.LONGEST_BACK_OFF = 0.5

def hang(here):
    while here == what and flag.exists():
        time.sleep(0.1)

class Writer(spool_writer.SpoolWriter):
    def flush(self):
        hang("spool")
        super().flush()

class Collector(ingest.Collector):
    async def run(self, stop):
        async def turning():
            while True:
                hang("loop")
                await asyncio.sleep(0.05)
        turn = asyncio.ensure_future(turning())
        await super().run(stop)
        turn.cancel()

def connect(dsn, give_up):
    hang("carrier")
    return connected(dsn, give_up)

connected, carrier.connect = carrier.connect, connect
ingest.SpoolWriter, ingest.Collector = Writer, Collector
cli.main()
"""
"""An ingestor of which one part hangs for as long as a file is there."""


class Told:
    """A service manager's socket, and the lines that came."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(address)
        self.lines: list[str] = []

    async def next(self, within: float) -> list[str]:
        """The lines of the next datagram.  Raises TimeoutError."""
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 4096), within)
        self.lines += data.decode().split("\n")
        return data.decode().split("\n")

    async def until(self, wanted: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = await self.next(deadline - time.monotonic())
            if found := [line for line in lines if wanted(line)]:
                return found[0]

    async def until_silent(self, of: str = "") -> None:
        """Until no line that begins so has come for a while."""
        deadline, heard = time.monotonic() + PATIENCE, time.monotonic()
        while time.monotonic() < heard + SILENCE:
            assert time.monotonic() < deadline, f"{of} goes on"
            try:
                if any(line.startswith(of) for line in await self.next(SILENCE)):
                    heard = time.monotonic()
            except TimeoutError:
                return


@asynccontextmanager
async def running(
    folder: Path, command: Sequence[str], told: Told, port: int, name: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The ingestor under that service manager; killed at the end where it still runs."""
    config = folder / "faxstore.toml"
    config.write_text(
        f'data_dir = "data"\n[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = {port}\nusername = "faxstore"\n'
    )
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            *("--config", str(config), "ingest"),
            stderr=log,
            env={
                **os.environ,
                "FAXSTORE_DSN": NOWHERE,
                "FAXSTORE_SECRET_PBX": "letmein",
                "NOTIFY_SOCKET": name,
                "WATCHDOG_USEC": str(round(2 * INTERVAL * 1e6)),
            },
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        told.socket.close()


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_it_tells_that_it_is_up_then_signs_of_life_then_that_it_stops(kind: str, tmp_path: Path) -> None:
    name = str(tmp_path / "notify") if kind == "file" else f"@faxstore-{uuid4().hex}"

    async def scenario() -> None:
        told = Told(name.replace("@", "\0"))
        async with FakeServer() as asterisk, running(tmp_path, INGEST, told, asterisk.port, name) as process:
            assert await told.next(PATIENCE) == ["READY=1"]
            await told.until(lambda line: line.startswith("STATUS=1 of 1 servers connected, 0 left"))
            await asterisk.stop()
            await told.until(lambda line: line.startswith("STATUS=0 of 1 servers connected"))
            before = told.lines.count("WATCHDOG=1")
            await told.until(lambda line: told.lines.count("WATCHDOG=1") > before + 10)
            process.send_signal(signal.SIGTERM)
            await told.until(lambda line: line == "STOPPING=1")
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
            assert "WATCHDOG=1" not in told.lines[told.lines.index("STOPPING=1") :]

    asyncio.run(scenario())


@pytest.mark.parametrize("part", ["loop", "spool", "carrier"])
def test_a_part_that_hangs_is_not_alive_and_one_that_comes_back_is(part: str, tmp_path: Path) -> None:
    name, flag = str(tmp_path / "notify"), tmp_path / "hang"
    command = [sys.executable, "-c", HANGING, part, str(flag)]

    async def scenario() -> None:
        told = Told(name)
        async with FakeServer() as asterisk, running(tmp_path, command, told, asterisk.port, name):
            await told.until(lambda line: line == "WATCHDOG=1")
            flag.touch()
            if part != "loop":
                assert await told.until(lambda line: line.startswith("STATUS=stuck")) == f"STATUS=stuck: {named[part]}"
            await told.until_silent("" if part == "loop" else "WATCHDOG=1")
            flag.unlink()
            await told.until(lambda line: line == "WATCHDOG=1")

    named = {"spool": "the spool's thread", "carrier": "the carrier's thread"}
    asyncio.run(scenario())
    log = (tmp_path / "log").read_text()
    assert log.count("CRITICAL stuck: ") == log.count("WARNING no longer stuck: ") == int(part != "loop")


def test_a_thread_that_ended_by_a_fault_is_not_alive(tmp_path: Path) -> None:
    faulty = HANGING.replace("        time.sleep(0.1)\n", "        raise RuntimeError(here)\n")
    name, flag = str(tmp_path / "notify"), tmp_path / "hang"

    async def scenario() -> None:
        told = Told(name)
        command = [sys.executable, "-c", faulty, "carrier", str(flag)]
        async with FakeServer() as asterisk, running(tmp_path, command, told, asterisk.port, name):
            await told.until(lambda line: line == "WATCHDOG=1")
            flag.touch()
            await told.until_silent("WATCHDOG=1")

    asyncio.run(scenario())
    assert "CRITICAL internal error in thread carrier" in (tmp_path / "log").read_text()


# -- without a process ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, STATUS_EVERY),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, STATUS_EVERY),
        ({"WATCHDOG_USEC": "soon"}, STATUS_EVERY),
        ({}, STATUS_EVERY),
    ],
)
def test_signs_of_life_come_at_half_of_what_the_manager_waits(environ: dict[str, str], seconds: float) -> None:
    assert ServiceManager(environ).interval == seconds


@pytest.mark.parametrize("name", ["", "/none/such", "@none", "relative", "vsock:2:9999", "/" + "x" * 200])
def test_a_manager_that_is_not_there_does_no_harm(name: str) -> None:
    ServiceManager({"NOTIFY_SOCKET": name}).tell("READY=1")


def test_a_manager_that_does_not_read_does_not_hold_anyone_up(tmp_path: Path) -> None:
    told = Told(str(tmp_path / "notify"))
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    for _ in range(5_000):
        manager.tell("WATCHDOG=1")
    told.socket.close()


def test_a_pulse_lasts_for_one_round() -> None:
    assert Pulse("it", 60.0).is_alive
    late = Pulse("it", -1.0)
    late.beat()
    assert not late.is_alive
