"""The poller: sends the requests of one connection, from the login to its end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from faxstore.ami import poll_rules
from faxstore.ami.backoff import PollBackoff
from faxstore.ami.batch import Batch, Outcome
from faxstore.ami.connection import Connection
from faxstore.ami.errors import IncompleteListError, RefusedError, RequestError, RequestTimeoutError
from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.ami.missing_classes import MissingClasses
from faxstore.ami.notices import Notices
from faxstore.ami.poll_figures import PollFigures
from faxstore.ami.poll_rules import ListedSession
from faxstore.ami.poll_schedule import PollRate, next_due
from faxstore.ami.status_requests import StatusRequests
from faxstore.capture.marks import POLLED
from faxstore.capture.message import Message
from faxstore.settings.values import ServerSettings

SESSION_ENDED = "Session not found"
"""res_fax.c, manager_fax_session: a session may end between the list and the query."""

CHANNEL_GONE = "No such channel"
"""manager.c, action_status: a channel may end between the list and the query."""


@dataclass(frozen=True, kw_only=True)
class PollTimings:
    """Times in seconds, in addition to the poll intervals of the settings."""

    keepalive: float = 10.0
    """The longest time without a request; then a Ping shows whether the server still answers."""
    stats: float = 60.0
    """Between two FAXStats."""
    denied: float = 30.0
    """Between polls for which the user lacks the class."""
    decode_wait: float = 5.0
    """The longest time that a poll waits until the lines of the previous one are decoded."""
    final_poll: float = 0.5
    """The time that a poll under way has when the collector is stopped."""
    final_stats: float = 0.7
    """The time that the last FAXStats has when the collector is stopped."""


class Poller:
    """Polls over a connection that is logged in, until stop() or a failure of the connection."""

    def __init__(
        self,
        server: ServerSettings,
        connection: Connection,
        notices: Notices,
        timings: PollTimings,
        status_requests: StatusRequests,
        missing_classes: MissingClasses,
        figures: PollFigures,
    ) -> None:
        self._server = server
        self._connection = connection
        self._notices = notices
        self._timings = timings
        self._status_requests = status_requests
        status_requests.connected()
        self._figures = figures
        self._missing_classes = missing_classes
        missing_classes.connected(_now())
        self._woken = asyncio.Event()
        self._decoded = asyncio.Event()
        self._decoded.set()
        self._stopping = False
        self._queried: dict[int, float] = {}
        """When each listed session was queried last."""
        self._stats_due = 0.0
        self._list_refused = False
        self._batch: Batch | None = None
        """The requests of the poll under way."""
        self.rate = PollRate()
        self.lag_seconds = 0.0
        """How much later than due the newest poll began."""
        self.has_list = False
        """Whether a list was received over this connection."""
        self.denied = False
        """Whether the user lacks the class for lists."""

    async def run(self) -> None:
        """Poll until stop().  Raises RequestTimeoutError if the server stops answering, and DisconnectedError."""
        await asyncio.gather(self._request("CoreStatus"), self._request("CoreSettings"), self._stats())
        backoff = PollBackoff(self._server.name, self._server.poll_interval)
        due = planned = _now()
        while not self._stopping:
            began, answered = _now(), self._connection.answer_seconds
            self.rate.count(began)
            self.lag_seconds = max(0.0, began - min(planned, due))
            interval, soonest = await self._poll()
            earliest = began + backoff.min_interval(self._connection.answer_seconds - answered)
            if _now() >= self._stats_due:
                await self._stats()
            planned = next_due(due, interval, began)
            due = await self._pause(max(planned, earliest), max(began + soonest, earliest))
            await self._until_decoded()

    def wake(self) -> None:
        """Poll at once, because a fax begins."""
        self._woken.set()

    def decoded(self) -> None:
        """Note that the lines of the newest poll left the backlog."""
        self._decoded.set()

    def stop(self) -> None:
        """Begin no further poll, and send no further request of the poll under way."""
        self._stopping = True
        if self._batch is not None:
            self._batch.send_no_more()
        self._woken.set()

    async def final_stats(self) -> None:
        """Request FAXStats once more: its counters include the faxes since the last poll."""
        with suppress(TimeoutError, RequestError):
            async with asyncio.timeout(self._timings.final_stats):
                await self._stats()

    async def _poll(self) -> tuple[float, float]:
        """Poll once; return the seconds from its start to the next poll, and to the soonest one after a wake()."""
        began = _now()
        try:
            sessions = poll_rules.parse_list(await self._connection.request("FAXSessions"))
        except RefusedError as error:
            return self._refused(str(error))
        except IncompleteListError as error:
            self._figures.poll_failed()
            self._notices.failed("FAXSessions", "an incomplete list is not used", str(error))
            self._connection.mark(POLLED)
            return self._server.poll_interval, self._server.poll_interval
        self._notices.succeeded("FAXSessions")
        if self._list_refused:
            self._list_refused, self._stats_due = False, 0.0  # FAXStats was refused too (res_fax is loaded now)
        self.has_list = True
        self._missing_classes.observe_list(sessions, _now())
        details = await self._details(sessions, began + poll_rules.LIST_IS_FRESH)
        self._figures.polled(_now(), _now() - began, poll_rules.count_faxes(sessions))
        self._decoded.clear()
        self._connection.mark(POLLED)
        await self._statuses(sessions)
        interval = poll_rules.next_interval(sessions, details, self._server.poll_interval, self._server.idle_interval)
        return interval, min(interval, poll_rules.WAKE_INTERVAL)

    def _refused(self, text: str) -> tuple[float, float]:
        """Continue after a refused list: res_fax may be loaded later, or rights granted; a shutdown disconnects."""
        self._figures.poll_failed()
        self._notices.failed("FAXSessions", text)
        self._list_refused = True
        self.denied = text == PERMISSION_DENIED
        wait = self._timings.denied if self.denied else self._server.idle_interval
        return wait, wait

    async def _details(self, sessions: Sequence[ListedSession], until: float) -> list[Message]:
        """Return the FAXSession events of the sessions that may be queried, as far as that is possible in time."""
        numbers = poll_rules.sessions_to_query(sessions, self._queried)
        outcomes = await self._each("FAXSession", "SessionNumber", map(str, numbers), SESSION_ENDED, until)
        listed, now = {session.number for session in sessions}, _now()
        self._queried = {number: at for number, at in self._queried.items() if number in listed}
        self._queried |= {int(number): now for number, _ in outcomes}
        return [answer[-1] for _, answer in outcomes if isinstance(answer, list)]

    async def _statuses(self, sessions: Sequence[ListedSession]) -> None:
        """Query the channels of new sessions; the reader gets accounts and numbers from the answers."""
        channels = self._status_requests.due(sessions, _now())
        for channel, outcome in await self._each("Status", "Channel", channels, CHANNEL_GONE):
            if isinstance(outcome, RequestTimeoutError):
                self._status_requests.timed_out(channel, sessions, _now())

    async def _each(
        self, action: str, header: str, values: Iterable[str], harmless_refusal: str, until: float = math.inf
    ) -> list[tuple[str, Outcome]]:
        """Request an action for each value of a header, until a moment (event loop time); return the outcomes."""
        self._batch = batch = self._connection.batch(action, header, values, until)
        if self._stopping:
            batch.send_no_more()
        try:
            outcomes = await self._connection.run(batch)
        finally:
            self._batch = None
        for _, outcome in outcomes:
            if isinstance(outcome, list):
                self._notices.succeeded(action)
            elif str(outcome) != harmless_refusal:
                self._notices.failed(action, str(outcome))
        return outcomes

    async def _stats(self) -> None:
        self._stats_due = _now() + self._timings.stats
        await self._request("FAXStats")

    async def _request(self, action: str) -> None:
        """Send an action that polling does not depend on: a refusal or timeout is only logged."""
        try:
            await self._connection.request(action)
        except (RefusedError, RequestTimeoutError) as error:
            self._notices.failed(action, str(error))
        else:
            self._notices.succeeded(action)

    async def _pause(self, due: float, soonest: float) -> float:
        """Wait until due (event loop time), or after a wake() until soonest; return the time waited for."""
        while (left := due - _now()) > 0 and not self._stopping:
            if self._woken.is_set():
                due = min(due, max(soonest, _now()))
                self._woken.clear()
                continue
            try:
                async with asyncio.timeout(min(left, self._timings.keepalive)):
                    await self._woken.wait()
            except TimeoutError:
                if due > _now():
                    await self._ping()
        return due

    async def _until_decoded(self) -> None:
        """Wait for the decoder: further answers would only lengthen the backlog and take time from decoding."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timings.decode_wait):
                await self._decoded.wait()

    async def _ping(self) -> None:
        with suppress(RefusedError):  # a refusal is an answer too
            await self._connection.request("Ping")


def _now() -> float:
    """Return the event loop's time in seconds."""
    return asyncio.get_running_loop().time()
