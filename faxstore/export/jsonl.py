r"""JSON Lines: one object per row, NULL as null, numbers exact, arrays and objects as such.

Control characters are escaped as ``\u001b``, so that text from the wire cannot steer a terminal or break a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sqlalchemy import func, literal_column, select

from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, copy_lines, counted, iso_8601
from faxstore.store.database import Connection
from faxstore.visible import visible_json

# JSON contains neither character unescaped, so COPY never quotes: each line is the object as it is.
_OPTIONS = "format csv, delimiter e'\\x01', quote e'\\x02', encoding 'utf8'"


def write(connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress) -> None:
    """Write all rows, one object per line."""
    out.writelines(counted(_objects(connection, dataset), progress))


def write_array(connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress) -> None:
    """Write all rows as one JSON document: an array with one object per line."""
    out.write(b"[")
    for number, line in enumerate(_objects(connection, dataset), 1):
        out.write((b",\n" if number > 1 else b"\n") + line.rstrip(b"\n"))
        progress(number)
    out.write(b"\n]\n")


def _objects(connection: Connection, dataset: Dataset) -> Iterator[bytes]:
    values = dataset.ordered(*map(iso_8601, dataset.columns)).subquery("row")
    query = select(func.row_to_json(literal_column('"row"'))).select_from(values)
    for line in copy_lines(connection, query, _OPTIONS):
        yield visible_json(line.decode()).encode()
