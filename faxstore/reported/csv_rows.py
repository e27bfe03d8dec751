"""The rows of a CSV file with their lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from faxstore.counted import counted
from faxstore.reported.fax import WrongFormatError
from faxstore.visible import visible

Row = tuple[int, list[str]]
"""The cells of a row, with the number of the line at which it ends."""


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """Yield the rows that have cells; a row may continue on further lines.  Raises WrongFormatError if it is no CSV."""
    reader = csv.reader(lines)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise WrongFormatError(f"line {reader.line_num}: {error}") from error


def names_of(cells: list[str]) -> list[str]:
    """Return the names in a header, in lower case, without the byte order mark."""
    return [cell.removeprefix("\ufeff").strip().lower() for cell in cells]


def named(names: list[str], cells: list[str]) -> dict[str, str]:
    """Return the cells with a value by name.  Raises ValueError unless there is a cell per name."""
    if len(cells) != len(names):
        raise ValueError(f"it has {counted(len(cells), 'columns')}, expected {len(names)}")
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell}


def as_json(row: Mapping[str, str]) -> str:
    """Return the row as a JSON object."""
    return json.dumps(row, ensure_ascii=False)


def number(row: Mapping[str, str], name: str) -> Decimal | None:
    """Return a figure of the row, None if it has no value.  Raises ValueError unless it is a number of 0 or more."""
    if (text := row.get(name)) is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{name} is {visible(text)!r:.40}, expected a number") from error
    if not value.is_finite() or not 0 <= value < 1_000_000_000_000:
        raise ValueError(f"{name} is {visible(text)!r:.40}, expected a number of 0 or more")
    return value


def whole_number(row: Mapping[str, str], name: str) -> int | None:
    """Return a whole figure of the row, as `number` does."""
    value = number(row, name)
    if value is not None and (value != int(value) or value > 999_999_999):
        raise ValueError(f"{name} is {visible(row[name])!r:.40}, expected a whole number")
    return None if value is None else int(value)
