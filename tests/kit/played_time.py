"""Time that passes only when nothing happens, so that a test of intervals means the same on a busy machine.

A scenario runs with both ends of its connections in one event loop.  Whenever no socket has data and no callback is
due, the clock jumps to the next timer.  A poll every 0.4 s is then exactly 0.4 s after the one before, however long
the machine takes for it, and a test of an hour takes milliseconds.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from unittest.mock import patch

from faxstore.observations import MICROSECONDS

GRACE = 0.002
"""Real seconds for which no socket may have data before the clock jumps: data on loopback arrives at once."""

Result = TypeVar("Result")


class PlayedSelector(selectors.DefaultSelector):
    """A selector that does not wait for a timer: it sets the clock to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.threads = 0
        """How many threads the loop awaits: their work takes real time."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the ready sockets; if there are none, the timeout is over at once."""
        if not timeout or self.threads:
            return super().select(timeout)
        ready = super().select(min(timeout, GRACE))
        if not ready:
            self.now += timeout
        return ready


class PlayedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is that of its PlayedSelector."""

    def __init__(self) -> None:
        self._played = PlayedSelector()
        super().__init__(self._played)

    def time(self) -> float:
        """Return the played seconds."""
        return self._played.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a function in a thread; the clock stands still until it returns."""
        future = super().run_in_executor(executor, func, *args)
        self._played.threads += 1
        future.add_done_callback(self._joined)
        return future

    def _joined(self, _: object) -> None:
        self._played.threads -= 1


def play(scenario: Coroutine[Any, Any, Result]) -> Result:
    """Run a scenario as asyncio.run() does, in played time; its lines have played times, too."""
    began = time.time()

    def now() -> int:
        return round((began + asyncio.get_running_loop().time()) * MICROSECONDS)

    with (
        patch("faxstore.ami.lines.now", now),
        patch("faxstore.ami.guard.now", now),
        asyncio.Runner(loop_factory=PlayedLoop) as runner,
    ):
        return runner.run(scenario)


def busy(seconds: float) -> None:
    """Let played time pass while this process does not look at its sockets."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PlayedLoop)
    loop._played.now += seconds
