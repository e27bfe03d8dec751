"""The target of an export: a file, a folder or standard output, and the format."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from faxstore.archive.extra import require_pyarrow
from faxstore.errors import UsageError
from faxstore.system.files import atomic_file, write_errors
from faxstore.visible import visible


def check_output(output: Path | None, force: bool) -> None:
    """Raises UsageError if the file exists and --force is missing, or if there is --force and no file."""
    if output is None and force:
        raise UsageError("--force is for --output FILE")
    if output is None or force:
        return
    with write_errors(str(output)):
        exists = output.is_file()
    if exists:
        raise UsageError(f"{visible(str(output))} exists already; --force replaces it")


class ExportFormat(StrEnum):
    """The formats of every data set."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class SessionsFormat(StrEnum):
    """The formats of the data set `sessions`."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XFERFAXLOG = "xferfaxlog"


@dataclass(frozen=True)
class Target:
    """The format of an export, and its file, or for Parquet its folder; standard output without one."""

    format: ExportFormat | SessionsFormat
    output: Path | None = None
    force: bool = False
    excel_safe: bool = False
    folder: Path | None = None

    def check(self) -> None:
        """Raises UsageError for options that exclude each other, an existing file, or a missing extra."""
        if self.excel_safe and self.format != ExportFormat.CSV:
            raise UsageError(f"--excel-safe is for --format csv; {self.format} is not opened in a spreadsheet")
        if self.format != ExportFormat.PARQUET:
            if self.folder is not None:
                raise UsageError(f"--folder is for --format parquet; {self.format} is one file: use --output FILE")
            check_output(self.output, self.force)
            return
        if self.folder is None or self.output is not None:
            raise UsageError("--format parquet is a folder of files: name it with --folder DIR, without --output")
        if self.force:
            raise UsageError("--force replaces a file; remove an older folder of Parquet files yourself")
        require_pyarrow("--format parquet")

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """The stream for the bytes; a file gets its name when the block ends."""
        if self.output is not None:
            with atomic_file(self.output) as out:
                yield out
            return
        with write_errors("standard output"):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
