"""What verification checks report, and what they are asked to check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from faxstore.log.keys import PublicKey
from faxstore.log.note import Checkpoint
from faxstore.store.database import Connection


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was appended or sealed."""

    check: str
    """The check that found it."""
    where: str
    """The row, the positions, the checkpoint."""
    what: str


@dataclass
class Scope:
    """What is to be verified, and against what; the log's check notes here what it has read."""

    first: int = 1
    last: int | None = None
    """None: all there is."""
    published: Checkpoint | None = None
    """A checkpoint that was kept elsewhere, and its note."""
    published_note: str = ""
    public_key: PublicKey | None = None
    progress: Callable[[int, int], None] = field(default=lambda done, total: None)
    rows: int = 0
    """Rows that were recomputed."""
    sealed: int = 0
    """Rows that the newest checkpoint covers."""

    @property
    def whole(self) -> bool:
        """Whether everything is to be verified."""
        return self.first == 1 and self.last is None


Check = Callable[[Connection, Scope], Iterator[Finding]]
