"""Rows of a report on standard output as programs take them: an export's formats, and JSON."""

from __future__ import annotations

from typing import TextIO

from faxstore.errors import UsageError
from faxstore.export import csv, jsonl, parquet
from faxstore.export.datasets import Rows
from faxstore.export.target import require_pyarrow
from faxstore.report.formats import Format
from faxstore.store.database import Connection


def check(form: Format, out: TextIO) -> None:
    """Raises UsageError for a form that cannot go there."""
    if form is Format.PARQUET:
        require_pyarrow()
        if out.isatty():
            raise UsageError("--format parquet is binary: send it to a file, for example > sessions.parquet")


def write(connection: Connection, rows: Rows, form: Format, out: TextIO) -> None:
    """Writes all rows as they come.  Not for Format.TABLE."""
    match form:
        case Format.CSV:
            csv.write(connection, rows, out.buffer, _unheard)
        case Format.JSONL:
            jsonl.write(connection, rows, out.buffer, _unheard)
        case Format.PARQUET:
            parquet.write_file(connection, rows, out.buffer, _unheard)
        case _:
            jsonl.write_array(connection, rows, out.buffer, _unheard)


def _unheard(_: int) -> None:
    """The progress of what a person reads as it comes."""
