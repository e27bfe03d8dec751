"""Leadership: whether this ingestor collects from one server, or is standby for another ingestor that does.

This ingestor collects unless the database reported a lease of another ingestor that has not expired yet.
"""

from __future__ import annotations

import asyncio
import logging

from faxstore.store.lease import Lease

log = logging.getLogger(__name__)


class Leadership:
    """Whether this ingestor collects from one server, according to what the database reported last.

    `now` is the time of any steady clock, in seconds.  Only changes that an operator should know of are logged.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.ended = asyncio.Event()
        """Set when this ingestor is to stop collecting; a new event each time it begins."""
        self._collecting = asyncio.Event()
        self._leader: str | None = None
        self._lease_ends = 0.0
        self._stopped = False

    @property
    def is_standby(self) -> bool:
        """Whether another ingestor collects, as far as is known."""
        return self._leader is not None

    @property
    def is_collecting(self) -> bool:
        """Whether this ingestor is to collect."""
        return self._collecting.is_set() and not self._stopped

    async def wait(self) -> bool:
        """Wait until this ingestor is to collect.  Returns False if it is to stop instead."""
        await self._collecting.wait()
        return not self._stopped

    def stop(self) -> None:
        """End collecting, for good."""
        self._stopped = True
        self._collecting.set()
        self.ended.set()

    def update(self, lease: Lease, now: float) -> None:
        """Apply the state of the lease that the database reported."""
        if lease.mine:
            self._begin(_reason(lease, self._leader))
        else:
            self._lease_ends = now + lease.seconds
            self._stand_back(lease.holder)

    def no_answer(self, now: float) -> None:
        """Begin collecting if the lease that the database reported last has expired."""
        if now >= self._lease_ends:
            self._begin(f"it is unknown whether {self._leader} still does" if self._leader else "")

    def seconds_left(self, now: float) -> float:
        """Return for how many seconds the lease of the other ingestor is valid; 0 if there is no other."""
        return max(0.0, self._lease_ends - now) if self.is_standby else 0.0

    def _begin(self, reason: str) -> None:
        if self._stopped or self._collecting.is_set():
            return
        if reason:
            log.warning("%s: collecting; %s", self.server, reason, extra={"server": self.server})
        self._leader = None
        self.ended = asyncio.Event()
        self._collecting.set()

    def _stand_back(self, leader: str) -> None:
        if self._stopped or leader == self._leader:
            return
        log.info("%s: standby; %s is collecting", self.server, leader, extra={"server": self.server})
        self._leader = leader
        self._collecting.clear()
        self.ended.set()


def _reason(lease: Lease, leader: str | None) -> str:
    """Return why this ingestor begins to collect; an empty string if no other ingestor was involved."""
    if lease.previous_holder is None:
        return f"{leader} no longer does" if leader else ""
    if lease.last_renewed_at is None:
        return f"{lease.previous_holder} gave up its lease"
    last_renewal = lease.last_renewed_at.astimezone().isoformat(" ", "seconds")
    return f"{lease.previous_holder} has not renewed its lease since {last_renewal}"
