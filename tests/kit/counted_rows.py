"""Rows that are easy to count: what was put into a spool, and what a reader of the history finds."""

from __future__ import annotations

import json
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
    """Encode a snapshot of a session, taken `number` seconds after noon, with this page number."""
    values: dict[str, Any] = {"channel": f"PJSIP/a-{session}", "operation": "send", "page_number": number}
    return encode(Observation(LIFE, NOON + number * 1_000_000, "FAXSession", session, state="Active", **values))


def changed(body: bytes, **values: Any) -> bytes:
    """Return an encoded Observation with values that encode() would never write."""
    names = ["kind", "version", "life", *Observation.__struct_fields__[1:]]
    fields = dict(zip(names, json.loads(body), strict=True))
    return json.dumps(list((fields | values).values())).encode()


def in_order(database: psycopg.Connection, after: int = 0) -> list[int]:
    """Return the page of each snapshot after a position, by position; asserts that the positions have no gap."""
    query = "select position, page_number from fax.session_history where position > %s order by position"
    rows = database.execute(query, [after]).fetchall()
    assert [position for position, _ in rows] == list(range(after + 1, after + len(rows) + 1))
    return [page for _, page in rows]


def pages(dsn: str) -> list[int]:
    """Return the page of each snapshot, sorted."""
    with psycopg.connect(dsn, autocommit=True) as database:
        return sorted(in_order(database))


@contextmanager
def carrying(dsn: str, spool: Spool) -> Iterator[Carrier]:
    """Run a carrier."""
    carrier = Carrier(dsn, spool, "host1")
    carrier.start()
    try:
        yield carrier
    finally:
        carrier.stop(within=5.0)
