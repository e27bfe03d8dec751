"""One server, watched for ever: connect, poll, and when the connection is lost do it again.

on_line gets the lines of every connection, as a recording would hold them, but for messages that idle matches.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from faxstore.ami import poll_rules as poll
from faxstore.ami.backlog import Backlog
from faxstore.ami.backoff import Backoff
from faxstore.ami.connection import Connection, Limits
from faxstore.ami.errors import ConnectError, LoginRefusedError, RequestError
from faxstore.ami.missing_classes import Evidence
from faxstore.ami.notices import Notices
from faxstore.ami.poller import Pace, Watch
from faxstore.ami.status_requests import ChannelQuestions
from faxstore.capture.marks import POLLED
from faxstore.capture.message import MalformedMessageError, parse
from faxstore.capture.recording import Line
from faxstore.logs import CURRENT_SERVER
from faxstore.settings.values import ServerSettings

log = logging.getLogger("faxstore.ami")

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How a collector treats a server that is not there, in seconds."""

    network: tuple[float, float] = (1.0, 30.0)
    """First and longest delay between tries, halved at random."""
    refused: tuple[float, float] = (5.0, 300.0)
    """The same for a login that was refused, without chance: a server may block who tries too often."""
    last_poll: float = 0.5
    """How long a poll may still take when the collector is stopped."""


class Collector:
    """Watches one server; several run side by side in one event loop."""

    def __init__(
        self,
        server: ServerSettings,
        on_line: Callable[[Line], None],
        *,
        idle: re.Pattern[bytes] | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._server = server
        self._on_line = on_line
        self._idle = idle
        self._backlog = Backlog(server.name, self._heard)
        self._limits = limits or Limits()
        self._pace = pace or Pace()
        self._patience = patience or Patience()
        self._notices = Notices(server.name)
        self._channels = ChannelQuestions()
        self._evidence = Evidence(server.name)
        self._network = Backoff(*self._patience.network, jitter=True)
        self._refused = Backoff(*self._patience.refused, jitter=False)
        self._watch: Watch | None = None

    @property
    def connected(self) -> bool:
        """Whether the server is connected and the login was accepted."""
        return self._watch is not None

    @property
    def lag_seconds(self) -> float:
        """How much later than the settings want the newest poll began; 0 while there is no connection."""
        return self._watch.lag_seconds if self._watch else 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until stop is set, then take leave of the server within 3 seconds; or until cancelled."""
        CURRENT_SERVER.set(self._server.name)
        try:
            await self._watch_until(stop)
            await self._backlog.drained()
        finally:
            self._backlog.flush()

    async def _watch_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                connection = await self._open(stop)
            except LoginRefusedError as error:
                self._notices.login_refused(error.reason)
                delay = self._refused.next()
            except ConnectError as error:
                self._notices.unreachable(error.reason)
                delay = self._network.next()
            else:
                if connection is not None:
                    await self._connected(connection, stop)
                delay = self._network.next()
            await _unless(stop, asyncio.ensure_future(asyncio.sleep(delay)))

    async def _open(self, stop: asyncio.Event) -> Connection | None:
        opening = asyncio.ensure_future(Connection.open(self._server, self._backlog.put, self._limits, self._idle))
        try:
            return await _unless(stop, opening)
        except asyncio.CancelledError:
            if not opening.cancelled() and opening.exception() is None:
                opening.result().abort("faxstore was stopped")
            raise

    async def _connected(self, connection: Connection, stop: asyncio.Event) -> None:
        self._notices.connected(connection.version)
        self._watch = watch = Watch(self._server, connection, self._notices, self._pace, self._channels, self._evidence)
        try:
            await self._watched(watch, connection, stop)
        finally:
            self._watch = None
            connection.abort("faxstore was stopped")
        if watch.listed or watch.denied:
            self._network.reset()
            self._refused.reset()
        if not stop.is_set():
            self._notices.lost(connection.lost.result())

    async def _watched(self, watch: Watch, connection: Connection, stop: asyncio.Event) -> None:
        """Until the connection is lost or stop is set; the polls end with it."""
        polls = asyncio.ensure_future(watch.run())
        stopped = asyncio.ensure_future(stop.wait())
        try:
            awaited: set[asyncio.Future[Any]] = {polls, stopped, connection.lost}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                watch.stop()
                await asyncio.wait({polls}, timeout=self._patience.last_poll)
        finally:
            polls.cancel()
            stopped.cancel()
            (failure, _) = await asyncio.gather(polls, stopped, return_exceptions=True)
        if isinstance(failure, RequestError):
            connection.abort(str(failure))
        elif isinstance(failure, Exception):
            log.error("%s: the polls failed; connecting anew", self._server.name, exc_info=failure)
            connection.abort(f"faxstore failed: {type(failure).__name__}")
        if stop.is_set():
            await watch.last_words()
            await connection.close()

    def _heard(self, line: Line) -> None:
        if line.dir == "in":
            self._evidence.heard(line.text)
        if self._watch and line.dir == "in" and poll.WAKING_STATUS in line.text:
            self._wake(line.text)
        self._on_line(line)
        if self._watch and line.dir == "mark" and line.text == POLLED:
            self._watch.decoded()

    def _wake(self, text: str) -> None:
        try:
            event = parse(text)
        except MalformedMessageError:
            return
        if self._watch and poll.wakes(event):
            self._watch.wake()


async def _unless(stop: asyncio.Event, work: asyncio.Future[Result]) -> Result | None:
    """The result of the work; None where stop was set before it was done, and the work is cancelled."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        awaited: set[asyncio.Future[Any]] = {work, stopped}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        work.cancel()
        stopped.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
