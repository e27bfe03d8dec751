"""Builders of rates, by default in euros and valid since 2000, and queries of charges."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tests.kit.given import Row, read


def rate(database: psycopg.Connection, **values: Any) -> int:
    """Inserts a rate and returns its id."""
    columns = {"currency": "EUR", "valid_from": "2000-01-01Z"} | values
    statement = sql.SQL("insert into fax.rate ({}) values ({}) returning rate_id").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(sql.Placeholder() * len(columns))
    )
    row = database.execute(statement, list(columns.values())).fetchone()
    assert row is not None
    return int(row[0])


def charges(database: psycopg.Connection) -> list[Row]:
    """Returns fax.session_charges, oldest first."""
    return read(database, "select * from fax.session_charges order by started_at, session_id")


def the_charge(database: psycopg.Connection) -> Row:
    """Returns the only row of fax.session_charges."""
    (row,) = charges(database)
    return row
