"""Everything that can break, and how all of it is repaired."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import LiteralString

from faxstore.store import embedded
from tests.kit.relay import Relay
from tests.trials.chaos.asterisk import Asterisk
from tests.trials.chaos.ingestor_process import Ingestor
from tests.trials.chaos.postgres import Postgres

WRITABLE: LiteralString = "alter system reset default_transaction_read_only"
RELOAD: LiteralString = "select pg_reload_conf()"


class NoEffectError(Exception):
    """There was nothing to break."""


@dataclass
class World:
    """Everything that can break.  Holding a lock means that a fault has taken that process down."""

    asterisk: Asterisk
    ingestor: Ingestor
    postgres: Postgres
    relay: Relay
    asterisk_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ingestor_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    postgres_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def repair(self) -> None:
        """Repairs what an interrupted fault left broken."""
        self.relay.passing.set()
        self.relay.pace, self.relay.commits_to_cut, self.asterisk.latency = None, 0, 0.0
        await self.relay.listen()
        self.ingestor.halt(False)
        self.ingestor.disk_full(False)
        for link in self.asterisk.links.values():
            link.pace = None
        await self.postgres.until_ready()
        await self.postgres.execute(WRITABLE, RELOAD, connection_limit(-1))


def connection_limit(connections: int) -> LiteralString:
    """The statement that limits connections to the database; -1 means no limit."""
    return f"alter database {embedded.DATABASE} connection limit {connections}"


def short(rng: random.Random) -> float:
    """Seconds: mostly short, sometimes long enough for the longest back-off."""
    return rng.choices((rng.uniform(0, 1), rng.uniform(1, 4), rng.uniform(5, 15)), (5, 4, 1))[0]
