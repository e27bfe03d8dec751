"""Where an export goes, and in which form: a file, a folder, or standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from faxstore.errors import UsageError
from faxstore.export.files import told, whole_file
from faxstore.visible import visible


def require_pyarrow() -> None:
    """Raises UsageError where the extra is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UsageError("--format parquet needs pyarrow: pip install faxstore[parquet]") from error


class Format(StrEnum):
    """The forms that every data set has."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class SessionsFormat(StrEnum):
    """Those, and the one that only sessions have."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XFERFAXLOG = "xferfaxlog"


@dataclass(frozen=True)
class Target:
    """The form, and the file or folder; no output is standard output."""

    form: Format | SessionsFormat
    output: Path | None = None
    force: bool = False
    excel_safe: bool = False

    def check(self) -> None:
        """Raises UsageError for what makes no sense together or is not installed, before anything is asked."""
        if self.excel_safe and self.form != Format.CSV:
            raise UsageError(f"--excel-safe is for --format csv; {self.form} is not opened in a spreadsheet")
        if self.output is None and self.form == Format.PARQUET:
            raise UsageError("--format parquet is a folder of files: name it with --output FOLDER")
        if self.output is None and self.force:
            raise UsageError("--force is for --output FILE")
        if self.force and self.form == Format.PARQUET:
            raise UsageError("--force replaces a file; remove an older folder of Parquet files yourself")
        if self.form == Format.PARQUET:
            require_pyarrow()
        if self.output and self.output.is_file() and not self.force and self.form != Format.PARQUET:
            raise UsageError(f"{visible(str(self.output))} is there already; --force replaces it")

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """Where the bytes go; a file has its name once all are written."""
        if self.output is not None:
            with whole_file(self.output) as out:
                yield out
            return
        with told("standard output"):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
