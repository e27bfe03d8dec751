"""Checks partitions: each table with rows of the history is attached.  catalog.py compares those that are."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_LOOSE = """
select c.relname from pg_class c
where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r' and c.relname ~ '^session_history_'
  and not c.relispartition
order by 1
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each table that was detached."""
    for (name,) in connection.execute(_LOOSE).fetchall():
        query = sql.SQL("select min(position), max(position), count(*) from {}").format(sql.Identifier("fax", name))
        ((first, last, rows),) = connection.execute(query).fetchall()
        what = f"detached from fax.session_history; it holds {rows} rows, positions {first} to {last}"
        yield Finding("partitions", f"fax.{name}", what)
