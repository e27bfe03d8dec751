"""Two ways to move a play on: by the clock, or by the polls of a client."""

from __future__ import annotations

import asyncio
import math
from typing import Protocol

from faxstore.demo.play import Play
from faxstore.demo.recording import Stretch

_DOWN = 0.1
"""Seconds that a restarting server is away at least, so that clients can notice it."""


class Asker(Protocol):
    """A client of the played server."""

    closed: bool


class Stage(Protocol):
    """What a drive may do with the server that it moves."""

    play: Play
    finished: asyncio.Event
    first_login: asyncio.Event

    def run_to(self, position: int) -> None:
        """Send every client the events of the steps before this position."""

    def restart(self, after: Stretch, down: float) -> asyncio.Task[None]:
        """Close all connections at once; be there again, with the stretch `after`, in `down` seconds or later."""
        raise NotImplementedError


class Drive(Protocol):
    """What a server asks of the thing that moves it."""

    async def run(self, stage: Stage) -> None:
        """Runs beside the server from its start to its end."""

    async def before_list(self, stage: Stage, asker: Asker) -> None:
        """A client asks for the list and is about to be answered."""

    def before_detail(self, stage: Stage, asker: Asker, number: int) -> None:
        """A client asks for one session and is about to be answered."""


class ByClock:
    """The recording in accelerated time, whether somebody looks or not.

    A recorded list is in force for the time between two recorded polls divided by `speed`: a client that is
    to see every state must poll more often than that.  0.5 s between polls and a client that polls every
    0.05 s: a speed of 5 is safe, 10 is the very limit, and a busy machine misses some.
    """

    def __init__(self, speed: float, *, from_first_login: bool = True) -> None:
        self.speed = speed
        self.from_first_login = from_first_login

    async def run(self, stage: Stage) -> None:
        """Play all stretches; the clock starts with the server, or with the first login."""
        if self.from_first_login:
            await stage.first_login.wait()
        while True:
            await self._stretch(stage)
            after = stage.play.more
            if after is None:
                stage.finished.set()
                return
            await stage.restart(after, _down(stage.play.stretch, after, self.speed))

    async def before_list(self, stage: Stage, asker: Asker) -> None:
        """Nothing: the list in force is the answer."""

    def before_detail(self, stage: Stage, asker: Asker, number: int) -> None:
        """Nothing: the answer in force is the answer."""

    async def _stretch(self, stage: Stage) -> None:
        stretch, loop = stage.play.stretch, asyncio.get_running_loop()
        start = loop.time()
        for index, sent in enumerate(stretch.sent):
            await asyncio.sleep(start + (sent.ts - stretch.opened_at) / self.speed - loop.time())
            stage.run_to(index + 1)
        await asyncio.sleep(start + (stretch.closed_at - stretch.opened_at) / self.speed - loop.time())


class LockStep:
    """Each poll of the leading client gets the next recorded list: however slow it is, it misses nothing.

    The leader is the first client that asks for a list, and after it is gone the next that does; the others
    see the list at which the leader is.  Events and details come in the recorded order: before a list or a
    detail is answered, all events are sent that were recorded before it.  With a finite `speed` an answer
    waits until as much time as lay between the recorded lists, divided by it, has passed.
    """

    def __init__(self, speed: float = math.inf) -> None:
        self.speed = speed
        self._leader: Asker | None = None
        self._last: tuple[float, float] | None = None

    async def run(self, stage: Stage) -> None:
        """Nothing runs by itself."""

    async def before_list(self, stage: Stage, asker: Asker) -> None:
        """Go on to the next recorded list; after the last one of a stretch to its end, and to the restart."""
        if self._leader is None or self._leader.closed:
            self._leader = asker
        if asker is not self._leader:
            return
        play = stage.play
        index = play.next_list
        await self._pace(play.stretch.closed_at if index is None else play.stretch.sent[index].ts)
        if index is not None:
            stage.run_to(index + 1)
            return
        stage.run_to(len(play.stretch.sent))
        after = play.more
        if after is None:
            stage.finished.set()
        else:
            stage.restart(after, _down(play.stretch, after, self.speed))

    def before_detail(self, stage: Stage, asker: Asker, number: int) -> None:
        """Send the events that were recorded between the list and this detail."""
        index = stage.play.detail_index(number)
        if asker is self._leader and index is not None:
            stage.run_to(index + 1)

    async def _pace(self, ts: float) -> None:
        """Wait until the moment ts of the recording may come, counted from the last list answered."""
        now = asyncio.get_running_loop().time()
        if self._last is not None:
            due = self._last[1] + (ts - self._last[0]) / self.speed
            await asyncio.sleep(max(0.0, due - now))
        self._last = ts, asyncio.get_running_loop().time()


def _down(before: Stretch, after: Stretch, speed: float) -> float:
    return max(_DOWN, (after.opened_at - before.closed_at) / speed)
