"""The input and output of a verification check: its scope, and its findings, also as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
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
    sealed: int = 0
    """Rows that the newest checkpoint covers."""
    end: int = 0
    """The last position of the history."""

    @property
    def whole(self) -> bool:
        """Whether to verify everything."""
        return self.first == 1 and self.last is None

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
        "rows": scope.rows,
        "sealed_rows": scope.sealed,
        "checkpoint_rows": scope.published.size if scope.published else None,
        "rows_after_checkpoint": scope.after_published,
        "findings": [asdict(finding) for finding in findings],
    }
