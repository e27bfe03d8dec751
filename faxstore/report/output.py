"""Rows on standard output in the formats for programs: those of an export, and JSON."""

from __future__ import annotations

from typing import TextIO

from faxstore.errors import UsageError
from faxstore.export import csv, jsonl, parquet
from faxstore.export.datasets import Dataset
from faxstore.export.target import require_pyarrow
from faxstore.report.formats import Format
from faxstore.store.database import Connection


def check(form: Format, out: TextIO) -> None:
    """Raises UsageError for a format that cannot be written there."""
    if form is Format.PARQUET:
        require_pyarrow()
        if out.isatty():
            raise UsageError("--format parquet is binary: send it to a file, for example > sessions.parquet")


def write(connection: Connection, dataset: Dataset, form: Format, out: TextIO) -> None:
    """Writes all rows.  Not for Format.TABLE."""
    match form:
        case Format.CSV:
            csv.write(connection, dataset, out.buffer, _no_progress)
        case Format.JSONL:
            jsonl.write(connection, dataset, out.buffer, _no_progress)
        case Format.PARQUET:
            parquet.write_file(connection, dataset, out.buffer, _no_progress)
        case _:
            jsonl.write_array(connection, dataset, out.buffer, _no_progress)


def _no_progress(_: int) -> None:
    """Standard output shows how far it is."""
