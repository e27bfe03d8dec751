"""Whether one server is this ingestor's to watch: it is, unless the database said lately that another does."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from faxstore.store.lease import Held

log = logging.getLogger(__name__)


class Turn:
    """The turns at one server: told what the database says, or that it says nothing; `now` is any steady clock.

    A line is logged when a turn begins or ends for a reason that is worth one.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.over = asyncio.Event()
        """Set when this turn ends; each turn has its own."""
        self._mine = asyncio.Event()
        self._holder: str | None = None
        self._until = 0.0
        self._stopped = False

    @property
    def stands_by(self) -> bool:
        """Whether another watches, as far as is known."""
        return self._holder is not None

    async def begins(self) -> bool:
        """Waits until it is this ingestor's turn; False: it is to stop."""
        await self._mine.wait()
        return not self._stopped

    def stop(self) -> None:
        """No further turn, and an end to this one."""
        self._stopped = True
        self._mine.set()
        self.over.set()

    def told(self, held: Held, now: float) -> None:
        """The database says who is to watch."""
        if held.mine:
            self._watch(_why(held, self._holder))
        else:
            self._until = now + held.seconds
            self._stand_by(held.holder)

    def not_told(self, now: float) -> None:
        """The database says nothing: what it said last holds until that lease has run out."""
        if now >= self._until:
            self._watch(f"it is not known whether {self._holder} still does" if self._holder else "")

    def seconds_known(self, now: float) -> float:
        """How long the holder's lease lasts by what was said last."""
        return max(0.0, self._until - now) if self.stands_by else 0.0

    def _watch(self, why: str) -> None:
        if self._stopped or self._mine.is_set():
            return
        if why:
            log.warning("%s: watching it; %s", self.server, why, extra={"server": self.server})
        self._holder = None
        self.over = asyncio.Event()
        self._mine.set()

    def _stand_by(self, holder: str) -> None:
        if self._stopped or holder == self._holder:
            return
        log.info("%s: standing by, %s is watching it", self.server, holder, extra={"server": self.server})
        self._holder = holder
        self._mine.clear()
        self.over.set()


def _why(held: Held, stood_by: str | None) -> str:
    """Of an ingestor that is alone there is nothing to say."""
    if held.left_by is not None:
        return f"{held.left_by} {_silence(held.silent_since)}"
    return f"{stood_by} no longer does" if stood_by else ""


def _silence(since: datetime | None) -> str:
    return "has left it" if since is None else f"has not renewed since {since.astimezone().isoformat(' ', 'seconds')}"
