"""Keeps the leases of one ingestor's servers for as long as it runs, and so says whose turn it is at each.

Nothing here waits for the database longer than a moment: whoever cannot know watches.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import psycopg

from faxstore.ami.backoff import Backoff
from faxstore.errors import one_line
from faxstore.ingest.leadership import Turn
from faxstore.store.lease import LEASE, Held

log = logging.getLogger(__name__)

RENEW = 2.0
"""Seconds between two questions: two may fail before the lease runs out."""

ANSWER = 1.5
"""Seconds that an answer may take; a start waits no longer for it."""

LONGEST_BACK_OFF = 5.0
"""Between two tries to reach a database that does not answer."""

FAREWELL = 0.5


class Asking(Protocol):
    """The leases of one ingestor."""

    async def hold(self, servers: Sequence[str]) -> list[Held]:
        """Asks for the lease of each server."""

    async def give_up(self, servers: Sequence[str]) -> None:
        """Lets another have them."""


class Keeper:
    """Asks for the leases again and again, and tells the turns what was said."""

    def __init__(self, servers: Sequence[str], leases: Asking) -> None:
        self.turns = {server: Turn(server) for server in servers}
        self._leases = leases
        self._back_off = Backoff(RENEW, LONGEST_BACK_OFF, jitter=False)
        self._unknown_from = 0.0
        self._said_unknown = False
        self._left_alone: set[asyncio.Task[list[Held]]] = set()
        self._stopping = asyncio.Event()

    @property
    def stood_by(self) -> int:
        """How many servers another ingestor watches, as far as is known."""
        return sum(turn.stands_by for turn in self.turns.values())

    async def run(self) -> None:
        """Until stop(); a question that is being asked then is not broken off."""
        while not self._stopping.is_set():
            delay = await self._ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()

    def stop(self) -> None:
        """Every turn ends, and none begins."""
        self._stopping.set()
        for turn in self.turns.values():
            turn.stop()

    async def leave(self) -> None:
        """The others need not wait until the leases run out."""
        with suppress(psycopg.Error, OSError, TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await self._leases.give_up(list(self.turns))

    async def _ask(self) -> float:
        """Asks once; seconds until the next question."""
        asking = asyncio.create_task(self._leases.hold(list(self.turns)))
        try:
            await asyncio.wait({asking}, timeout=ANSWER)
        finally:
            self._leave_alone(asking)
        if not asking.done():
            return self._not_told(f"no answer within {ANSWER:g} s")
        try:
            return self._told(asking.result())
        except Exception as error:  # whatever it is: nothing is known
            return self._not_told(one_line(error))

    def _leave_alone(self, asking: asyncio.Task[list[Held]]) -> None:
        """A question that was not answered ends when it can: its network may be the very thing that hangs."""
        if not asking.done():
            asking.cancel()
            self._left_alone.add(asking)
            asking.add_done_callback(self._ended)

    def _ended(self, asking: asyncio.Task[list[Held]]) -> None:
        self._left_alone.discard(asking)
        if not asking.cancelled():
            asking.exception()  # of no interest any more

    def _told(self, answer: Sequence[Held]) -> float:
        now = _clock()()
        self._unknown_from = now + LEASE
        self._back_off.reset()
        if self._said_unknown:
            log.info("the database says again which ingestor watches")
        self._said_unknown = False
        for held in answer:
            self.turns[held.server].told(held, now)
        return self._soonest(RENEW, now)

    def _not_told(self, reason: str) -> float:
        now = _clock()()
        for turn in self.turns.values():
            turn.not_told(now)
        if now >= self._unknown_from and not self._said_unknown:
            log.warning("the database does not say whether another ingestor watches (%s); watching", reason)
            self._said_unknown = True
        return self._soonest(self._back_off.next(), now)

    def _soonest(self, delay: float, now: float) -> float:
        """A lease of another that runs out before the next question is asked for just then."""
        known = [turn.seconds_known(now) + 0.05 for turn in self.turns.values() if turn.stands_by]
        return min([delay, *known])


def _clock() -> Callable[[], float]:
    return asyncio.get_running_loop().time
