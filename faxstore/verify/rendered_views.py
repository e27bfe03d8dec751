"""Shipped views in the words of this server.

Versions of PostgreSQL write the definition of the same view differently: before 16 they name the table of each column.
So the server writes the shipped definition too: as a temporary view, in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import psycopg
from psycopg import sql

from faxstore.store.database import Connection
from faxstore.verify.live_catalog import fix_settings

_DEFINITION = "select pg_get_viewdef('pg_temp.faxstore_shipped'::regclass)"


def render(connection: Connection, definitions: Mapping[str, str]) -> dict[str, str]:
    """Return each definition as this server writes it, by name; without those that the schema no longer admits.

    Raises psycopg.errors.InsufficientPrivilege without the right TEMPORARY on the database, and
    psycopg.errors.ReadOnlySqlTransaction on a standby.
    """
    found: dict[str, str] = {}
    with connection.transaction(force_rollback=True):
        fix_settings(connection)
        for name, definition in definitions.items():
            try:
                found[name] = _rendered(connection, definition)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction):
                raise
            except psycopg.ProgrammingError:  # it names an object that is gone, or has another type
                continue
    return found


def _rendered(connection: Connection, definition: str) -> str:
    with connection.transaction(force_rollback=True):
        view = sql.SQL("create temporary view faxstore_shipped as ") + sql.SQL(definition)
        connection.execute(view)
        row = connection.execute(_DEFINITION).fetchone()
        return cast("str", row[0]) if row else ""
