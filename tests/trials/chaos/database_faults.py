"""Faults of the database and of the network to it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import LiteralString

import psycopg

from tests.trials.chaos.postgres import USER
from tests.trials.chaos.world import RELOAD, WRITABLE, NoEffectError, World, connection_limit, short

READ_ONLY: LiteralString = "alter system set default_transaction_read_only = on"
_OURS = "usename = '" + USER + "'"

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
        await asyncio.sleep(short(rng))


async def postgres_stopped(world: World, rng: random.Random) -> None:
    async with _taken_down(world):
        await world.postgres.stop(rng.choice((signal.SIGINT, signal.SIGQUIT)))
        await asyncio.sleep(short(rng))


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
    await asyncio.sleep(short(rng) + 0.5)
    await _until_done(world, WRITABLE, RELOAD)


async def out_of_connections(world: World, rng: random.Random) -> None:
    await _asked(world, connection_limit(0), "select pg_terminate_backend(pid) from pg_stat_activity where " + _OURS)
    await asyncio.sleep(short(rng) + 0.5)
    await _until_done(world, connection_limit(-1))


async def locked_out(world: World, rng: random.Random) -> None:
    """Locks a table that every append needs."""
    seconds = rng.uniform(0.5, 5)
    with suppress(psycopg.errors.AdminShutdown, psycopg.errors.QueryCanceled):
        await _asked(
            world, "begin", "lock table fax.append_batch in access exclusive mode", _sleep(seconds), "rollback"
        )


def _sleep(seconds: float) -> LiteralString:
    return f"select pg_sleep({seconds})"


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
        world.relay.cut(reset=rng.random() < 0.5)
        await asyncio.sleep(rng.uniform(0, 1))


async def database_refused(world: World, rng: random.Random) -> None:
    world.relay.refuse()
    world.relay.cut(reset=True)
    await asyncio.sleep(short(rng))
    await world.relay.listen()


async def commit_cut(world: World, rng: random.Random) -> None:
    world.relay.commits_to_cut += rng.randint(1, 3)
    await asyncio.sleep(2)


async def database_half_open(world: World, rng: random.Random) -> None:
    world.relay.passing.clear()
    await asyncio.sleep(short(rng))
    if rng.random() < 0.5:
        world.relay.cut(reset=True)
    world.relay.passing.set()


async def database_trickles(world: World, rng: random.Random) -> None:
    world.relay.pace = rng.choice((500, 5_000, 50_000))
    await asyncio.sleep(rng.uniform(1, 5))
    world.relay.pace = None
