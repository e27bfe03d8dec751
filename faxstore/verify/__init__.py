"""Verifying the store: a list of checks, each of which tells what it finds wrong, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from faxstore.log.note import Checkpoint, PublicKey
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


def checks() -> tuple[Check, ...]:
    """All of them, the quick ones first."""
    from faxstore.verify import batches, checkpoints, exports, functions, history, partitions, sessions

    return (
        functions.check,
        partitions.check,
        batches.check,
        checkpoints.check,
        sessions.check,
        exports.check,
        history.check,
    )


def findings(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """What every check finds."""
    for check in checks():
        yield from check(connection, scope)
