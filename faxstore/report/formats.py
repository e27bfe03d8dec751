"""The output formats of the commands that print rows, and JSON documents on a text stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

from faxstore.json_values import json_text

Row = Mapping[Any, Any]
"""One row, by column name."""


class Format(StrEnum):
    """The output format of a list of rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Style:
    """How rows are printed."""

    format: Format = Format.TABLE
    names: tuple[str, ...] = ()
    """The columns to print, named as in a file.  Without any, a table has its own columns and a file has all."""
    newest_first: bool = False
    last: int | None = None
    """The number of rows to print, the last ones; None for all."""


BatchListFormat = StrEnum("BatchListFormat", "TABLE CSV JSON JSONL")
"""The output format of a list of batches."""


def write_json(document: Any, out: TextIO) -> None:
    """Write a document as indented JSON; control characters from the wire are escaped."""
    out.write(f"{json_text(document, indent=1)}\n")
