"""Writes the answers from the bundled recordings below the questions of docs/how-to; `make docs` runs it.

A question is a heading ``### N. ...`` with one block of SQL, then a block of text with the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql as quoting

from faxstore.capture import recording as capture
from faxstore.capture.message import MalformedMessageError, parse
from faxstore.ingest.importer import import_file, server_of
from faxstore.observations import MICROSECONDS, moment

PAGE = Path(__file__).parents[1] / "how-to" / "queries.md"
CHARGES = PAGE.with_name("charges.md")
RECORDINGS = Path(__file__).parents[2] / "tests" / "captures"

_QUESTION = re.compile(
    r"^### (?P<number>\d+)\. (?P<title>.+?)\n(?P<text>.*?)"
    r"^```sql\n(?P<sql>.*?)^```\n(?:\n```text\n(?P<answer>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Question:
    """One question of the page, with its current answer."""

    number: int
    title: str
    sql: str
    answer: str


def questions(page: str) -> list[Question]:
    """Return the questions of the page in the order of their numbers."""
    found = [Question(int(m["number"]), m["title"], m["sql"], m["answer"] or "") for m in _QUESTION.finditer(page)]
    return sorted(found, key=lambda question: question.number)


def import_recordings(connection: psycopg.Connection) -> None:
    """Import every recording as a separate server, with the call records that Asterisk would have written."""
    connection.execute(
        "create table cdr (calldate timestamptz, channel text, lastapp text, uniqueid text, peeraccount text)"
    )
    for path in sorted(RECORDINGS.glob("*.jsonl.gz")):
        import_file(connection, str(path), None, lambda _: None)
        with connection.cursor() as cursor:
            cursor.executemany("insert into cdr values (%s, %s, %s, %s, %s)", list(_call_records(path)))


def enter_rates(connection: psycopg.Connection) -> None:
    """Enter the rates in the first block of SQL of the page about charges."""
    block = re.search(r"^```sql\n(.*?)^```\n", CHARGES.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block is not None
    connection.execute(block[1].encode())


def answered(connection: psycopg.Connection, page: str) -> str:
    """Return the page with the answer of that database below each question."""

    def put(match: re.Match[str]) -> str:
        question = match["sql"]
        head = f"### {match['number']}. {match['title']}\n{match['text']}"
        return f"{head}```sql\n{question}```\n\n```text\n{answer(connection, question)}```\n"

    return _QUESTION.sub(put, page)


def answer(connection: psycopg.Connection, question: str) -> str:
    """Return the rows as a table of text, with times in UTC."""
    with connection.transaction():
        connection.execute("set local timezone = 'UTC'")
        cursor = connection.execute(quoting.SQL(question))
        names = [column.name for column in cursor.description or ()]
        rows = [[_cell(value) for value in row] for row in cursor]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [names, *rows]
    ]
    return "".join(f"{line}\n" for line in lines) + f"({len(rows)} row{'s' if len(rows) != 1 else ''})\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return str(value)


def _call_records(path: Path) -> Iterator[tuple[datetime, str, str, str, str]]:
    """Yield a record for each channel whose last fax application was SendFAX or ReceiveFAX (cdr.c: lastapp)."""
    server, lines = server_of(str(path), capture.read(str(path)))
    last: dict[str, tuple[datetime, str, str, str, str]] = {}
    for line in lines:
        if line.dir != "in" or "Event: Newexten" not in line.text:
            continue
        try:
            event = parse(line.text)
        except MalformedMessageError:
            continue
        application = event.get("Application")
        if application in ("SendFAX", "ReceiveFAX"):
            at = moment(round(line.ts * MICROSECONDS))
            last[event.get("Uniqueid")] = (at, event.get("Channel"), application, event.get("Uniqueid"), server)
    yield from last.values()
