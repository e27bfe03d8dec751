"""An event loop that notes how long sockets had nothing to read.

In each turn, a loop asks the system which sockets are readable (select), processes those, and asks again.  A socket
that is readable in this turn and was not in the turn before received its data since.  If select had to wait for the
first readable socket, the data arrived just now; otherwise it arrived at some moment while the loop was busy.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

WAITED = 0.0001
"""Seconds.  A select that takes longer had to wait; one that finds a readable socket takes a tenth of that."""

Result = TypeVar("Result")


class TurnSelector(selectors.DefaultSelector):
    """The selector of a TurnLoop."""

    def __init__(self) -> None:
        super().__init__()
        self._returned = time.monotonic()
        self.unreadable_until = self._returned
        """When the sockets that are readable in this turn still had nothing to read, in seconds (monotonic clock)."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for sockets and return the ready ones."""
        called = time.monotonic()
        ready = super().select(timeout)
        before, self._returned = self._returned, time.monotonic()
        self.unreadable_until = self._returned if self._returned - called > WAITED else before
        return ready


class TurnLoop(asyncio.SelectorEventLoop):
    """An event loop with a TurnSelector, `turns`."""

    def __init__(self) -> None:
        self.turns = TurnSelector()
        super().__init__(self.turns)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine as asyncio.run() does, in a TurnLoop."""
    with asyncio.Runner(loop_factory=TurnLoop) as runner:
        return runner.run(main)
