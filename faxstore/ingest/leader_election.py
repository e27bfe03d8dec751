"""Leader election: which of several ingestors collects from a server.

Two ingestors may run for the same servers, on two hosts, so that one takes over when the other fails.  If both
polled all the time, they would double the load on Asterisk and the size of the history.  So each server has a lease
in the database: an ingestor asks for it every RENEW seconds, and collects while it holds the lease.

An ingestor that cannot know who holds the lease collects.  Two ingestors that collect at the same time cost
additional polls, but the folds count each fax once; a server that nobody polls leaves a gap that cannot be filled
later.  For the same reason nothing here waits for the database longer than ANSWER seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from faxstore.ami.backoff import Backoff
from faxstore.errors import one_line
from faxstore.ingest.leadership import Leadership
from faxstore.store.lease import LEASE_SECONDS, Lease, Leases

log = logging.getLogger(__name__)

RENEW = 2.0
"""Seconds between two requests: two may fail before the lease expires."""

ANSWER = 1.5
"""Seconds to wait for an answer; a start of the ingestor waits no longer than this."""

LONGEST_BACK_OFF = 5.0
"""Most seconds between two requests to a database that does not answer."""

RELEASE_TIMEOUT = 0.5
"""Seconds to wait for the database to release the leases when the ingestor stops."""


class LeaderElection:
    """Requests and renews the leases of an ingestor's servers, and updates the Leadership of each server."""

    def __init__(self, servers: Sequence[str], leases: Leases) -> None:
        self.leaderships = {server: Leadership(server) for server in servers}
        self._leases = leases
        self._back_off = Backoff(RENEW, LONGEST_BACK_OFF, jitter=False)
        self._lease_ends = 0.0
        self._reported_unknown = False
        self._abandoned: set[asyncio.Task[list[Lease]]] = set()
        self._stopping = asyncio.Event()

    @property
    def standby_count(self) -> int:
        """How many servers another ingestor collects from, as far as is known."""
        return sum(leadership.is_standby for leadership in self.leaderships.values())

    async def run(self) -> None:
        """Renew the leases until stop(); a request that is under way then is completed."""
        while not self._stopping.is_set():
            delay = await self._request()
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()

    def stop(self) -> None:
        """End collecting on every server, for good."""
        self._stopping.set()
        for leadership in self.leaderships.values():
            leadership.stop()

    async def release(self) -> None:
        """Give up the leases, so that another ingestor need not wait until they expire."""
        with suppress(psycopg.Error, OSError, TimeoutError):
            async with asyncio.timeout(RELEASE_TIMEOUT):
                await self._leases.give_up(list(self.leaderships))

    async def _request(self) -> float:
        """Request the leases once; return the seconds until the next request."""
        request = asyncio.create_task(self._leases.hold(list(self.leaderships)))
        try:
            await asyncio.wait({request}, timeout=ANSWER)
        finally:
            if not request.done():  # cancelled without waiting for it: even cancelling may hang on a dead network
                request.cancel()
                self._abandoned.add(request)
                request.add_done_callback(self._abandoned_request_ended)
        if not request.done():
            return self._no_answer(f"no answer within {ANSWER:g} s")
        try:
            return self._update(request.result())
        except Exception as error:  # whatever the reason: the holder of the lease is unknown
            return self._no_answer(one_line(error))

    def _abandoned_request_ended(self, request: asyncio.Task[list[Lease]]) -> None:
        self._abandoned.discard(request)
        if not request.cancelled():
            request.exception()  # marks it as retrieved; nobody needs it any more

    def _update(self, leases: Sequence[Lease]) -> float:
        now = _now()
        self._lease_ends = now + LEASE_SECONDS
        self._back_off.reset()
        if self._reported_unknown:
            log.info("leader election: the database answers again")
        self._reported_unknown = False
        for lease in leases:
            self.leaderships[lease.server].update(lease, now)
        return self._next_request(RENEW, now)

    def _no_answer(self, reason: str) -> float:
        now = _now()
        for leadership in self.leaderships.values():
            leadership.no_answer(now)
        if now >= self._lease_ends and not self._reported_unknown:
            warning = "leader election: no answer from the database (%s); collecting, as another ingestor may do too"
            log.warning(warning, reason)
            self._reported_unknown = True
        return self._next_request(self._back_off.next(), now)

    def _next_request(self, delay: float, now: float) -> float:
        """Return `delay`, or less if the lease of another ingestor expires earlier."""
        expiries = [each.seconds_left(now) + 0.05 for each in self.leaderships.values() if each.is_standby]
        return min([delay, *expiries])


def _now() -> float:
    return asyncio.get_running_loop().time()
