"""Checks partitions: each table with rows of the history is attached.  catalog.py compares those that are."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from faxstore.counted import counted
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_LOOSE = """
select c.relname from pg_class c
where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r' and c.relname like %s and not c.relispartition
order by 1
"""
_CONTENTS = {
    "observation": "select min(position), max(position), count(*) from {}",
    "session_pack": "select min(first_position), max(last_position), coalesce(sum(row_count), 0) from {}",
}
"""What a detached partition of each table contains: its first and last position, and its rows."""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each table that was detached."""
    for table, contents in _CONTENTS.items():
        for (name,) in connection.execute(_LOOSE, [table.replace("_", r"\_") + r"\_%"]).fetchall():
            query = sql.SQL(contents).format(sql.Identifier("fax", name))
            ((first, last, rows),) = connection.execute(query).fetchall()
            what = f"detached from fax.{table}; it holds {counted(rows, 'rows')}, positions {first} to {last}"
            yield Finding("partitions", f"fax.{name}", what)
