"""Writes totals, and reads which sessions have one and whether they are true."""

from __future__ import annotations

from uuid import UUID

import psycopg

from tests.kit.given import read


def write_totals(database: psycopg.Connection, most: int = 1000, quiet_seconds: float = 0) -> int | None:
    """Writes totals once; returns their number, None if another connection is writing some."""
    row = database.execute("select fax.write_totals(%s, %s)", [most, quiet_seconds]).fetchone()
    assert row is not None
    written: int | None = row[0]
    return written


def totalled(database: psycopg.Connection) -> set[UUID]:
    """The sessions with a total."""
    return {row["session_id"] for row in read(database, "select session_id from fax.session_total")}


def untotalled(database: psycopg.Connection) -> set[UUID]:
    """The sessions without a total."""
    return {row["session_id"] for row in read(database, "select session_id from fax.session_untotalled")}


def wrong(database: psycopg.Connection) -> list[str]:
    """What is wrong with totals: those that differ from the rows, and sessions in both or neither of the tables."""
    return [row["problem"] for row in read(database, "select problem from fax.wrong_totals('-infinity', 'infinity')")]
