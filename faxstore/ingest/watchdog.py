"""Notifications that the ingestor is up, and that it is alive: to the service manager (systemd), or to a supervisor.

systemd restarts an ingestor that sends no more of them.  The protocol is sd_notify(3): datagrams of VARIABLE=value
lines to the socket named by $NOTIFY_SOCKET.  Without that variable nothing is sent.  A worker reports to its
supervisor instead (supervisor_link.py), which notifies the service manager for all.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from faxstore.ingest.snapshot import Snapshot

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


class Status(NamedTuple):
    """What an ingestor or a worker is doing.  str() is the line for the service manager."""

    servers: int
    """How many servers it has."""
    standby: int
    """For how many of them another ingestor collects."""
    rates: dict[str, float]
    """Polls per second of each connected server, by its name."""
    figures: Snapshot | None = None
    """What it measures; None in a sum."""

    def __str__(self) -> str:
        connected = f"{len(self.rates)} of {self.servers} servers connected"
        return f"{connected}{self._rates() if self.rates else ''}, standby for {self.standby}"

    def _rates(self) -> str:
        name, lowest = min(self.rates.items(), key=lambda rate: rate[1])
        mean = sum(self.rates.values()) / len(self.rates)
        return f", {mean:.2f} polls per second (at least {lowest:.2f}: {name})"

    @classmethod
    def sum(cls, parts: Iterable[Status]) -> Status:
        """Return the status of all workers together."""
        total = cls(0, 0, {})
        for part in parts:
            total = cls(total.servers + part.servers, total.standby + part.standby, total.rates | part.rates)
        return total


class Watcher(Protocol):
    """Who is to know that an ingestor is up and alive."""

    @property
    def is_present(self) -> bool:
        """Whether there is anyone to notify."""

    @property
    def interval(self) -> float:
        """Seconds between two notifications."""

    def ready(self) -> None:
        """Report that the ingestor is up."""

    def alive(self, status: Status) -> None:
        """Report that the ingestor is alive."""

    def stuck(self, parts: Sequence[str]) -> None:
        """Report what hangs, by name."""

    def stopping(self) -> None:
        """Report that the ingestor stops."""


class ServiceManager:
    """The service manager that started this process, according to the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._interval = _half_of_timeout(environ)

    @property
    def interval(self) -> float:
        """Seconds between two notifications: half of the watchdog timeout."""
        return self._interval

    @property
    def is_present(self) -> bool:
        """Whether there is a service manager to notify."""
        return bool(self._address)

    def ready(self) -> None:
        """Report that the ingestor is up."""
        self.notify("READY=1")

    def alive(self, status: object) -> None:
        """Report that the ingestor is alive, with its status as a line."""
        self.notify("WATCHDOG=1", f"STATUS={status}")

    def stuck(self, parts: Sequence[str]) -> None:
        """Report what hangs.  Without further reports that it is alive, systemd restarts the ingestor."""
        self.notify(f"STATUS=stuck: {', '.join(parts)}")

    def stopping(self) -> None:
        """Report that the ingestor stops."""
        self.notify("STOPPING=1", "STATUS=stopping")

    def notify(self, *lines: str) -> None:
        """Send one datagram, without blocking.  Errors are ignored; the next notification may succeed."""
        if not self.is_present:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.sendto("\n".join(lines).encode(), self._address)


async def watch_over(
    watcher: Watcher, heartbeats: Sequence[Heartbeat], status: Callable[[], Status], stop: asyncio.Event
) -> None:
    """Notify the watcher that the ingestor is up, and then that it is alive, until `stop` is set.

    The ingestor is alive while the event loop runs this coroutine and the heartbeat of every thread is alive.
    """
    watcher.ready()
    stuck: list[str] = []
    while watcher.is_present and not stop.is_set():
        before, stuck = stuck, [each.thread for each in heartbeats if not each.is_alive]
        if stuck and stuck != before:
            log.critical("stuck: %s; no more reports that it is alive", ", ".join(stuck))
        elif before and not stuck:
            log.warning("no longer stuck: %s", ", ".join(before))
        if stuck:
            watcher.stuck(stuck)
        else:
            watcher.alive(status())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), watcher.interval)
    watcher.stopping()


def _half_of_timeout(environ: Mapping[str, str]) -> float:
    timeout, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not timeout.isdecimal() or int(timeout) == 0 or process not in ("", str(os.getpid())):
        return STATUS_EVERY
    return int(timeout) / 2_000_000
