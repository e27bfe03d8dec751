"""The input and output of a verification check: its scope, and its findings, also as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faxstore.log.keys import PublicKey
from faxstore.log.note import Checkpoint
from faxstore.store.database import Connection


@dataclass(frozen=True)
class Finding:
    """A difference from what was appended or sealed."""

    check: str
    """The name of the check."""
    where: str
    """The place: a row, positions, a checkpoint."""
    what: str


@dataclass
class Scope:
    """What to verify, and against what.  The check of the history counts in it what it has read."""

    first: int = 1
    last: int | None = None
    """The last position to verify; None for all."""
    published: Checkpoint | None = None
    """A checkpoint that was stored elsewhere, with its note."""
    published_note: str = ""
    public_keys: tuple[PublicKey, ...] = ()
    """The keys that the caller trusts; without any, signatures are not checked."""
    progress: Callable[[int, int], None] = field(default=lambda done, total: None)
    rows: int = 0
    """Rows whose hashes were recomputed."""
    dropped: int = 0
    """Rows that are in files only."""
    rows_of_files: int = 0
    """Those of them that were read from their files; counted apart, because the history is read at the same time."""
    archive: Path | None = None
    """The folder of the archive; None for that of each file's record."""
    sealed: int = 0
    """Rows that the newest checkpoint covers."""
    end: int = 0
    """The last position of the history."""
    is_distributed: bool = False
    """Whether the database is distributed: then its catalog is not that of this version, and is not compared."""

    @property
    def whole(self) -> bool:
        """Whether to verify everything."""
        return self.first == 1 and self.last is None

    @property
    def unread(self) -> int:
        """The rows that are in files only and were not read."""
        return max(self.dropped - self.rows_of_files, 0)

    @property
    def after_published(self) -> int | None:
        """The rows that follow the published checkpoint; None without one."""
        return None if self.published is None else max(self.end - self.published.size, 0)


Check = Callable[[Connection, Scope], Iterator[Finding]]


def document(scope: Scope, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what was verified and the findings as a JSON document for monitoring.

    docs/how-to/proofs.md describes the fields.
    """
    return {
        "exit_status": int(bool(findings)),
        "from_position": scope.first,
        "to_position": scope.last,
        "rows": scope.rows + scope.rows_of_files,
        "rows_in_files_not_read": scope.unread,
        "sealed_rows": scope.sealed,
        "checkpoint_rows": scope.published.size if scope.published else None,
        "rows_after_checkpoint": scope.after_published,
        "findings": [asdict(finding) for finding in findings],
    }
