"""One export from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass

from faxstore.export import csv, jsonl, parquet, xferfaxlog
from faxstore.export.datasets import Dataset
from faxstore.export.files import atomic_folder
from faxstore.export.rows import Progress
from faxstore.export.snapshot import snapshot
from faxstore.export.target import SessionsFormat, Target
from faxstore.store.database import Connection


@dataclass
class Written:
    """How many rows were written, and how many the form has no room for."""

    rows: int = 0
    left_out: int = 0


def run(connection: Connection, dataset: Dataset, zone: str, target: Target, progress: Progress) -> Written:
    """Writes the rows as they are at one moment; times come out in that zone.

    On any error, a file that is not finished does not get its name.
    """
    written = Written()

    def count(number: int) -> None:
        written.rows = number
        progress(number)

    with snapshot(connection, zone):
        if target.form == SessionsFormat.PARQUET and target.output is not None:
            with atomic_folder(target.output) as folder:
                parquet.write_folder(connection, dataset.with_units(), folder, count)
        else:
            _stream(connection, dataset, target, count, written)
    return written


def _stream(connection: Connection, dataset: Dataset, target: Target, count: Progress, written: Written) -> None:
    with target.stream() as out:
        match target.form:
            case SessionsFormat.XFERFAXLOG:
                written.left_out = xferfaxlog.write(connection, dataset, out, count)
            case SessionsFormat.JSONL:
                jsonl.write(connection, dataset.with_units(), out, count)
            case _:
                csv.write(connection, dataset.with_units(), out, count, excel_safe=target.excel_safe)
