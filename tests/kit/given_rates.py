"""Given rates, in euros and since 2000 unless they say otherwise, and what faxes cost by them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tests.kit.given import Row, read


def rate(database: psycopg.Connection, **said: Any) -> int:
    """Enters a rate, and gives its id."""
    columns = {"currency": "EUR", "valid_from": "2000-01-01Z"} | said
    statement = sql.SQL("insert into fax.rate ({}) values ({}) returning rate_id").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(sql.Placeholder() * len(columns))
    )
    row = database.execute(statement, list(columns.values())).fetchone()
    assert row is not None
    return int(row[0])


def charges(database: psycopg.Connection) -> list[Row]:
    """fax.session_charges, the oldest first."""
    return read(database, "select * from fax.session_charges order by started_at, session_id")


def the_charge(database: psycopg.Connection) -> Row:
    """The one row of fax.session_charges."""
    (row,) = charges(database)
    return row
