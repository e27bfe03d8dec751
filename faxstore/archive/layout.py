"""Where the files of an archive are, and what a manifest contains.

    month=2025-12/server=pbx1/history-0.parquet
    month=2025-12/_manifest.json

Months are in UTC, by the start of the session.  Readers of Hive folders ignore names that begin with an underscore.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import faxstore
from faxstore.errors import UsageError
from faxstore.settings.server_names import folder_name
from faxstore.system.files import PRIVATE_FOLDER, atomic_file
from faxstore.visible import visible

FILE = "history-0.parquet"
MANIFEST = "_manifest.json"

_MONTH = re.compile(r"(\d{4})-(\d\d)")


@dataclass(frozen=True)
class ArchiveFile:
    """One file of the archive: a row of fax.archive_file."""

    month: date
    server: str
    folder: str
    sha256: bytes
    bytes: int
    rows: int
    sessions: int
    first_position: int
    last_position: int
    size: int
    is_outdated: bool = False

    def path(self, folder: Path | None = None) -> Path:
        """Return where the file is, below its folder or another one."""
        return path_of(folder or Path(self.folder), self.month, self.server)

    def is_there(self) -> bool:
        """Return whether the file exists, with its size."""
        try:
            return self.path().stat().st_size == self.bytes
        except OSError:
            return False

    def check(self, folder: Path | None = None) -> Path:
        """Return its path.  Raises UsageError if it cannot be read, or is not the file that was archived."""
        path = self.path(folder)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise UsageError(f"{visible(str(path))}: {error.strerror}; name the archive with --folder DIR") from error
        if found != self.sha256:
            raise UsageError(f"{visible(str(path))} is not the file that was archived: its SHA-256 differs")
        return path


def path_of(folder: Path, month: date, server: str) -> Path:
    """Return the path of the file of a month and server."""
    return folder / month_folder(month) / folder_name(server) / FILE


def month_folder(month: date) -> str:
    """Return the name of the folder of a month."""
    return f"month={month_name(month)}"


def month_name(month: date) -> str:
    """Return a month as 2025-12."""
    return f"{month.year:04}-{month.month:02}"


def parse_month(text: str, option: str) -> date:
    """Return the first day of a month that is written as 2025-12.  Raises UsageError, which names the option."""
    if (found := _MONTH.fullmatch(text)) is not None and 1 <= int(found[2]) <= 12 and int(found[1]) > 0:
        return date(int(found[1]), int(found[2]), 1)
    raise UsageError(f"{option} {visible(text)}: expected a month such as 2025-12")


def next_month(month: date) -> date:
    """Return the first day of the month after this one."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def bounds(month: date) -> tuple[datetime, datetime]:
    """Return the first moment of a month and that of the next one, in UTC."""
    ends = next_month(month)
    return datetime(month.year, month.month, 1, tzinfo=UTC), datetime(ends.year, ends.month, 1, tzinfo=UTC)


def make_folder(path: Path) -> None:
    """Create a folder of files that only their owner can read, and those around it that are missing."""
    path.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)


def write_manifest(folder: Path, month: date, files: Sequence[ArchiveFile], checkpoint: str) -> None:
    """Write what the files of a month contain, with the checkpoint that covers their rows."""
    with atomic_file(folder / month_folder(month) / MANIFEST) as out:
        out.write(json.dumps(_manifest(month, files, checkpoint), indent=2).encode() + b"\n")


def _manifest(month: date, files: Sequence[ArchiveFile], checkpoint: str) -> dict[str, Any]:
    return {
        "format": 1,
        "faxstore": faxstore.__version__,
        "month": month_name(month),
        "rows": sum(file.rows for file in files),
        "sessions": sum(file.sessions for file in files),
        "files": [
            {
                "path": str(file.path(Path()).relative_to(month_folder(month))),
                "server": file.server,
                "sha256": file.sha256.hex(),
                "bytes": file.bytes,
                "rows": file.rows,
                "sessions": file.sessions,
                "first_position": file.first_position,
                "last_position": file.last_position,
            }
            for file in files
        ],
        "checkpoint": checkpoint,
    }
