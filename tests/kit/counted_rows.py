"""Rows that are easy to count: what was put, and what a reader of the history finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from faxstore.ingest.carrier import Carrier
from faxstore.observations import Life, Observation, encode
from faxstore.spool.queue import Spool

NOON = 1_795_435_200_000_000
LIFE = Life("pbx1", NOON, started_at=NOON - 3_600_000_000)


def snapshot(number: int, session: int = 7) -> bytes:
    """One snapshot of a session, `number` seconds after noon, with that page."""
    told: dict[str, Any] = {"channel": f"PJSIP/a-{session}", "operation": "send", "page_number": number}
    return encode(Observation(LIFE, NOON + number * 1_000_000, "FAXSession", session, state="Active", **told))


def in_order(database: psycopg.Connection, after: int = 0) -> list[int]:
    """The page of each snapshot after a position, in the order of their positions; these have no gap."""
    query = "select position, page_number from fax.session_history where position > %s order by position"
    rows = database.execute(query, [after]).fetchall()
    assert [position for position, _ in rows] == list(range(after + 1, after + len(rows) + 1))
    return [page for _, page in rows]


def pages(dsn: str) -> list[int]:
    """The page of each snapshot, sorted."""
    with psycopg.connect(dsn, autocommit=True) as database:
        return sorted(in_order(database))


@contextmanager
def carrying(dsn: str, spool: Spool) -> Iterator[Carrier]:
    """A carrier at work."""
    carrier = Carrier(dsn, spool, "host1")
    carrier.start()
    try:
        yield carrier
    finally:
        carrier.stop(within=5.0)
