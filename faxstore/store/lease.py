"""Leases in the database: which of several ingestors collects from a server.

A lease makes a standby possible: one ingestor collects, another waits and takes over when the lease expires.
faxstore.ingest.leader_election explains what an ingestor does with it.  Only the clock of the database decides when
a lease expires, so the clocks of the hosts may differ.

The leases have a connection of their own, in the event loop of the collectors: a slow append does not delay them,
and an ingestor whose event loop hangs loses its leases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from faxstore import sql
from faxstore.store.database import conninfo, conninfo_without_options

LEASE_SECONDS = 6.0
"""Seconds after which a lease that is not renewed expires."""

_HOLD = sql.text("queries/store/hold_leases")


@dataclass(frozen=True, slots=True)
class Lease:
    """The state of one server's lease, as the database reports it."""

    server: str
    mine: bool
    """Whether the ingestor that asked holds it."""
    holder: str
    seconds: float
    """Seconds until it expires."""
    previous_holder: str | None = None
    """The ingestor that held it before this answer passed it on; None if it was not passed on."""
    last_renewed_at: datetime | None = None
    """When the previous holder last renewed it; None if it gave it up."""


class Leases:
    """Requests the leases of one ingestor.  After any error it can be used again: it reconnects."""

    def __init__(self, dsn: str, holder: str) -> None:
        self._dsn = dsn
        self.holder = holder
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None

    async def hold(self, servers: Sequence[str], seconds: float = LEASE_SECONDS) -> list[Lease]:
        """Request or renew the lease of each server; 0 seconds give it up.

        Raises psycopg.Error.  It may take long, and may be cancelled.
        """
        connection, self._connection = self._connection, None
        try:
            connection = connection or await self._connect()
            parameters = {"servers": sorted(servers), "holder": self.holder, "seconds": seconds}
            rows = await (await connection.execute(_HOLD, parameters)).fetchall()
        except BaseException:
            if connection is not None:
                await connection.close()
            raise
        self._connection = connection
        return [Lease(*row) for row in rows]

    async def give_up(self, servers: Sequence[str]) -> None:
        """Release the leases at once, if there is a connection, and close it."""
        if self._connection is None:
            return
        await self.hold(servers, 0)
        connection, self._connection = self._connection, None
        await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        """Connect so that a pooler may be in between: without prepared statements."""
        try:
            return await _connect(conninfo(self._dsn))
        except psycopg.OperationalError as error:
            return await _connect(conninfo_without_options(self._dsn, error))


async def _connect(parameters: str) -> psycopg.AsyncConnection[TupleRow]:
    return await psycopg.AsyncConnection.connect(parameters, autocommit=True, prepare_threshold=None)
