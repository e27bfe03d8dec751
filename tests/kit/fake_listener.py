"""Connections and collectors at a fake server, and a listener that records their lines."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from faxstore.ami.collector import Collector, RetryDelays
from faxstore.ami.connection import Connection, Limits
from faxstore.ami.poller import PollTimings
from faxstore.capture.message import Message, parse
from faxstore.capture.recording import Line
from faxstore.settings.values import Secret, ServerSettings
from tests.kit.fake_server import Changes, FakeServer

SHORT_LIMITS = Limits(connect=0.3, login=0.3, request=0.3, detail=0.15, logoff=0.1)
"""Limits for requests that are expected to time out; other tests use the defaults."""

RARE_POLLS: dict[str, Any] = {"poll_interval": 3600.0, "idle_interval": 3600.0}
"""Settings with which a server is polled only once, unless an event wakes the poller."""

SHORT_DELAYS = RetryDelays(network=(0.02, 0.05), refused_login=(0.02, 0.05))


class FakeListener:
    """An on_line callback that records every line."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.changes = Changes()

    def __call__(self, line: Line) -> None:
        self.lines.append(line)
        self.changes.notify()

    def texts(self, direction: str) -> list[str]:
        """Return the texts of one direction, in order."""
        return [line.text for line in self.lines if line.dir == direction]

    @property
    def events(self) -> list[Message]:
        """The incoming events."""
        return [parse(text) for text in self.texts("in") if text.startswith("Event: ")]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition is true."""
        await self.changes.until(condition)

    async def until_mark(self, text: str, times: int = 1) -> None:
        """Wait until that many marks begin with the text."""
        await self.until(lambda: sum(mark.startswith(text) for mark in self.texts("mark")) >= times)


class HasPort(Protocol):
    """A server on 127.0.0.1."""

    port: int


def settings_of(server: HasPort, **changes: Any) -> ServerSettings:
    """Return settings for a played or fake server, with short poll intervals."""
    given: dict[str, Any] = {
        "name": "pbx1",
        "host": "127.0.0.1",
        "port": server.port,
        "username": "faxstore",
        "secret": Secret("letmein"),
        "poll_interval": 0.05,
        "idle_interval": 0.05,
    }
    return ServerSettings(**(given | changes))


@asynccontextmanager
async def connected(
    server: FakeServer, listener: Callable[[Line], None] | None = None, limits: Limits | None = None, **changes: Any
) -> AsyncIterator[Connection]:
    """Open a connection; close it at the end."""
    connection = await Connection.open(settings_of(server, **changes), listener or FakeListener(), limits)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def collecting(
    server: HasPort,
    listener: FakeListener,
    *,
    limits: Limits | None = None,
    timings: PollTimings | None = None,
    retry_delays: RetryDelays = SHORT_DELAYS,
    **changes: Any,
) -> AsyncIterator[Collector]:
    """Run a collector; stop it at the end, within three seconds."""
    settings = settings_of(server, **changes)
    collector = Collector(settings, listener, limits=limits, timings=timings, retry_delays=retry_delays)
    stop = asyncio.Event()
    running = asyncio.ensure_future(collector.run(stop))
    try:
        yield collector
    finally:
        stop.set()
        async with asyncio.timeout(3):
            await running


async def with_connection(scenario: Any, limits: Limits | None = None) -> Any:
    """Return the result of a scenario that needs a connection and its server."""
    async with FakeServer() as server, connected(server, limits=limits) as connection:
        return await scenario(connection, server)


async def lines_for(data: bytes) -> list[str]:
    """Send bytes and return the texts of their lines; the connection must survive."""
    listener = FakeListener()
    async with FakeServer() as server, connected(server, listener) as connection:
        before = len(listener.texts("in"))
        server.send(data)
        await connection.request("Ping")
        return listener.texts("in")[before:-1]


def polls(listener: FakeListener) -> list[float]:
    """Return when the polls began, in seconds."""
    return [line.ts for line in listener.lines if line.dir == "out" and line.text.startswith("Action: FAXSessions\r\n")]


def gaps(times: list[float]) -> list[float]:
    """Return the seconds between consecutive times."""
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def max_unanswered(listener: FakeListener, action: str, last: str | None = None) -> int:
    """Return the maximum number of these actions that were unanswered at once; the event `last` ends an answer."""
    unanswered = most = 0
    for line in listener.lines:
        unanswered += line.dir == "out" and line.text.startswith(f"Action: {action}\r\n")
        unanswered -= line.dir == "in" and line.text.startswith(f"Event: {last or action}\r\n")
        most = max(most, unanswered)
    return most
