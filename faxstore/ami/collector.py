"""The collector: keeps one server connected and polled until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from faxstore.ami import poll_rules
from faxstore.ami.backlog import Backlog
from faxstore.ami.backoff import Backoff
from faxstore.ami.connection import Connection, Limits
from faxstore.ami.errors import ConnectError, LoginRefusedError, NotConnectedError, RequestError
from faxstore.ami.missing_classes import MissingClasses
from faxstore.ami.notices import Notices
from faxstore.ami.poll_figures import PollFigures
from faxstore.ami.poller import Poller, PollTimings
from faxstore.ami.status_requests import StatusRequests
from faxstore.capture.marks import POLLED
from faxstore.capture.recording import Line
from faxstore.logs import CURRENT_SERVER
from faxstore.settings.values import ServerSettings

log = logging.getLogger("faxstore.ami")

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class RetryDelays:
    """The first and the longest delay between attempts to connect, in seconds."""

    network: tuple[float, float] = (1.0, 30.0)
    """After a failed or lost connection; each delay is reduced at random by up to half."""
    refused_login: tuple[float, float] = (5.0, 300.0)
    """After a refused login, without jitter: a server may block an address after frequent attempts."""


class Collector:
    """Watches one server; several collectors run in one event loop.

    on_line is called with every line of every connection, as a recording contains them.  Messages that ignore matches
    are skipped.  The first attempt to connect comes after start_delay seconds: collectors of one process that start
    at different moments also poll at different moments.
    """

    def __init__(
        self,
        server: ServerSettings,
        on_line: Callable[[Line], None],
        *,
        ignore: re.Pattern[bytes] | None = None,
        limits: Limits | None = None,
        timings: PollTimings | None = None,
        retry_delays: RetryDelays | None = None,
        figures: PollFigures | None = None,
        start_delay: float = 0.0,
    ) -> None:
        self._server = server
        self._start_delay = start_delay
        self._on_line = on_line
        self._ignore = ignore
        self._backlog = Backlog(server.name, self._process)
        self._limits = limits or Limits()
        self._timings = timings or PollTimings()
        delays = retry_delays or RetryDelays()
        self._network = Backoff(*delays.network, jitter=True)
        self._refused_login = Backoff(*delays.refused_login, jitter=False)
        self._notices = Notices(server.name)
        self._figures = figures or PollFigures()
        self._status_requests = StatusRequests()
        self._missing_classes = MissingClasses(server.name)
        self._poller: Poller | None = None
        self.was_connected = False
        """Whether the server has accepted a login so far."""
        self.failure: NotConnectedError | None = None
        """Why the newest failed attempt to connect failed; None if no attempt failed so far."""
        self.gives_up: Callable[[], bool] = lambda: False
        """Called after each refused login: whether run() ends instead of retrying."""

    @property
    def connected(self) -> bool:
        """Whether the server is connected and accepted the login."""
        return self._poller is not None

    @property
    def lag_seconds(self) -> float:
        """How much later than due the newest poll began; 0 without a connection."""
        return self._poller.lag_seconds if self._poller else 0.0

    @property
    def polls_per_second(self) -> float:
        """The rate of polls over the last minute; 0 without a connection, and before its second poll."""
        return self._poller.rate.per_second if self._poller else 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Watch the server until stop is set, a refused login makes it give up, or the task is cancelled.

        After stop, it logs off within 3 seconds.
        """
        CURRENT_SERVER.set(self._server.name)
        try:
            await _unless_stopped(stop, asyncio.ensure_future(asyncio.sleep(self._start_delay)))
            await self._watch(stop)
            await self._backlog.drain()
        finally:
            self._backlog.flush()

    async def _watch(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                connection = await self._open(stop)
            except LoginRefusedError as error:
                self.failure = error
                if self.gives_up():
                    return
                self._notices.login_refused(error.reason)
                delay = self._refused_login.next()
            except ConnectError as error:
                self.failure = error
                self._notices.cannot_connect(error.reason)
                delay = self._network.next()
            else:
                if connection is not None:
                    await self._use(connection, stop)
                delay = self._network.next()
            await _unless_stopped(stop, asyncio.ensure_future(asyncio.sleep(delay)))

    async def _open(self, stop: asyncio.Event) -> Connection | None:
        opening = asyncio.ensure_future(Connection.open(self._server, self._backlog.put, self._limits, self._ignore))
        try:
            return await _unless_stopped(stop, opening)
        except asyncio.CancelledError:
            if not opening.cancelled() and opening.exception() is None:
                opening.result().abort("faxstore was stopped")
            raise

    async def _use(self, connection: Connection, stop: asyncio.Event) -> None:
        """Poll over a connection until it is lost or stop is set."""
        self._notices.connected(connection.version)
        self.was_connected = True
        self._figures.connected()
        self._poller = poller = Poller(
            *(self._server, connection, self._notices, self._timings),
            *(self._status_requests, self._missing_classes, self._figures),
        )
        try:
            await self._poll(poller, connection, stop)
        finally:
            self._poller = None
            self._figures.disconnected()
            connection.abort("faxstore was stopped")
        if poller.has_list or poller.denied:
            self._network.reset()
            self._refused_login.reset()
        if not stop.is_set():
            self._notices.lost(connection.lost.result())

    async def _poll(self, poller: Poller, connection: Connection, stop: asyncio.Event) -> None:
        polling = asyncio.ensure_future(poller.run())
        stopped = asyncio.ensure_future(stop.wait())
        try:
            awaited: set[asyncio.Future[Any]] = {polling, stopped, connection.lost}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                poller.stop()
                await asyncio.wait({polling}, timeout=self._timings.final_poll)
        finally:
            polling.cancel()
            stopped.cancel()
            (failure, _) = await asyncio.gather(polling, stopped, return_exceptions=True)
        if isinstance(failure, RequestError):
            self._figures.poll_failed()
            connection.abort(str(failure))
        elif isinstance(failure, Exception):
            log.error("%s: polling failed; reconnecting", self._server.name, exc_info=failure)
            connection.abort(f"faxstore failed: {type(failure).__name__}")
        if stop.is_set():
            await poller.final_stats()
            await connection.close()

    def _process(self, line: Line) -> None:
        """Pass a line from the backlog on; the poller looks at some of them."""
        if line.dir == "in":
            self._missing_classes.observe(line.text)
            if self._poller and poll_rules.starts_fax(line.text):
                self._poller.wake()
        self._on_line(line)
        if self._poller and line.dir == "mark" and line.text == POLLED:
            self._poller.decoded()


async def _unless_stopped(stop: asyncio.Event, work: asyncio.Future[Result]) -> Result | None:
    """Return the result of the work; if stop is set first, cancel the work and return None."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        awaited: set[asyncio.Future[Any]] = {work, stopped}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        work.cancel()
        stopped.cancel()
        await asyncio.gather(work, stopped, return_exceptions=True)
