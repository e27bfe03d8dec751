"""Runs an export: all rows of a data set, as of one moment, into its target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from faxstore.export import csv, jsonl, parquet, xferfaxlog
from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress
from faxstore.export.target import SessionsFormat, Target
from faxstore.store.database import Connection, one_moment
from faxstore.store.period import require_time_zone
from faxstore.system.files import atomic_folder


@dataclass
class Written:
    """The number of rows that were written, and of those that the format cannot represent."""

    rows: int = 0
    left_out: int = 0


def run(connection: Connection, dataset: Dataset, time_zone: str, target: Target, progress: Progress) -> Written:
    """Write all rows of the data set; text formats have times in that time zone.

    Raises UsageError; after any error there is no file or folder of that name.
    """
    written = Written()

    def count(number: int) -> None:
        written.rows = number
        progress(number)

    with snapshot(connection, time_zone):
        if target.folder is not None:
            with atomic_folder(target.folder) as folder:
                parquet.write_folder(connection, dataset.with_units(), folder, count)
        else:
            _stream(connection, dataset, target, count, written)
    return written


@contextmanager
def snapshot(connection: Connection, time_zone: str) -> Iterator[None]:
    """A read-only transaction that sees the database as of one moment, with times in that time zone.

    Raises UsageError for a time zone that the database does not know.
    """
    with one_moment(connection):
        require_time_zone(connection, time_zone)
        connection.execute("select set_config('TimeZone', %s, true)", [time_zone])
        yield


def _stream(connection: Connection, dataset: Dataset, target: Target, count: Progress, written: Written) -> None:
    with target.stream() as out:
        if target.format == SessionsFormat.XFERFAXLOG:
            written.left_out = xferfaxlog.write(connection, dataset, out, count)
        elif target.format == SessionsFormat.JSONL:
            jsonl.write(connection, dataset.with_units(), out, count)
        else:
            csv.write(connection, dataset.with_units(), out, count, excel_safe=target.excel_safe)
