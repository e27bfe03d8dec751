"""Partitions of fax.observation, which are of days from the day on which the schema was created."""

from __future__ import annotations

import psycopg


def created_on(database: psycopg.Connection, day: str) -> None:
    """Moves the creation of the schema to another day; there must be no rows yet."""
    database.execute("alter table fax.observation detach partition fax.observation_past")
    database.execute(
        "alter table fax.observation attach partition fax.observation_past for values from (minvalue) to "
        f"('{day} 00:00+00')".encode()
    )


def partition_of(database: psycopg.Connection, position: int) -> str:
    """The name of the partition with the row at a position."""
    query = "select c.relname from fax.observation o join pg_class c on c.oid = o.tableoid where o.position = %s"
    ((name,),) = database.execute(query, [position]).fetchall()
    return str(name)
