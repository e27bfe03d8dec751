"""The faults: what can be broken, for how long, and how they are drawn from a seed.

Each is a function of the world and of a generator of its own, so that a seed gives the same faults whatever the
timing does.  It mends what it broke.  One that finds nothing to break (a database that is down already) has no effect
and does not count.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg

from faxstore.store import embedded
from tests.chaos.asterisk import Asterisk
from tests.chaos.ingestor import Ingestor
from tests.chaos.postgres import USER, Postgres
from tests.chaos.proxy import Proxy

READ_ONLY: LiteralString = "alter system set default_transaction_read_only = on"
WRITABLE: LiteralString = "alter system reset default_transaction_read_only"
RELOAD: LiteralString = "select pg_reload_conf()"
_OURS = "usename = '" + USER + "'"


class NoEffectError(Exception):
    """There was nothing to break."""


@dataclass
class World:
    """Everything that can break.  A lock is held by whoever takes a process down."""

    asterisk: Asterisk
    ingestor: Ingestor
    postgres: Postgres
    proxy: Proxy
    asterisk_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ingestor_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    postgres_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def mend(self) -> None:
        """Puts right what a fault that was broken off has left."""
        self.proxy.open.set()
        self.proxy.pace, self.proxy.commits_to_cut, self.asterisk.latency = None, 0, 0.0
        await self.proxy.listen()
        self.ingestor.halt(False)
        self.ingestor.disk_full(False)
        for link in self.asterisk.links.values():
            link.pace = None
        await self.postgres.until_ready()
        await self.postgres.execute(WRITABLE, RELOAD, _limit(-1))


Fault = Callable[[World, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Planned:
    """A fault to come, in seconds from the start."""

    at: float
    name: str
    seed: int


def plan(seed: int, seconds: float, every: float) -> list[Planned]:
    """The faults of a run, one `every` so many seconds on average; some overlap.

    They are drawn like cards, each as often as it has copies, and shuffled anew when all are used: every kind comes.
    """
    rng, planned, deck, at = random.Random(seed), list[Planned](), list[str](), 3.0
    while at < seconds:
        if not deck:
            deck = [name for name, (copies, _) in FAULTS.items() for _ in range(copies)]
            rng.shuffle(deck)
        planned.append(Planned(at, deck.pop(), rng.randrange(2**32)))
        at += rng.expovariate(1 / every) if rng.random() < 0.5 else every
    return planned


def _short(rng: random.Random) -> float:
    """Seconds: mostly a moment, now and then long enough for the longest back-off to come into it."""
    return rng.choices((rng.uniform(0, 1), rng.uniform(1, 4), rng.uniform(5, 15)), (5, 4, 1))[0]


# -- the ingestor --------------------------------------------------------------------------------------


async def ingestor_killed(world: World, rng: random.Random) -> None:
    async with world.ingestor_lock:
        await world.ingestor.kill()
        await asyncio.sleep(rng.choice((0.0, 0.0, _short(rng))))
        await world.ingestor.start()


async def ingestor_terminated(world: World, rng: random.Random) -> None:
    async with world.ingestor_lock:
        await world.ingestor.leave()
        await asyncio.sleep(rng.choice((0.0, _short(rng))))
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


# -- the database --------------------------------------------------------------------------------------


@asynccontextmanager
async def _taken_down(world: World) -> AsyncIterator[None]:
    async with world.postgres_lock:
        try:
            yield
        finally:
            world.postgres.start()


async def postgres_killed(world: World, rng: random.Random) -> None:
    async with _taken_down(world):
        await world.postgres.kill()
        await asyncio.sleep(_short(rng))


async def postgres_stopped(world: World, rng: random.Random) -> None:
    async with _taken_down(world):
        await world.postgres.stop(rng.choice((signal.SIGINT, signal.SIGQUIT)))
        await asyncio.sleep(_short(rng))


async def postgres_restarted(world: World, rng: random.Random) -> None:
    async with _taken_down(world):
        await world.postgres.stop(rng.choice((signal.SIGINT, signal.SIGQUIT)))


async def backend_killed(world: World, rng: random.Random) -> None:
    pids = await _asked(world, "select pid from pg_stat_activity where " + _OURS)
    if not pids:
        raise NoEffectError
    for (pid,) in pids:
        with suppress(ProcessLookupError):
            os.kill(int(str(pid)), signal.SIGKILL)


async def backends_terminated(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        await _asked(world, "select pg_terminate_backend(pid) from pg_stat_activity where " + _OURS)
        await asyncio.sleep(rng.uniform(0, 0.7))


async def statements_cancelled(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(5, 40)):
        await _asked(world, "select pg_cancel_backend(pid) from pg_stat_activity where state <> 'idle' and " + _OURS)
        await asyncio.sleep(rng.uniform(0, 0.05))


async def read_only(world: World, rng: random.Random) -> None:
    await _asked(world, READ_ONLY, RELOAD)
    await asyncio.sleep(_short(rng) + 0.5)
    await _until_done(world, WRITABLE, RELOAD)


async def out_of_connections(world: World, rng: random.Random) -> None:
    await _asked(world, _limit(0), "select pg_terminate_backend(pid) from pg_stat_activity where " + _OURS)
    await asyncio.sleep(_short(rng) + 0.5)
    await _until_done(world, _limit(-1))


async def locked_out(world: World, rng: random.Random) -> None:
    """Somebody holds a table that each append needs."""
    seconds = rng.uniform(0.5, 5)
    with suppress(psycopg.errors.AdminShutdown, psycopg.errors.QueryCanceled):
        await _asked(
            world, "begin", "lock table fax.append_batch in access exclusive mode", _sleep(seconds), "rollback"
        )


def _sleep(seconds: float) -> LiteralString:
    return f"select pg_sleep({seconds})"


def _limit(connections: int) -> LiteralString:
    return f"alter database {embedded.DATABASE} connection limit {connections}"


async def _asked(world: World, *statements: LiteralString) -> list[tuple[object, ...]]:
    try:
        return await world.postgres.execute(*statements)
    except psycopg.OperationalError as error:
        raise NoEffectError from error


async def _until_done(world: World, *statements: LiteralString) -> None:
    while True:
        with suppress(psycopg.OperationalError):
            await world.postgres.execute(*statements)
            return
        await asyncio.sleep(0.5)


# -- the network to the database -----------------------------------------------------------------------


async def database_cut(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 3)):
        world.proxy.cut(reset=rng.random() < 0.5)
        await asyncio.sleep(rng.uniform(0, 1))


async def database_refused(world: World, rng: random.Random) -> None:
    world.proxy.refuse()
    world.proxy.cut(reset=True)
    await asyncio.sleep(_short(rng))
    await world.proxy.listen()


async def commit_cut(world: World, rng: random.Random) -> None:
    world.proxy.commits_to_cut += rng.randint(1, 3)
    await asyncio.sleep(2)


async def database_half_open(world: World, rng: random.Random) -> None:
    world.proxy.open.clear()
    await asyncio.sleep(_short(rng))
    if rng.random() < 0.5:
        world.proxy.cut(reset=True)
    world.proxy.open.set()


async def database_trickles(world: World, rng: random.Random) -> None:
    world.proxy.pace = rng.choice((500, 5_000, 50_000))
    await asyncio.sleep(rng.uniform(1, 5))
    world.proxy.pace = None


# -- the network to the telephone server ---------------------------------------------------------------


async def connection_cut(world: World, rng: random.Random) -> None:
    if not world.asterisk.links:
        raise NoEffectError
    for link in list(world.asterisk.links.values()):
        link.cut(rng.choice(("close", "reset")), rng.uniform(0.2, 0.99))


async def half_open(world: World, rng: random.Random) -> None:
    links = list(world.asterisk.links.values())
    if not links:
        raise NoEffectError
    for link in links:
        link.thawed.clear()
    await asyncio.sleep(rng.choice((rng.uniform(0.5, 5), 25)))
    for link in links:
        link.thawed.set()


async def trickle(world: World, rng: random.Random) -> None:
    links = list(world.asterisk.links.values())
    if not links:
        raise NoEffectError
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
        await asyncio.sleep(rng.uniform(0.2, 1) + rng.choice((0.0, _short(rng))))
        await world.asterisk.start()


async def asterisk_killed(world: World, rng: random.Random) -> None:
    async with world.asterisk_lock:
        world.asterisk.stop("killed")
        await asyncio.sleep(rng.uniform(0.2, 1) + rng.choice((0.0, _short(rng))))
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
    "Postgres killed": (2, postgres_killed),
    "Postgres stopped": (1, postgres_stopped),
    "Postgres restarted": (2, postgres_restarted),
    "backend killed": (1, backend_killed),
    "backends terminated": (2, backends_terminated),
    "statements cancelled": (2, statements_cancelled),
    "database read-only": (1, read_only),
    "out of connections": (1, out_of_connections),
    "table locked": (1, locked_out),
    "database connection cut": (2, database_cut),
    "database refused": (1, database_refused),
    "cut after COMMIT": (3, commit_cut),
    "database half open": (1, database_half_open),
    "database trickles": (1, database_trickles),
    "connection cut in a message": (4, connection_cut),
    "connection half open": (1, half_open),
    "connection trickles": (2, trickle),
    "lists slow": (1, slow_lists),
    "Asterisk restarted": (1, asterisk_restarted),
    "Asterisk killed": (2, asterisk_killed),
    "res_fax loaded anew": (2, fax_reloaded),
}
"""Each fault, with the number of its copies in the deck."""
