"""The faults: what can break, for how long, and how a seed selects them.

Each fault is a function of the world and of its own random generator, so that a seed gives the same faults whatever
the timing.  Each repairs what it broke.  A fault that finds nothing to break (the database is down already) has no
effect and does not count.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.trials.chaos import database_faults as on_database
from tests.trials.chaos.link import Link
from tests.trials.chaos.world import NoEffectError, World, short

Fault = Callable[[World, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Planned:
    """A planned fault, in seconds from the start."""

    at: float
    name: str
    seed: int


def plan(seed: int, seconds: float, every: float) -> list[Planned]:
    """The faults of a run, one per `every` seconds on average; some overlap.

    They are dealt like cards: each fault has a number of copies, and an empty deck is shuffled again, so
    every kind occurs.
    """
    rng, planned, deck, at = random.Random(seed), list[Planned](), list[str](), 3.0
    while at < seconds:
        if not deck:
            deck = [name for name, (copies, _) in FAULTS.items() for _ in range(copies)]
            rng.shuffle(deck)
        planned.append(Planned(at, deck.pop(), rng.randrange(2**32)))
        at += rng.expovariate(1 / every) if rng.random() < 0.5 else every
    return planned


# -- the ingestor --------------------------------------------------------------------------------------


async def ingestor_killed(world: World, rng: random.Random) -> None:
    async with world.ingestor_lock:
        await world.ingestor.kill()
        await asyncio.sleep(rng.choice((0.0, 0.0, short(rng))))
        await world.ingestor.start()


async def ingestor_terminated(world: World, rng: random.Random) -> None:
    async with world.ingestor_lock:
        await world.ingestor.leave()
        await asyncio.sleep(rng.choice((0.0, short(rng))))
        await world.ingestor.start()


async def ingestor_halted(world: World, rng: random.Random) -> None:
    world.ingestor.halt(True)
    try:
        await asyncio.sleep(rng.uniform(0.3, 4))
    finally:
        world.ingestor.halt(False)


async def disk_full(world: World, rng: random.Random) -> None:
    world.ingestor.disk_full(True)
    try:
        await asyncio.sleep(rng.uniform(0.5, 5))
    finally:
        world.ingestor.disk_full(False)


# -- the network to the telephone server ---------------------------------------------------------------


def _links(world: World) -> list[Link]:
    """The open connections, which a fault can break."""
    links = list(world.asterisk.links.values())
    if not links:
        raise NoEffectError
    return links


async def connection_cut(world: World, rng: random.Random) -> None:
    for link in _links(world):
        link.cut(rng.choice(("close", "reset")), rng.uniform(0.2, 0.99))


async def half_open(world: World, rng: random.Random) -> None:
    links = _links(world)
    for link in links:
        link.thawed.clear()
    await asyncio.sleep(rng.choice((rng.uniform(0.5, 5), 25)))
    for link in links:
        link.thawed.set()


async def trickle(world: World, rng: random.Random) -> None:
    links = _links(world)
    for link in links:
        link.pace = rng.choice((300, 3_000, 30_000))
    await asyncio.sleep(rng.uniform(1, 8))
    for link in links:
        link.pace = None


async def slow_lists(world: World, rng: random.Random) -> None:
    world.asterisk.latency = rng.uniform(0.3, 6)
    await asyncio.sleep(rng.uniform(2, 6))
    world.asterisk.latency = 0.0


# -- the telephone server ------------------------------------------------------------------------------


async def asterisk_restarted(world: World, rng: random.Random) -> None:
    async with world.asterisk_lock:
        world.asterisk.stop("cleanly")
        await asyncio.sleep(rng.uniform(0.2, 1) + rng.choice((0.0, short(rng))))
        await world.asterisk.start()


async def asterisk_killed(world: World, rng: random.Random) -> None:
    async with world.asterisk_lock:
        world.asterisk.stop("killed")
        await asyncio.sleep(rng.uniform(0.2, 1) + rng.choice((0.0, short(rng))))
        await world.asterisk.start()


async def fax_reloaded(world: World, rng: random.Random) -> None:
    async with world.asterisk_lock:
        if not any(link.logged_in for link in world.asterisk.links.values()):
            raise NoEffectError
        await world.asterisk.reload(rng.uniform(0.5, 2))


FAULTS: dict[str, tuple[int, Fault]] = {
    "ingestor killed": (5, ingestor_killed),
    "ingestor terminated": (2, ingestor_terminated),
    "ingestor halted": (1, ingestor_halted),
    "disk full": (1, disk_full),
    "Postgres killed": (2, on_database.postgres_killed),
    "Postgres stopped": (1, on_database.postgres_stopped),
    "Postgres restarted": (2, on_database.postgres_restarted),
    "backend killed": (1, on_database.backend_killed),
    "backends terminated": (2, on_database.backends_terminated),
    "statements cancelled": (2, on_database.statements_cancelled),
    "database read-only": (1, on_database.read_only),
    "out of connections": (1, on_database.out_of_connections),
    "table locked": (1, on_database.locked_out),
    "database connection cut": (2, on_database.database_cut),
    "database refused": (1, on_database.database_refused),
    "cut after COMMIT": (3, on_database.commit_cut),
    "database half open": (1, on_database.database_half_open),
    "database trickles": (1, on_database.database_trickles),
    "connection cut in a message": (4, connection_cut),
    "connection half open": (1, half_open),
    "connection trickles": (2, trickle),
    "lists slow": (1, slow_lists),
    "Asterisk restarted": (1, asterisk_restarted),
    "Asterisk killed": (2, asterisk_killed),
    "res_fax reloaded": (2, fax_reloaded),
}
"""Each fault, with the number of its copies in the deck."""
