"""Notifications to the service manager (systemd): that the ingestor is up, and that it is alive.

systemd restarts an ingestor that sends no more of them.  The protocol is sd_notify(3): datagrams of VARIABLE=value
lines to the socket named by $NOTIFY_SOCKET.  Without that variable nothing is sent.
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
"""Seconds between two notifications if the service manager sets no watchdog interval."""


class Heartbeat:
    """When a thread last completed a round; it is stuck if that is more than `longest` seconds ago."""

    def __init__(self, thread: str, longest: float) -> None:
        self.thread = thread
        self._longest = longest
        self._last = time.monotonic()

    def beat(self) -> None:
        """Record that the thread completed a round."""
        self._last = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the current round takes no longer than it may."""
        return time.monotonic() - self._last <= self._longest


class ServiceManager:
    """The service manager that started this process, according to the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self.interval = _half_of_timeout(environ)
        """Seconds between two notifications: half of the watchdog timeout."""

    @property
    def is_present(self) -> bool:
        """Whether there is a service manager to notify."""
        return bool(self._address)

    def notify(self, *lines: str) -> None:
        """Send one datagram, without blocking.  Errors are ignored; the next notification may succeed."""
        if not self.is_present:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.sendto("\n".join(lines).encode(), self._address)


async def watch_over(
    manager: ServiceManager, heartbeats: Sequence[Heartbeat], status: Callable[[], str], stop: asyncio.Event
) -> None:
    """Notify the service manager that the ingestor is up, and then that it is alive, until `stop` is set.

    The ingestor is alive while the event loop runs this coroutine and the heartbeat of every thread is alive.
    """
    manager.notify("READY=1")
    stuck: list[str] = []
    while manager.is_present and not stop.is_set():
        before, stuck = stuck, [each.thread for each in heartbeats if not each.is_alive]
        if stuck and stuck != before:
            log.critical("stuck: %s; no more notifications to the service manager", ", ".join(stuck))
        elif before and not stuck:
            log.warning("no longer stuck: %s", ", ".join(before))
        manager.notify(*([f"STATUS=stuck: {', '.join(stuck)}"] if stuck else ["WATCHDOG=1", f"STATUS={status()}"]))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), manager.interval)
    manager.notify("STOPPING=1", "STATUS=stopping")


def _half_of_timeout(environ: Mapping[str, str]) -> float:
    timeout, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not timeout.isdecimal() or int(timeout) == 0 or process not in ("", str(os.getpid())):
        return STATUS_EVERY
    return int(timeout) / 2_000_000
