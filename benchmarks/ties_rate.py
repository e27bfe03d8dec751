"""Measure how fast ChannelTies resolves observations, and that the rate does not fall with the number of channels.

    python -m benchmarks.ties_rate [--channels 36000]

One fax begins every 0.4 s on a channel of its own and gives 50 observations: Newexten, 10 VarSet, 38 listings (one per
second), SendFAX.  No channel hangs up, which is the worst case for memory.  Prints one rate per tenth of the run, in
observations per second of processor time, and at its end the time of a completion event under a name that no list
showed, which may end a session listed on any channel (faxstore.sessions.replaced_channels).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from heapq import heappush, heapreplace
from itertools import islice
from uuid import UUID

from faxstore.observations import MICROSECONDS, Life, Listing, Observation
from faxstore.sessions.fax import Fax
from faxstore.sessions.lookup import EventKey, Runs, Stored
from faxstore.sessions.resolver import Resolver
from faxstore.sessions.run_facts import RunFacts

EPOCH = UUID(int=7)
LIFE = Life("pbx1", 0)
STARTED = 1_795_435_200 * MICROSECONDS
EVERY = 400_000
LISTINGS = 38
PER_FAX = 50
MOVED = 1_000


class NothingStored:
    """A SessionLookup of an empty database."""

    def epoch(self, life: Life) -> UUID:
        return EPOCH

    def known_epoch(self, life: Life) -> UUID | None:
        return EPOCH

    def stored(self, events: Sequence[Observation]) -> dict[EventKey, Stored]:
        return {}

    def latest_fax(self, epoch: UUID, event: Observation) -> tuple[Fax, RunFacts] | None:
        return None

    def adrift(self, epoch: UUID, completion: Observation) -> UUID | None:
        return None

    def runs(self, event: Observation) -> Runs:
        return Runs(None, frozenset())

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int, str | None]]:
        return []


def fax(number: int) -> Iterator[Observation]:
    """Yield the observations of one fax in order of time."""
    channel, uniqueid, at = f"PJSIP/trunk-{number:08x}", f"1795435200.{number}", STARTED + number * EVERY

    def event(name: str, at: int, **details: str) -> Observation:
        return Observation(LIFE, at, name, None, channel, uniqueid, operation="send", details=dict(details))

    yield event("Newexten", at)
    for place in range(5):
        yield event("VarSet", at + 1 + place, Variable="FAXPAGES", Value="0")
    for _ in range(LISTINGS):
        at += MICROSECONDS
        yield Observation(LIFE, at, "FAXSession", number, channel, operation="send", file_name=f"/out/{number}.tif")
    for place in range(5):
        yield event("VarSet", at + 1 + place, Variable="FAXSTATUS", Value="SUCCESS")
    yield event("SendFAX", at + 10)


def traffic(faxes: int) -> Iterator[Observation]:
    """Yield the observations of all faxes in order of time."""
    live: list[tuple[int, int, Observation, Iterator[Observation]]] = []
    begun = 0
    while live or begun < faxes:
        if begun < faxes and (not live or live[0][0] >= STARTED + begun * EVERY):
            observations = fax(begun)
            first = next(observations)
            heappush(live, (first.observed_at, begun, first, observations))
            begun += 1
            continue
        _, number, seen, observations = live[0]
        yield seen
        following = next(observations, None)
        if following is not None:
            heapreplace(live, (following.observed_at, number, following, observations))
        else:
            last = live.pop()
            if live:
                heapreplace(live, last)


def main() -> None:
    """Print the rate of each tenth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--channels", type=int, default=36_000, metavar="N")
    channels: int = parser.parse_args().channels
    resolver, observations, key = Resolver(NothingStored()), traffic(channels), 0
    for tenth in range(10):
        part = list(islice(observations, channels * PER_FAX // 10))
        before = time.process_time()
        for seen in part:
            key += 1
            resolver.resolve(key, seen)
        print(f"tenth {tenth + 1:2}: {len(part) / (time.process_time() - before):9,.0f} observations/s")
    before = time.process_time()
    for number in range(MOVED):
        name, at = f"PJSIP/phone-{number:08x}", STARTED + channels * EVERY + number
        moved = Observation(
            LIFE, at, "SendFAX", None, name, f"2.{number}", operation="send", file_name="/out/other.tif"
        )
        resolver.resolve(key + 1 + number, moved)
    took = (time.process_time() - before) / MOVED
    print(f"a completion event under a name that no list showed: {took * 1e6:.0f} µs")


if __name__ == "__main__":
    main()
