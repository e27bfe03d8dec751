"""Compares the views with the fold of the same rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.sql.reference_fold.fold import Table, Views, fold

NOT_FOLDED = {"overlaps_gap", "fax_session_id", "started_not_before"}
"""Columns that depend on other sessions or on the server, not on the session's own rows."""

_classes: dict[tuple[str | None, str | None, str | None], str | None] = {}


def differences(connection: psycopg.Connection) -> list[str]:
    """The differences between the views and the fold: one line per row or column."""
    return between(views(connection), folded_views(connection))


def views(connection: psycopg.Connection) -> Views:
    """The rows of the views."""
    return Views(
        {(row["session_id"],): row for row in read(connection, "select * from fax.sessions")},
        {(row["session_id"], row["page"]): row for row in read(connection, "select * from fax.session_pages")},
        {
            (row["session_id"], row["observed_at"]): row
            for row in read(connection, "select * from fax.session_timeline order by observed_at")
        },
    )


def folded_views(connection: psycopg.Connection) -> Views:
    """The rows of the fold."""

    def class_of(status: str | None, error: str | None, text: str | None) -> str | None:
        """fax.result_class() has its own tests."""
        said = status, error, text
        if said not in _classes:
            (_classes[said],) = connection.execute("select fax.result_class(%s, %s, %s)", said).fetchone() or (None,)
        return _classes[said]

    technologies = read(connection, "select technology, bad_lines_counted_by from fax.technology")
    return fold(
        read(connection, "select * from fax.session"),
        read(connection, "select * from fax.session_history"),
        read(connection, "select * from fax.epoch"),
        {row["technology"]: row["bad_lines_counted_by"] for row in technologies},
        class_of,
    )


def between(recorded: Views, folded: Views) -> list[str]:
    """The differences of all views."""
    return [
        *between_tables("sessions", recorded.sessions, folded.sessions),
        *between_tables("session_pages", recorded.pages, folded.pages),
        *between_tables("session_timeline", recorded.timeline, folded.timeline),
    ]


def between_tables(view: str, recorded: Table, folded: Table) -> list[str]:
    """The differences of one view."""
    found = []
    for key in sorted(recorded.keys() | folded.keys(), key=str):
        ours, theirs = folded.get(key), recorded.get(key)
        if ours is None or theirs is None:
            found.append(f"{view} {key[1:]}: only {'the view' if ours is None else 'the fold'} has {theirs or ours}")
            continue
        for column in sorted((ours.keys() | theirs.keys()) - NOT_FOLDED):
            here, there = ours.get(column, "no such column"), theirs.get(column, "no such column")
            if column == "file_names" and here and there:
                here, there = sorted(here), sorted(there)  # their order has no meaning
            if differs(here, there):
                found.append(f"{view} {key[1:]} {column}: {there!r} in the view, {here!r} in the fold")
    return found


def differs(one: Any, other: Any) -> bool:
    """Rounds a ratio to twelve places, because it may not terminate."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return abs(one - other) > abs(one).scaleb(-12)
    return bool(one != other)


def read(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    """All rows of a query.  It is not prepared, because its plan would be made again after each rollback."""
    return connection.cursor(row_factory=dict_row).execute(query.encode(), prepare=False).fetchall()
