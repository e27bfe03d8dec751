r"""JSON Lines: one object a row, NULL as null, exact numbers as numbers, lists and objects as such.

What could steer a terminal or break a line is written ``\u001b``; it is the same text to a reader of JSON.
"""

from __future__ import annotations

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
    values = ordered(rows, *map(moment, rows.query.selected_columns)).subquery("row")
    query = select(func.row_to_json(literal_column('"row"'))).select_from(values)
    for number, line in enumerate(copied(connection, query, _OPTIONS), 1):
        out.write(visible_json(line.decode()).encode())
        progress(number)
