"""Rows as lines that the database makes itself, by COPY: a row of fifty columns costs the client one copy of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, func
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from faxstore.export.datasets import Rows
from faxstore.store.database import Connection

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_ISO_8601 = 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM'


def copied(connection: Connection, query: Select[Any], options: str) -> Iterator[bytes]:
    """The lines of COPY, each with its line end (LF), as they come: memory holds one.

    A line is a whole row, line ends within its values and all: so libpq hands them out (PQgetCopyData).
    """
    statement, parameters = compiled(query)
    command = f"copy ({statement}) to stdout ({options})".encode()
    with connection.cursor() as cursor, cursor.copy(command, parameters) as rows:
        yield from map(bytes, rows)


def compiled(query: Select[Any]) -> tuple[str, dict[str, Any]]:
    """The query as psycopg takes it: its text, and its parameters by name."""
    made = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(made), dict(made.params)


def ordered(rows: Rows, *shown: ColumnElement[Any], before: Iterable[ColumnElement[Any]] = ()) -> Select[Any]:
    """What is to be shown of the rows, in their order; `before` comes before that order."""
    columns = rows.query.selected_columns
    return rows.query.with_only_columns(*shown).order_by(*before, *(columns[name] for name in rows.order))


def moment(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A moment as ISO 8601 text with the offset of the connection's zone then; any other column as it is."""
    if not isinstance(column.type, DateTime):
        return column
    return func.to_char(column, _ISO_8601).label(column.name)
