"""What the tests of rights share."""

from __future__ import annotations

import psycopg
import pytest

REFUSED = psycopg.errors.InsufficientPrivilege

APPEND_ONLY = (
    *("session_history", "append_batch", "server_history", "rejected_message"),
    *("checkpoint", "log_subtree", "log_run", "erased_digest", "erasure"),
)
LEDGER = ("export_batch", "export_delivery", "export_line")
"""Append-only too; of a line the personal values can be erased (tests/billing/test_ledger_kept.py)."""
KEPT = ("session", "epoch", "lease")
"""Tables that fax.append() and fax.hold_lease() keep up to date."""

PARTITIONS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'fax.session_history'::regclass
"""
VIEWS = "select viewname from pg_views where schemaname = 'fax' order by 1"


def refuses(connection: psycopg.Connection, statement: str) -> None:
    """In a transaction of its own, so that what is wrongly allowed is not kept."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except REFUSED:
        return
    pytest.fail(f"allowed: {statement}")


def names(connection: psycopg.Connection, query: str) -> list[str]:
    """The first column of a query."""
    return [str(name) for (name,) in connection.execute(query.encode())]
