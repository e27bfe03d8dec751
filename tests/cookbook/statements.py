"""The statements of docs/how-to/queries.md, and their answers as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from docs.reference import queries_page

Row = dict[str, Any]

QUESTIONS = {question.number: question for question in queries_page.questions(queries_page.PAGE.read_text("utf-8"))}
"""The questions of the page by number."""


def ask(
    database: psycopg.Connection, number: int, put: Mapping[str, str] | None = None, *, time_zone: str = "UTC"
) -> list[Row]:
    """Return the answer to a question, in UTC as on the page; `put` maps text to its replacement."""
    statement = QUESTIONS[number].sql
    for old, new in (put or {}).items():
        assert old in statement, f"question {number} has no {old}"
        statement = statement.replace(old, new)
    with database.transaction():
        database.execute("select set_config('timezone', %s, true)", [time_zone])
        return database.cursor(row_factory=dict_row).execute(statement.encode()).fetchall()


def lines(rows: list[Row], *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of an answer, or all, as tuples."""
    return [tuple(row[name] for name in names or row) for row in rows]
