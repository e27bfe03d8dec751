"""How long a server takes to answer, apart from how long this process takes to read the answer.

A process that is busy reads an answer some time after it arrived.  That time is no sign of a slow server, and a poller
that took it for one would poll less often the more servers it watches.  The event loop knows better: it asks the
system which sockets have something to read (select), processes those, and asks again.  A socket that is readable in
this turn and was not in the turn before received its data since; if select had to wait, it received them just now.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

WAITED = 0.0001
"""Seconds.  A select that takes longer had to wait for the first readable socket."""

Result = TypeVar("Result")


class TurnSelector(selectors.DefaultSelector):
    """A selector that notes, for the sockets that are readable in this turn of the loop, until when they were not."""

    def __init__(self) -> None:
        super().__init__()
        self._returned = self.unreadable_until = time.monotonic()
        """Times in seconds, by the monotonic clock."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for sockets and return the ready ones."""
        called = time.monotonic()
        ready = super().select(timeout)
        before, self._returned = self._returned, time.monotonic()
        self.unreadable_until = self._returned if self._returned - called > WAITED else before
        return ready


class TurnLoop(asyncio.SelectorEventLoop):
    """An event loop with a TurnSelector."""

    def __init__(self) -> None:
        self.turns = TurnSelector()
        super().__init__(self.turns)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine as asyncio.run() does, in a TurnLoop."""
    with asyncio.Runner(loop_factory=TurnLoop) as runner:
        return runner.run(main)


class AnswerTime:
    """The seconds in which one server owed answers and had not sent them.

    In a loop that is no TurnLoop, the time in which this process was busy counts too.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._turns = loop.turns if isinstance(loop, TurnLoop) else None
        self._owed_since: float | None = None
        self.seconds = 0.0
        """The sum since the connection began."""

    def asked(self) -> None:
        """Note that a request was sent."""
        if self._owed_since is None:
            self._owed_since = time.monotonic()

    def received(self) -> None:
        """Note that bytes were read."""
        if self._owed_since is not None:
            arrived = self._turns.unreadable_until if self._turns else time.monotonic()
            self.seconds += max(0.0, arrived - self._owed_since)

    def processed(self, *, owed: bool) -> None:
        """Note that the bytes were processed; owed: whether requests are still unanswered."""
        self._owed_since = time.monotonic() if owed else None
