"""The leases in the database: which of several ingestors is to watch a server, by the database's clock alone.

They have a connection of their own, in the event loop of the collectors: an append that takes long does not hold them
up, and a loop that hangs loses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from faxstore import sql
from faxstore.store.database import conninfo

LEASE = 6.0
"""Seconds after which an ingestor that says nothing has lost its servers."""

_HOLD = sql.text("queries/store/hold_leases")
_SET_UP = """
select set_config('statement_timeout', '1500', false),
       set_config('synchronous_commit', 'off', false)
"""
"""A lease that a crash of the database forgets is asked for again; none may wait for a standby of the database."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the database says of one server."""

    server: str
    mine: bool
    holder: str
    seconds: float
    """How long its lease still lasts."""
    left_by: str | None = None
    """Who had it before the one that gets it with this answer."""
    silent_since: datetime | None = None
    """When that one last renewed it; None: it gave it up."""


class Leases:
    """Asks for one ingestor.  Any error leaves it as usable as before: it connects anew."""

    def __init__(self, dsn: str, holder: str) -> None:
        self._dsn = dsn
        self.holder = holder
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def hold(self, servers: Sequence[str], seconds: float = LEASE) -> list[Held]:
        """Asks for the lease of each server.  Raises psycopg.Error; may take long, and may be cancelled."""
        connection, self._connection = self._connection, None
        try:
            connection = connection or await self._connect()
            asked = {"servers": sorted(servers), "holder": self.holder, "seconds": seconds}
            rows = await (await connection.execute(_HOLD, asked)).fetchall()
        except BaseException:
            if connection is not None:
                await connection.close()
            raise
        self._connection = connection
        return [Held(*row) for row in rows]

    async def give_up(self, servers: Sequence[str]) -> None:
        """Lets another have them at once, where the database is at hand, and ends the connection."""
        if self._connection is None:
            return
        await self.hold(servers, 0)
        connection, self._connection = self._connection, None
        await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        connection = await psycopg.AsyncConnection.connect(conninfo(self._dsn), autocommit=True)
        try:
            await connection.execute(_SET_UP)
        except BaseException:
            await connection.close()
            raise
        return connection
