"""The polls over one connection, from the login to its end: what is asked, when, and what is made of a refusal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from faxstore.ami import poll_rules as poll
from faxstore.ami.connection import Connection
from faxstore.ami.errors import IncompleteListError, RefusedError, RequestError, RequestTimeoutError
from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.ami.missing_classes import Evidence
from faxstore.ami.notices import Notices
from faxstore.ami.poll_backoff import Stretch
from faxstore.ami.status_requests import ChannelQuestions
from faxstore.capture.marks import POLLED
from faxstore.capture.message import Message
from faxstore.settings.values import ServerSettings

SESSION_ENDED = "Session not found"
"""res_fax.c, manager_fax_session: a session may end between the list and the question."""

CHANNEL_GONE = "No such channel"
"""manager.c, action_status: and so may its channel."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """When things are asked beside the polls themselves, in seconds."""

    keepalive: float = 10.0
    """The longest silence of ours; after it a Ping shows whether the server is still there."""
    stats: float = 60.0
    denied: float = 30.0
    """Between polls that the user may not make."""
    last_stats: float = 0.7
    behind: float = 5.0
    """That a poll waits at most for the lines of the one before to be decoded."""


class Watch:
    """Polls over a connection that is logged in, until it is told to stop or the connection fails."""

    def __init__(
        self,
        server: ServerSettings,
        connection: Connection,
        notices: Notices,
        pace: Pace,
        channels: ChannelQuestions,
        evidence: Evidence,
    ) -> None:
        self._server = server
        self._connection = connection
        self._notices = notices
        self._pace = pace
        self._channels = channels
        channels.connected()
        self._evidence = evidence
        evidence.connected(asyncio.get_running_loop().time())
        self._wake = asyncio.Event()
        self._decoded = asyncio.Event()
        self._decoded.set()
        self._stopping = False
        self._asked: set[int] = set()
        self._stats_due = 0.0
        self._unlistable = False
        self.lag_seconds = 0.0
        """How much later than the settings want the newest poll began."""
        self.listed = False
        """Whether a list came over this connection."""
        self.denied = False
        """Whether the user may not ask for one."""

    async def run(self) -> None:
        """Poll until stop().  Raises RequestTimeoutError for a server that fell silent, DisconnectedError."""
        clock = asyncio.get_running_loop().time
        await asyncio.gather(self._ask("CoreStatus"), self._ask("CoreSettings"), self._stats())
        stretch = Stretch(self._server.name, self._server.poll_interval)
        due = clock()
        while not self._stopping:
            begun = clock()
            self.lag_seconds = max(0.0, begun - due)
            interval, soonest = await self._poll()
            least = stretch.least(clock() - begun)
            if clock() >= self._stats_due:
                await self._stats()
            waited_for = await self._pause(begun + max(interval, least), begun + max(soonest, least))
            due = min(begun + interval, waited_for)
            await self._until_decoded()

    def wake(self) -> None:
        """Poll at once: a fax begins."""
        self._wake.set()

    def decoded(self) -> None:
        """The lines of the newest poll were taken from the backlog."""
        self._decoded.set()

    def stop(self) -> None:
        """Make no further poll."""
        self._stopping = True
        self._wake.set()

    async def last_words(self) -> None:
        """FAXStats once more, where the server gives them quickly: what came since the last poll shows there."""
        try:
            async with asyncio.timeout(self._pace.last_stats):
                await self._stats()
        except (TimeoutError, RequestError):
            pass

    async def _poll(self) -> tuple[float, float]:
        """One poll: seconds from its start to when the next is due, and to the soonest that a wake-up makes it."""
        try:
            entries = poll.listed(await self._connection.request("FAXSessions"))
        except RefusedError as error:
            return self._refused(str(error))
        except IncompleteListError as error:
            self._notices.trouble("FAXSessions", "a list that is not complete is not used", str(error))
            self._connection.mark(POLLED)
            return self._server.poll_interval, self._server.poll_interval
        self._notices.fine("FAXSessions")
        if self._unlistable:
            self._unlistable, self._stats_due = False, 0.0  # FAXStats was refused with it (res_fax is loaded now)
        self.listed = True
        self._evidence.listed(entries, asyncio.get_running_loop().time())
        details = await self._details(entries)
        self._decoded.clear()
        self._connection.mark(POLLED)
        await self._statuses(entries)
        interval = poll.next_interval(entries, details, self._server.poll_interval, self._server.idle_interval)
        return interval, min(interval, poll.BAD_LINES_INTERVAL)

    def _refused(self, text: str) -> tuple[float, float]:
        """Not fatal: res_fax may be loaded later, rights may be given, and a server that shuts down hangs up."""
        self._notices.trouble("FAXSessions", text)
        self._unlistable = True
        self.denied = text == PERMISSION_DENIED
        wait = self._pace.denied if self.denied else self._server.idle_interval
        return wait, wait

    async def _details(self, entries: Sequence[poll.Listed]) -> list[Message]:
        """The FAXSession events of those that may be asked; after one that never came no more are asked."""
        numbers = poll.questions(entries, self._asked)
        self._asked = (self._asked & {entry.number for entry in entries}) | set(numbers)
        waiting = deque(numbers)
        details: list[Message] = []
        await asyncio.gather(*(self._ask_details(waiting, details) for _ in numbers[: self._connection.window]))
        return details

    async def _ask_details(self, waiting: deque[int], details: list[Message]) -> None:
        """Ask one after the other; as many of these run side by side as may be unanswered at once."""
        while waiting and not self._stopping:
            try:
                answer = await self._connection.request("FAXSession", SessionNumber=str(waiting.popleft()))
            except RefusedError as error:
                if str(error) != SESSION_ENDED:
                    self._notices.trouble("FAXSession", str(error))
            except RequestTimeoutError as error:
                self._notices.trouble("FAXSession", str(error))
                waiting.clear()
            else:
                self._notices.fine("FAXSession")
                details.append(answer[-1])

    async def _statuses(self, entries: Sequence[poll.Listed]) -> None:
        """The Status of the channels of sessions that are new: accounts and numbers, which no list tells."""
        waiting = deque(self._channels.due(entries, asyncio.get_running_loop().time()))
        side_by_side = min(len(waiting), self._connection.window)
        await asyncio.gather(*(self._ask_statuses(waiting, entries) for _ in range(side_by_side)))

    async def _ask_statuses(self, waiting: deque[str], entries: Sequence[poll.Listed]) -> None:
        while waiting and not self._stopping:
            channel = waiting.popleft()
            try:
                await self._connection.request("Status", Channel=channel)
            except RequestTimeoutError as error:
                self._notices.trouble("Status", str(error))
                self._channels.silent(channel, entries, asyncio.get_running_loop().time())
                waiting.clear()
            except (RefusedError, IncompleteListError) as error:
                if str(error) != CHANNEL_GONE:
                    self._notices.trouble("Status", str(error))
            else:
                self._notices.fine("Status")

    async def _stats(self) -> None:
        self._stats_due = asyncio.get_running_loop().time() + self._pace.stats
        await self._ask("FAXStats")

    async def _ask(self, action: str) -> None:
        """Ask what is good to have; only its refusal is told, and the next poll shows a server that is silent."""
        try:
            await self._connection.request(action)
        except (RefusedError, RequestTimeoutError) as error:
            self._notices.trouble(action, str(error))
        else:
            self._notices.fine(action)

    async def _pause(self, due: float, soonest: float) -> float:
        """Wait until due, by the event loop's clock; a wake-up makes that soonest, or now.  Gives when it was due."""
        clock = asyncio.get_running_loop().time
        while (left := due - clock()) > 0 and not self._stopping:
            if self._wake.is_set():
                due = min(due, max(soonest, clock()))
                self._wake.clear()
                continue
            try:
                async with asyncio.timeout(min(left, self._pace.keepalive)):
                    await self._wake.wait()
            except TimeoutError:
                if due > clock():
                    await self._ping()
        return due

    async def _until_decoded(self) -> None:
        """More answers would only wait behind those that wait already, and take the time that decoding needs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.behind):
                await self._decoded.wait()

    async def _ping(self) -> None:
        with suppress(RefusedError):  # an answer all the same
            await self._connection.request("Ping")
