"""A database with everything in it: fresh rows, packs, totals, a dropped month, an erasure, batches, seals, a lease."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.kit import truth
from tests.kit.archives import SEPTEMBER, archived, compacted, dropped, history, proof
from tests.kit.billing_batches import export
from tests.kit.command_line import run_command
from tests.kit.given_rates import rate
from tests.kit.log_faxes import sealed

LIVE = "t38-22"
"""The recording whose rows are not compacted."""


def use(dsn: str, folder: Path) -> None:
    """Fills a database; the archive and the delivered batches go into `folder`."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        history(connection)
        rate(connection, per_page="0.05")
        compacted(connection)
        (session,) = one(connection, "select session_id from fax.session order by started_at desc limit 1")
        connection.execute("select fax.erase_sessions(array[%s]::uuid[], 'a request')", [session])
        sealed(dsn)
        archived(dsn, folder / "archive", SEPTEMBER)
        dropped(dsn, SEPTEMBER)
        assert run_command(dsn, "import", str(truth.path(LIVE))).returncode == 0
        connection.execute("select fax.hold_lease('pbx', 'host/1', 60)")
        sealed(dsn)
    (folder / "delivered").mkdir()
    assert len(export(dsn, folder / "delivered")) == 1


def shown(dsn: str) -> dict[str, list[Any]]:
    """Every view of the schema, by name, except what changes with the clock."""
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        views = connection.execute("select viewname from pg_views where schemaname = 'fax' order by 1").fetchall()
        return {
            view: connection.execute(f"select t::text from fax.{view} t order by 1".encode()).fetchall()
            for (view,) in views
        }


def proofs(dsn: str) -> list[dict[str, object]]:
    """The proofs of the first row, which is in the archive, and of the last one that is sealed."""
    with psycopg.connect(dsn) as connection:
        (last,) = one(connection, "select max(size) from fax.checkpoint")
    return [proof(dsn, position) for position in (1, last)]


def leases(dsn: str) -> list[tuple[str, str, datetime]]:
    """Who collects from which server, until when."""
    with psycopg.connect(dsn) as connection:
        return connection.execute("select server, holder, expires_at from fax.lease order by 1").fetchall()


def one(connection: psycopg.Connection, query: str) -> Any:
    """The only row of an answer."""
    (row,) = connection.execute(query.encode()).fetchall()
    return row
