"""Reads files of the archive: a month in about the order of positions, or the rows between two positions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow
from pyarrow import compute
from pyarrow.parquet import ParquetFile

from faxstore.archive import columns, entries
from faxstore.archive.comparison import LogComparison
from faxstore.archive.memory import return_free_memory
from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection
from faxstore.visible import visible

PART = 8_192
"""Rows whose leaves are computed at a time."""

_POSITION = columns.SCHEMA.get_field_index("position")


def batches(paths: Sequence[Path]) -> Iterator[Any]:
    """Yield the rows of files, of all files always the row group with the lowest position next.

    So the rows of a block of the log, which several servers share, are read together.
    """
    files = [open_file(path) for path in paths]
    due = [(_limits(file, 0)[0], number, 0) for number, file in enumerate(files) if file.num_row_groups]
    heapq.heapify(due)
    while due:
        _, number, group = heapq.heappop(due)
        file = files[number]
        yield from _parts(file, group)
        return_free_memory()
        if group + 1 < file.num_row_groups:
            heapq.heappush(due, (_limits(file, group + 1)[0], number, group + 1))


def compare(connection: Connection, paths: Sequence[Path], size: int) -> LogComparison:
    """Read all rows of a month and compare them with the log of `size` rows; `finish` compares the rest."""
    comparison = LogComparison(connection, size)
    for batch in batches(paths):
        comparison.add(entries.positions(batch), entries.leaf_hashes(connection, batch))
    return comparison


def rows_between(path: Path, first: int, last: int) -> Iterator[Any]:
    """Yield the rows of a file between two positions, both included."""
    file = open_file(path)
    for group in range(file.num_row_groups):
        lowest, highest = _limits(file, group)
        if lowest <= last and highest >= first:
            for batch in _parts(file, group):
                position = batch["position"]
                inside = compute.and_(compute.greater_equal(position, first), compute.less_equal(position, last))
                if (found := batch.filter(inside)).num_rows:
                    yield found


def of_session(batch: Any, session: UUID) -> Any:
    """Return the rows of a session in a batch."""
    return batch.filter(compute.equal(batch["session_id"], str(session)))


def open_file(path: Path) -> ParquetFile:
    """Open a file.  Raises FaxstoreError if it cannot be read."""
    try:
        return ParquetFile(path, read_dictionary=columns.REPEATED)
    except (OSError, pyarrow.ArrowInvalid) as error:
        reason = getattr(error, "strerror", None) or "it is not a Parquet file"
        raise FaxstoreError(f"{visible(str(path))}: {reason}; name the archive with --folder DIR") from error


def _parts(file: ParquetFile, group: int) -> Iterator[Any]:
    """Yield the rows of a row group, a few at a time: what is computed of them takes more memory than they do."""
    yield from file.iter_batches(PART, row_groups=[group], use_threads=False)


def _limits(file: ParquetFile, group: int) -> tuple[int, int]:
    """Return the lowest and the highest position of a row group."""
    statistics = file.metadata.row_group(group).column(_POSITION).statistics
    return statistics.min, statistics.max
