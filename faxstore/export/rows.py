"""Reads the rows of a query without holding them all: COPY lines that Postgres formats, or rows from a server cursor.

SQLAlchemy only compiles the query; psycopg runs it.  COPY is the quick way to text: a row of fifty columns costs the
client one copy of bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from psycopg.abc import Params
from psycopg.rows import RowFactory
from sqlalchemy import ColumnElement, DateTime, Select, func
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from faxstore.store.database import Connection

Progress = Callable[[int], None]
"""Called with the number of rows written so far; the header of a CSV file is row 0."""

Item = TypeVar("Item")

FIRST_FETCH = 100
FETCH = 5_000
"""The fewest and the most rows that a server cursor fetches at once."""

PAUSE = 0.2
"""Seconds within which the next rows should appear on a terminal."""

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_ISO_8601 = 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM'


def copy_lines(connection: Connection, query: Select[Any], options: str) -> Iterator[bytes]:
    """The lines of COPY with these options, each with its line end (LF).

    A line is one whole row, even if a value contains line ends: libpq returns row by row (PQgetCopyData).
    """
    statement, parameters = compile_query(query)
    command = f"copy ({statement}) to stdout ({options})".encode()
    with connection.cursor() as cursor, cursor.copy(command, parameters) as rows:
        yield from map(bytes, rows)


def fetch_rows(connection: Connection, query: Select[Any], row_factory: RowFactory[Item]) -> Iterator[Item]:
    """The rows of a query as they arrive, as `fetch_statement` does."""
    statement, parameters = compile_query(query)
    return fetch_statement(connection, statement, parameters, row_factory)


def fetch_statement(
    connection: Connection, statement: str, parameters: Params | None, row_factory: RowFactory[Item]
) -> Iterator[Item]:
    """The rows of a statement as they arrive, from a server cursor, which needs an open transaction.

    It fetches few rows at first, and then those of about PAUSE seconds at once: a reader at a terminal sees progress.
    """
    with connection.cursor("faxstore_rows", row_factory=row_factory) as cursor:
        cursor.execute(statement.encode(), parameters)
        size, asked = FIRST_FETCH, time.monotonic()
        while rows := cursor.fetchmany(size):
            took = time.monotonic() - asked
            yield from rows
            size = min(size * 2, FETCH) if took < PAUSE / 2 else size if took < PAUSE else max(size // 2, FIRST_FETCH)
            asked = time.monotonic()


def counted(items: Iterable[Item], progress: Progress, first: int = 1) -> Iterator[Item]:
    """The same items; calls `progress` with the number of each one, from `first` on, after it was used."""
    for number, item in enumerate(items, first):
        yield item
        progress(number)


def compile_query(query: Select[Any]) -> tuple[str, dict[str, Any]]:
    """The text of a query as psycopg takes it, and its parameters by name."""
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(compiled), dict(compiled.params)


def iso_8601(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A time column as ISO 8601 text with the offset of the connection's time zone; another column unchanged."""
    if not isinstance(column.type, DateTime):
        return column
    return func.to_char(column, _ISO_8601).label(column.name)
