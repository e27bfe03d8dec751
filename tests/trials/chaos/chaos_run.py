"""One run: start everything, break it, repair it, drain the spool, stop; the judge compares the result."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from faxstore.store import embedded
from tests.kit.relay import to_port
from tests.trials.chaos import lock_waits
from tests.trials.chaos.archive import Archive
from tests.trials.chaos.asterisk import SECRET, Asterisk
from tests.trials.chaos.faults import FAULTS, Planned, plan
from tests.trials.chaos.ingestor_process import Ingestor, spooled
from tests.trials.chaos.ledger import Ledger
from tests.trials.chaos.lock_waits import Wait
from tests.trials.chaos.postgres import USER, Postgres
from tests.trials.chaos.world import NoEffectError, World

DRAIN_WITHIN = 180.0
"""Seconds after the last fault until the spool must be empty, except for records that wait for a session."""

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What a run leaves behind."""

    ledger: Ledger
    dsn: str
    archive: Archive
    faults: Counter[str] = field(default_factory=Counter)
    without_effect: int = 0
    unclean: list[str] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    """The waits of the ingestor for locks."""
    longest_steps: dict[str, float] = field(default_factory=dict)
    """Milliseconds of the longest step of compaction in the ingestor, by function."""
    waiting: set[int] = field(default_factory=set)
    """Serials that wait in the spool for their session."""


async def run(
    folder: Path, seed: int, seconds: float, sessions: int, every: float, say: Say
) -> tuple[Outcome, Postgres]:
    """Injects faults for `seconds`, one per `every` seconds on average; Postgres runs at the end."""
    postgres = await asyncio.to_thread(Postgres, folder)
    await postgres.until_ready()
    ledger, relay = Ledger(), to_port(postgres.port)
    await relay.listen()
    asterisk = Asterisk(ledger, random.Random(seed + 1), sessions)
    dsn = f"postgresql://{USER}@127.0.0.1:{relay.port}/{embedded.DATABASE}"
    ingestor = Ingestor(folder, ledger, dsn, asterisk.port, SECRET)
    world = World(asterisk, ingestor, postgres, relay)
    archive = Archive(folder, postgres, dsn, random.Random(seed + 2))
    outcome = Outcome(ledger, postgres.dsn, archive)
    try:
        await asterisk.start()
        await ingestor.start()
        await _until("the first rows come", lambda: ledger.lists_read > 0, 60)
        archiving = asyncio.create_task(archive.runs())
        await _break(world, plan(seed, seconds, every), outcome, say)
        archiving.cancel()
        with suppress(asyncio.CancelledError):
            await archiving
        await _settle(world, outcome, say)
        outcome.waits = lock_waits.waits(postgres.log)
        outcome.longest_steps = lock_waits.longest_steps(postgres.log)
        return outcome, postgres
    except BaseException:
        await postgres.kill()
        raise
    finally:
        await ingestor.kill()
        await asterisk.close()
        relay.refuse()
        relay.cut()


async def _break(world: World, planned: list[Planned], outcome: Outcome, say: Say) -> None:
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for fault in planned:
            while (left := began + fault.at - time.monotonic()) > 0:
                await asyncio.sleep(min(left, 0.5))
                if not world.ingestor_lock.locked():
                    await world.ingestor.check()
            say(f"{time.monotonic() - began:7.1f} s  {fault.name}")
            group.create_task(_one(world, fault, outcome))


async def _one(world: World, fault: Planned, outcome: Outcome) -> None:
    _, act = FAULTS[fault.name]
    try:
        await act(world, random.Random(fault.seed))
        outcome.faults[fault.name] += 1
    except NoEffectError:
        outcome.without_effect += 1


async def _settle(world: World, outcome: Outcome, say: Say) -> None:
    """Repairs everything: faxes end, lists arrive, the spool drains."""
    say("repaired; waiting until the spool is empty")
    await world.repair()
    world.asterisk.sessions = 0
    world.asterisk.hang_up_all()
    await world.ingestor.check()
    polls = outcome.ledger.lists_read
    await _until("lists come again", lambda: outcome.ledger.lists_read >= polls + 3, DRAIN_WITHIN)
    left = -1
    deadline = time.monotonic() + DRAIN_WITHIN
    while time.monotonic() < deadline:
        before, left = left, await asyncio.to_thread(_left, world.ingestor.spool)
        if left == 0 or (left == before and left < 500):  # records that wait for a session remain
            break
        await asyncio.sleep(2)
    await outcome.archive.complete()
    await world.ingestor.leave()
    outcome.unclean = [*world.ingestor.unclean, *outcome.archive.unclean]
    outcome.waiting = await asyncio.to_thread(spooled, world.ingestor.spool)


def _left(spool: Path) -> int:
    with closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True, timeout=30)) as database:
        count: int = database.execute("select count(*) from entry").fetchone()[0]
        return count


async def _until(what: str, condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s until {what}"
        await asyncio.sleep(0.1)
