"""A connection or a collector at a fake server, and everything that it handed on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from faxstore.ami.collector import Collector, Patience
from faxstore.ami.connection import Connection, Limits
from faxstore.ami.poller import Pace
from faxstore.capture.message import Message, parse
from faxstore.capture.recording import Line
from faxstore.settings.values import Secret, ServerSettings
from tests.kit.fake_server import Changes, FakeServer

QUICK = Limits(connect=0.3, login=0.3, request=0.3, detail=0.15, logoff=0.1)
"""Limits for what is expected to time out; everything else has those of every day."""

SLOW: dict[str, Any] = {"poll_interval": 3600.0, "idle_interval": 3600.0}
"""Settings of a server that is polled once only, unless something wakes the collector."""

HASTY = Patience(network=(0.02, 0.05), refused=(0.02, 0.05))


class Heard:
    """Every line so far; a listener for Connection and Collector."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.changes = Changes()

    def __call__(self, line: Line) -> None:
        self.lines.append(line)
        self.changes.happened()

    def texts(self, direction: str) -> list[str]:
        """The texts of one direction, in order."""
        return [line.text for line in self.lines if line.dir == direction]

    @property
    def events(self) -> list[Message]:
        """Every incoming event that can be understood."""
        return [parse(text) for text in self.texts("in") if text.startswith("Event: ")]

    async def until(self, condition: Callable[[], object]) -> None:
        await self.changes.until(condition)

    async def until_mark(self, text: str, times: int = 1) -> None:
        """Until so many marks begin with that text."""
        await self.until(lambda: sum(mark.startswith(text) for mark in self.texts("mark")) >= times)


def settings_of(server: FakeServer, **changes: Any) -> ServerSettings:
    """As an operator would set them, polling quickly."""
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
    server: FakeServer, heard: Callable[[Line], None] | None = None, limits: Limits | None = None, **changes: Any
) -> AsyncIterator[Connection]:
    """A connection that is logged in; closed at the end."""
    connection = await Connection.open(settings_of(server, **changes), heard or Heard(), limits)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def collecting(
    server: FakeServer,
    heard: Heard,
    *,
    limits: Limits | None = None,
    pace: Pace | None = None,
    patience: Patience = HASTY,
    **changes: Any,
) -> AsyncIterator[Collector]:
    """A collector at work; stopped at the end, which must not take longer than it may."""
    collector = Collector(settings_of(server, **changes), heard, limits=limits, pace=pace, patience=patience)
    stop = asyncio.Event()
    running = asyncio.ensure_future(collector.run(stop))
    try:
        yield collector
    finally:
        stop.set()
        async with asyncio.timeout(3):
            await running


async def with_connection(scenario: Any, limits: Limits | None = None) -> Any:
    """What a scenario gives that needs a connection and its server."""
    async with FakeServer() as server, connected(server, limits=limits) as connection:
        return await scenario(connection, server)


async def heard_of(data: bytes) -> list[str]:
    """What is handed on of these bytes; the connection must live on."""
    heard = Heard()
    async with FakeServer() as server, connected(server, heard) as connection:
        before = len(heard.texts("in"))
        server.send(data)
        await connection.request("Ping")
        return heard.texts("in")[before:-1]


def polls(heard: Heard) -> list[float]:
    """When the polls began, in seconds."""
    return [line.ts for line in heard.lines if line.dir == "out" and line.text.startswith("Action: FAXSessions\r\n")]


def gaps(times: list[float]) -> list[float]:
    """The seconds between one and the next."""
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def most_unanswered(heard: Heard, action: str, last: str | None = None) -> int:
    """How many of these actions were unanswered at the worst; the event `last` ends an answer."""
    unanswered = most = 0
    for line in heard.lines:
        unanswered += line.dir == "out" and line.text.startswith(f"Action: {action}\r\n")
        unanswered -= line.dir == "in" and line.text.startswith(f"Event: {last or action}\r\n")
        most = max(most, unanswered)
    return most
