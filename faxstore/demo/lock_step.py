"""When the playback of a recording advances: with the polls of a client."""

from __future__ import annotations

import asyncio
import math
from typing import Protocol

from faxstore.demo.playback import Playback
from faxstore.demo.recording import Segment
from faxstore.demo.uptime import Uptime

_SHORTEST_DOWNTIME = 0.1
"""Seconds that a restarting server is down at least, so that clients notice it."""


class Client(Protocol):
    """A connected client of the played server."""

    closed: bool


class PlayedServer(Protocol):
    """The server (ReplayServer) as LockStep and its connections see it."""

    playback: Playback
    lock_step: LockStep
    uptime: Uptime
    username: str
    secret: str
    finished: asyncio.Event

    def advance_to(self, position: int) -> None: ...
    def restart(self, next_segment: Segment, downtime: float) -> None: ...


class LockStep:
    """Serves each recorded list to the leading client once, so that it misses nothing, however slow it is.

    The leader is the first client that requests a list; when it disconnects, the next one that does.  Other clients get
    the list at which the leader is.  Before a list or a detail is answered, all events are sent that were recorded
    before it, so everything arrives in the recorded order.  With a finite `speed` an answer also waits for the time
    between the recorded lists divided by it.
    """

    def __init__(self, speed: float = math.inf) -> None:
        self.speed = speed
        self._leader: Client | None = None
        self._last_list: tuple[float, float] | None = None
        """Recorded time and event loop time of the last list that was answered."""

    async def before_list(self, server: PlayedServer, client: Client) -> None:
        """Advance to the next recorded list; after the last one to the end of the segment, and restart."""
        if self._leader is None or self._leader.closed:
            self._leader = client
        if client is not self._leader:
            return
        playback = server.playback
        segment, index = playback.segment, playback.next_list
        await self._wait_until(segment.closed_at if index is None else segment.steps[index].ts)
        if index is not None:
            server.advance_to(index + 1)
            return
        server.advance_to(len(segment.steps))
        following = playback.next_segment
        if following is None:
            server.finished.set()
        else:
            recorded_downtime = (following.opened_at - segment.closed_at) / self.speed
            server.restart(following, max(_SHORTEST_DOWNTIME, recorded_downtime))

    def before_detail(self, server: PlayedServer, client: Client, number: int) -> None:
        """Send the events that were recorded between the list and this detail."""
        index = server.playback.detail_index(number)
        if client is self._leader and index is not None:
            server.advance_to(index + 1)

    async def _wait_until(self, ts: float) -> None:
        """Wait until the recorded time ts is due, counted from the last list that was answered."""
        now = asyncio.get_running_loop().time
        if self._last_list is not None:
            recorded, answered = self._last_list
            await asyncio.sleep(max(0.0, answered + (ts - recorded) / self.speed - now()))
        self._last_list = ts, now()
