"""Lists and helpers for the tests of rights."""

from __future__ import annotations

import psycopg
import pytest

REFUSED = psycopg.errors.InsufficientPrivilege

ROLES = ("fax_ingest", "fax_reader", "fax_sealer", "fax_masked", "fax_billing", "fax_export")
"""The roles that users are members of."""

APPEND_ONLY = (
    *("observation", "session_pack", "collector", "append_batch", "server_history", "rejected_message"),
    *("checkpoint", "log_subtree", "log_run", "log_record", "erased_digest", "erasure", "rate_change", "month_change"),
)
LEDGER = ("export_batch", "export_delivery", "export_line")
"""Append-only too, except that the personal values of a line can be erased (tests/billing)."""
UPDATED = ("session", "epoch", "lease", "spool_progress")
"""Tables that fax.append() and fax.hold_lease() update."""

PARTITIONS = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'fax.observation'::regclass
"""
PARTITIONS_OF_PACKS = PARTITIONS.replace("observation", "session_pack")
VIEWS = "select viewname from pg_views where schemaname = 'fax' order by 1"


def refuses(connection: psycopg.Connection, statement: str) -> None:
    """Asserts that a statement lacks a right.  Rolls it back, so that a wrongly allowed change does not last."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except REFUSED:
        return
    pytest.fail(f"allowed: {statement}")


def names(connection: psycopg.Connection, query: str) -> list[str]:
    """Returns the first column of a query, as text."""
    return [str(name) for (name,) in connection.execute(query.encode())]
