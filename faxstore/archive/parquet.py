"""Writes Parquet files: zstd, and the encodings in which rows of the history take few bytes."""

from __future__ import annotations

from typing import Any, BinaryIO

_COUNTED = ("position", "observed_at")
"""Columns of which each value is a little more than the one before."""

_LEVEL = 3
"""Of zstd.  Level 6 saves an eighth of the bytes, and takes an eighth more time for the whole archive."""


def writer(out: BinaryIO, schema: Any) -> Any:
    """Return a pyarrow ParquetWriter of a file with these columns."""
    from pyarrow.parquet import ParquetWriter

    counted = [name for name in schema.names if name in _COUNTED]
    return ParquetWriter(
        out,
        schema,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=[name for name in schema.names if name not in (*counted, "details")],
        column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED"),
    )
