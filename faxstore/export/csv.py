"""CSV by RFC 4180: a header, lines that end in CR LF, quotes where a value needs them.

NULL is an empty field, an empty text is "".  Text is written as it was received: a value with line ends or control
characters is quoted, and a CSV reader returns the original text.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, case, cast, func, literal

from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, copy_lines, counted, iso_8601
from faxstore.store.database import Connection

_OPTIONS = "format csv, header true, encoding 'utf8'"
_BLANKS = "\x01-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
FORMULA = f"^[{_BLANKS}]*[=+@\t\r\n\uff0b\uff0d\uff1d\uff20-]"
"""POSIX regular expression of text that a spreadsheet may take for a formula.

It begins with =, +, -, @ (or their full-width forms), a tab or a line end, possibly after blanks and invisible
characters.
"""


def write(
    connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress, *, excel_safe: bool = False
) -> None:
    """Write all rows; `excel_safe` puts an apostrophe before text that a spreadsheet would take for a formula."""
    columns = [_as_text(column, excel_safe) for column in dataset.query.selected_columns]
    lines = copy_lines(connection, dataset.ordered(*columns), _OPTIONS)
    out.writelines(line[:-1] + b"\r\n" for line in counted(lines, progress, first=0))


def _as_text(column: ColumnElement[Any], excel_safe: bool) -> ColumnElement[Any]:
    if isinstance(column.type, Boolean):
        return cast(column, Text).label(column.name)
    if isinstance(column.type, ARRAY):
        return cast(func.to_json(column), Text).label(column.name)
    if excel_safe and isinstance(column.type, Text):
        quoted = case((column.regexp_match(FORMULA), literal("'").concat(column)), else_=column)
        return quoted.label(column.name)
    return iso_8601(column)
