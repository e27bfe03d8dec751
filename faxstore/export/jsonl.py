r"""JSON Lines: one object a row, NULL as null, exact numbers as numbers, lists and objects as such.

What could steer a terminal or break a line is written ``\u001b``; it is the same text to a reader of JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sqlalchemy import func, literal_column, select

from faxstore.export.datasets import Rows
from faxstore.export.lines import copied, moment, ordered
from faxstore.export.progress import Progress
from faxstore.store.database import Connection
from faxstore.visible import visible_json

# JSON has neither character outside its escapes, so nothing is ever quoted: a line is the object as it is.
_OPTIONS = "format csv, delimiter e'\\x01', quote e'\\x02', encoding 'utf8'"


def write(connection: Connection, rows: Rows, out: BinaryIO, progress: Progress) -> None:
    """Writes all rows."""
    for number, line in enumerate(_objects(connection, rows), 1):
        out.write(line)
        progress(number)


def write_array(connection: Connection, rows: Rows, out: BinaryIO, progress: Progress) -> None:
    """Writes all rows as one JSON document, an array of those objects, each on its line."""
    out.write(b"[")
    for number, line in enumerate(_objects(connection, rows), 1):
        out.write((b",\n" if number > 1 else b"\n") + line.rstrip(b"\n"))
        progress(number)
    out.write(b"\n]\n")


def _objects(connection: Connection, rows: Rows) -> Iterator[bytes]:
    values = ordered(rows, *map(moment, rows.query.selected_columns)).subquery("row")
    query = select(func.row_to_json(literal_column('"row"'))).select_from(values)
    for line in copied(connection, query, _OPTIONS):
        yield visible_json(line.decode()).encode()
