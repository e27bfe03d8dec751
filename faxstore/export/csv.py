"""CSV by RFC 4180: a header, lines that end in CR LF, quotes where a value needs them.

NULL is empty and an empty text is "".  Text is as it was sent, line ends and control characters too: those with a line
end stand in quotes, and a reader of CSV gives back what was sent.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, case, cast, func, literal

from faxstore.export.datasets import Rows
from faxstore.export.lines import copied, moment, ordered
from faxstore.export.progress import Progress
from faxstore.store.database import Connection

_OPTIONS = "format csv, header true, encoding 'utf8'"
_BLANKS = "\x01-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
FORMULA = f"^[{_BLANKS}]*[=+@\t\r\n\uff0b\uff0d\uff1d\uff20-]"
"""How text begins that a spreadsheet may take for a formula, as POSIX has regular expressions: =, +, -, @ (wide ones
too), a tab or a line end, even after blanks and what cannot be seen."""


def write(connection: Connection, rows: Rows, out: BinaryIO, progress: Progress, *, excel_safe: bool = False) -> None:
    """Writes all rows."""
    shown = [_text(column, excel_safe) for column in rows.query.selected_columns]
    for number, line in enumerate(copied(connection, ordered(rows, *shown), _OPTIONS)):
        out.write(line[:-1] + b"\r\n")
        progress(number)


def _text(column: ColumnElement[Any], excel_safe: bool) -> ColumnElement[Any]:
    if isinstance(column.type, Boolean):
        return cast(column, Text).label(column.name)
    if isinstance(column.type, ARRAY):
        return cast(func.to_json(column), Text).label(column.name)
    if excel_safe and isinstance(column.type, Text):
        return _no_formula(column).label(column.name)
    return moment(column)


def _no_formula(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text behind an apostrophe where it would be a formula; a spreadsheet does not show the apostrophe."""
    return case((column.regexp_match(FORMULA), literal("'").concat(column)), else_=column)
