"""CSV by RFC 4180: a header, lines that end in CR LF, quotes where a value needs them.

NULL is an empty field, an empty text is "".  Text is written as it was received: a value with line ends or control
characters is quoted, and a CSV reader returns the original text.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Any, BinaryIO

from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, case, cast, func, literal

from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, copy_lines, counted, iso_8601
from faxstore.store.database import Connection
from faxstore.system.files import at_start

_OPTIONS = "format csv, header true, encoding 'utf8'"
_CONTROLS_AND_BLANKS = (
    "\x01-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\U0001d159"
)
_FORMAT = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
_IGNORABLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U00016fe4\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters without a glyph: Default_Ignorable_Code_Point of Unicode (DerivedCoreProperties.txt), and U+16FE4."""

_STARTS = "=+@\t\r\n\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20-"
FORMULA = f"^[{_CONTROLS_AND_BLANKS}{_FORMAT}{_IGNORABLE}]*[{_STARTS}]"
"""POSIX regular expression of text that a spreadsheet may take for a formula.

It begins with =, +, -, @ (or their small and full-width forms, or the minus sign U+2212), a tab or a line end, possibly
after controls, blanks and invisible characters.
"""


def write(
    connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress, *, excel_safe: bool = False
) -> None:
    """Write all rows; `excel_safe` makes the file one for spreadsheets.

    Such a file begins with a byte order mark, without which Excel does not read UTF-8, and text that a spreadsheet
    would take for a formula has an apostrophe before it.
    """
    if excel_safe and at_start(out):
        out.write(BOM_UTF8)
    columns = [_as_text(column, excel_safe) for column in dataset.columns]
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
