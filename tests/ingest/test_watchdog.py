"""A real `faxstore ingest` notifies a real datagram socket that it is up and alive, and stops when a part hangs."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from faxstore.ingest.watchdog import STATUS_EVERY, Heartbeat, ServiceManager, Status
from tests.kit.fake_server import FakeServer

NOWHERE = "host=127.0.0.1 port=9 dbname=fax user=nobody"
"""A DSN where nothing listens: the carrier retries all the time, and is alive."""
INTERVAL = 0.1
PATIENCE = 30.0
SILENCE = 2.0
"""Seconds without a notification that count as silence: twenty intervals."""

INGEST = [sys.executable, "-m", "faxstore"]

HANGING = """
import asyncio, pathlib, sys, time
from faxstore import cli
from faxstore.ingest import carrier, service, spool_writer

part, flag = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
spool_writer.LONGEST_ROUND = carrier.LONGEST_ROUND = 3.0
carrier.LONGEST_BACK_OFF = 0.5

def hang(here):
    while here == part and flag.exists():
        time.sleep(0.1)

class Writer(spool_writer.SpoolWriter):
    def flush(self):
        hang("spool")
        super().flush()

class Collector(service.Collector):
    async def run(self, stop):
        async def run_loop():
            while True:
                hang("loop")
                await asyncio.sleep(0.05)
        looping = asyncio.ensure_future(run_loop())
        await super().run(stop)
        looping.cancel()

def connect(dsn, should_stop):
    hang("carrier")
    return connected(dsn, should_stop)

connected, carrier.connect = carrier.connect, connect
service.SpoolWriter, service.Collector = Writer, Collector
cli.main()
"""
"""An ingestor in which one part hangs while a file exists."""


class Notifications:
    """A service manager's socket, and the lines that arrived."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(address)
        self.lines: list[str] = []

    async def next(self, within: float) -> list[str]:
        """Return the lines of the next datagram.  Raises TimeoutError."""
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 4096), within)
        self.lines += data.decode().split("\n")
        return data.decode().split("\n")

    async def until(self, wanted: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = await self.next(deadline - time.monotonic())
            if found := [line for line in lines if wanted(line)]:
                return found[0]

    async def until_silent(self, prefix: str = "") -> None:
        """Wait until no line with this prefix has arrived for SILENCE seconds."""
        deadline, heard = time.monotonic() + PATIENCE, time.monotonic()
        while time.monotonic() < heard + SILENCE:
            assert time.monotonic() < deadline, f"{prefix} goes on"
            try:
                if any(line.startswith(prefix) for line in await self.next(SILENCE)):
                    heard = time.monotonic()
            except TimeoutError:
                return


@asynccontextmanager
async def running(
    folder: Path, command: Sequence[str], notifications: Notifications, port: int, name: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The ingestor under that service manager; killed at the end if it still runs."""
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
        notifications.socket.close()


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_it_notifies_that_it_is_up_then_alive_then_stopping(kind: str, tmp_path: Path) -> None:
    name = str(tmp_path / "notify") if kind == "file" else f"@faxstore-{uuid4().hex}"

    async def scenario() -> None:
        notifications = Notifications(name.replace("@", "\0"))
        async with FakeServer() as asterisk, running(tmp_path, INGEST, notifications, asterisk.port, name) as process:
            assert await notifications.next(PATIENCE) == ["READY=1"]
            status = (
                r"STATUS=1 of 1 servers connected, 0\.\d\d polls per second \(at least 0\.\d\d: pbx\), standby for 0"
            )
            await notifications.until(lambda line: re.fullmatch(status, line) is not None)
            await asterisk.stop()
            await notifications.until(lambda line: line.startswith("STATUS=0 of 1 servers connected"))
            before = notifications.lines.count("WATCHDOG=1")
            await notifications.until(lambda line: notifications.lines.count("WATCHDOG=1") > before + 10)
            process.send_signal(signal.SIGTERM)
            await notifications.until(lambda line: line == "STOPPING=1")
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
            assert "WATCHDOG=1" not in notifications.lines[notifications.lines.index("STOPPING=1") :]

    asyncio.run(scenario())


@pytest.mark.parametrize("part", ["loop", "spool", "carrier"])
def test_notifications_stop_while_a_part_hangs(part: str, tmp_path: Path) -> None:
    name, flag = str(tmp_path / "notify"), tmp_path / "hang"
    command = [sys.executable, "-c", HANGING, part, str(flag)]

    async def scenario() -> None:
        notifications = Notifications(name)
        async with FakeServer() as asterisk, running(tmp_path, command, notifications, asterisk.port, name):
            await notifications.until(lambda line: line == "WATCHDOG=1")
            flag.touch()
            if part != "loop":
                stuck = await notifications.until(lambda line: line.startswith("STATUS=stuck"))
                assert stuck == f"STATUS=stuck: {part} thread"
            await notifications.until_silent("" if part == "loop" else "WATCHDOG=1")
            flag.unlink()
            await notifications.until(lambda line: line == "WATCHDOG=1")

    asyncio.run(scenario())
    log = (tmp_path / "log").read_text()
    assert log.count("CRITICAL stuck: ") == log.count("WARNING no longer stuck: ") == int(part != "loop")


def test_notifications_stop_after_a_thread_failed(tmp_path: Path) -> None:
    failing = HANGING.replace("        time.sleep(0.1)\n", "        raise RuntimeError(here)\n")
    name, flag = str(tmp_path / "notify"), tmp_path / "hang"

    async def scenario() -> None:
        notifications = Notifications(name)
        command = [sys.executable, "-c", failing, "carrier", str(flag)]
        async with FakeServer() as asterisk, running(tmp_path, command, notifications, asterisk.port, name):
            await notifications.until(lambda line: line == "WATCHDOG=1")
            flag.touch()
            await notifications.until_silent("WATCHDOG=1")

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
def test_the_interval_is_half_of_the_watchdog_timeout(environ: dict[str, str], seconds: float) -> None:
    assert ServiceManager(environ).interval == seconds


@pytest.mark.parametrize("name", ["", "/none/such", "@none", "relative", "vsock:2:9999", "/" + "x" * 200])
def test_an_absent_service_manager_does_no_harm(name: str) -> None:
    ServiceManager({"NOTIFY_SOCKET": name}).notify("READY=1")


def test_a_service_manager_that_does_not_read_never_blocks(tmp_path: Path) -> None:
    notifications = Notifications(str(tmp_path / "notify"))
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    for _ in range(5_000):
        manager.notify("WATCHDOG=1")
    notifications.socket.close()


def test_a_heartbeat_is_valid_for_one_round() -> None:
    assert Heartbeat("it", 60.0).is_alive
    late = Heartbeat("it", -1.0)
    late.beat()
    assert not late.is_alive


def test_the_status_of_all_workers_names_the_server_that_is_polled_least() -> None:
    parts = [Status(2, 0, {"pbx1": 1.0, "pbx3": 0.8}), Status(2, 1, {"pbx2": 0.6}), Status(1, 0, {})]
    expected = "3 of 5 servers connected, 0.80 polls per second (at least 0.60: pbx2), standby for 1"
    assert str(Status.sum(parts)) == expected
    assert str(Status(2, 0, {})) == "0 of 2 servers connected, standby for 0"
