"""Checks partitions: each table with rows of the history is attached, and has its append-only triggers."""

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
_UNPROTECTED = """
select i.inhrelid::regclass::text from pg_inherits i
where i.inhparent = 'fax.session_history'::regclass
  and (select count(*) from pg_trigger t
       where t.tgrelid = i.inhrelid and t.tgname in ('append_only', 'check_erasure') and t.tgenabled = 'A') < 2
order by 1
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each table that was detached, and for each partition without its triggers."""
    for (name,) in connection.execute(_LOOSE).fetchall():
        query = sql.SQL("select min(position), max(position), count(*) from {}").format(sql.Identifier("fax", name))
        ((first, last, rows),) = connection.execute(query).fetchall()
        what = f"detached from fax.session_history; it holds {rows} rows, positions {first} to {last}"
        yield Finding("partitions", f"fax.{name}", what)
    for (name,) in connection.execute(_UNPROTECTED).fetchall():
        yield Finding("partitions", name, "not append-only: a trigger is disabled or gone")
