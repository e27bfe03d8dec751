"""Everything that compaction does, as steps that a test runs at random moments; each may leave work for the next."""

from __future__ import annotations

import random
from collections.abc import Callable

import psycopg

from faxstore.store.compaction import merge_all_rollups, write_all_days
from tests.kit.given import read
from tests.kit.packing import pack
from tests.kit.rollups import merge
from tests.kit.totals import write_totals

Step = Callable[[psycopg.Connection, random.Random], object]

_PARTITIONS = """
select c.oid::regclass::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'fax.observation'::regclass and pg_relation_size(c.oid) > 0
"""


def _totals(connection: psycopg.Connection, chance: random.Random) -> None:
    write_totals(connection, most=chance.choice((1, 3, 1000)))


def _rollups(connection: psycopg.Connection, chance: random.Random) -> None:
    merge(connection, most=chance.choice((1, 10, 1000)))


def _coverage(connection: psycopg.Connection, chance: random.Random) -> None:
    connection.execute("select fax.write_coverage(%s)", [chance.choice((1, 20, 300))])


def _reconciliation(connection: psycopg.Connection, chance: random.Random) -> None:
    connection.execute("select fax.write_reconciliation(%s)", [chance.choice((1, 3, 300))])


def _packs(connection: psycopg.Connection, chance: random.Random) -> None:
    """Pack everything, or what began between two sessions, a few at a time."""
    if chance.random() < 0.3:
        pack(connection)
        return
    moments = [row["started_at"] for row in read(connection, "select started_at from fax.session order by 1")]
    if len(moments) < 2:
        return
    after, until = sorted(chance.choices(moments, k=2))
    query = "select * from fax.pack_sessions(%s, %s, %s)"
    for _ in range(2):  # the first call may only create a partition
        connection.execute(query, [after, until, chance.choice((1, 5, 100))])


def _dropped_partitions(connection: psycopg.Connection, chance: random.Random) -> None:
    """Drop what is empty, after a vacuum of some partitions."""
    for row in read(connection, _PARTITIONS):
        if chance.random() < 0.7:
            connection.execute(f"vacuum {row['name']}".encode())
    connection.execute("select fax.drop_packed_partitions()")


STEPS: tuple[Step, ...] = (_totals, _totals, _rollups, _coverage, _reconciliation, _packs, _packs, _dropped_partitions)
"""One of these runs at a time; what is named twice is drawn twice as often."""


def compact_everything(connection: psycopg.Connection) -> None:
    """Compact until nothing is left to do."""
    while write_totals(connection):
        pass
    merge_all_rollups(connection)
    write_all_days(connection)
    pack(connection)
    for row in read(connection, _PARTITIONS):
        connection.execute(f"vacuum {row['name']}".encode())
    connection.execute("select fax.drop_packed_partitions()")
