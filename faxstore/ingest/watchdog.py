"""Telling the service manager (systemd) that the ingestor is up and alive, so that one that hangs is started anew.

The protocol is sd_notify(3): a datagram of VARIABLE=value lines to the socket that $NOTIFY_SOCKET names.  Where
there is none, nothing is told.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

log = logging.getLogger(__name__)

STATUS_EVERY = 10.0
"""Seconds between two looks where no watchdog is asked for."""


class Pulse:
    """When a thread last came round; more than `longest` seconds ago means that it is stuck in a call."""

    def __init__(self, who: str, longest: float) -> None:
        self.who = who
        self._longest = longest
        self._last = time.monotonic()

    def beat(self) -> None:
        """The thread has come round."""
        self._last = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the round at hand may still take that long."""
        return time.monotonic() - self._last <= self._longest


class ServiceManager:
    """Whoever started this process, by the environment that it gave."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        named = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{named[1:]}" if named.startswith("@") else named
        self.interval = _half(environ)
        """Seconds between two signs of life: half of what it waits for one."""

    @property
    def is_there(self) -> bool:
        """Whether anyone is to be told."""
        return bool(self._address)

    def tell(self, *lines: str) -> None:
        """One datagram.  A manager that cannot be reached for now is told the next time; never blocks."""
        if not self.is_there:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.sendto("\n".join(lines).encode(), self._address)


async def watch_over(
    manager: ServiceManager, pulses: Sequence[Pulse], status: Callable[[], str], stop: asyncio.Event
) -> None:
    """Tells that all is up, then signs of life while the event loop turns and every thread comes round, until stop.

    The event loop is alive as long as it runs this.
    """
    manager.tell("READY=1")
    stuck: list[str] = []
    while manager.is_there and not stop.is_set():
        before, stuck = stuck, [pulse.who for pulse in pulses if not pulse.is_alive]
        if stuck and stuck != before:
            log.critical("stuck: %s; the service manager gets no more signs of life", ", ".join(stuck))
        elif before and not stuck:
            log.warning("no longer stuck: %s", ", ".join(before))
        manager.tell(*([f"STATUS=stuck: {', '.join(stuck)}"] if stuck else ["WATCHDOG=1", f"STATUS={status()}"]))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), manager.interval)
    manager.tell("STOPPING=1", "STATUS=stopping")


def _half(environ: Mapping[str, str]) -> float:
    asked, of = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not asked.isdecimal() or int(asked) == 0 or of not in ("", str(os.getpid())):
        return STATUS_EVERY
    return int(asked) / 2_000_000
