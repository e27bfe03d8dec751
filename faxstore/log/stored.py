"""What of the tree is kept in the database: roots of complete subtrees, marks of leaves, and the checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from faxstore.errors import FaxstoreError
from faxstore.log import note, tree
from faxstore.log.keys import NoteError
from faxstore.log.leaves import leaf_hashes
from faxstore.log.note import Checkpoint
from faxstore.store.database import Connection

BLOCK = 256
LEVELS = (BLOCK, BLOCK**2, BLOCK**3)
"""Leaves of the subtrees whose roots are kept (fax.log_subtree.rows)."""

MARK = 4
"""Bytes of a leaf's hash that are kept (fax.log_run.marks)."""


def newest(connection: Connection) -> tuple[Checkpoint, str] | None:
    """The newest checkpoint, and its note as it is kept.  None: nothing is sealed yet."""
    row = connection.execute("select size, root, note from fax.checkpoint order by size desc limit 1").fetchone()
    return None if row is None else _checkpoint(*row)


def of_size(connection: Connection, size: int) -> tuple[Checkpoint, str] | None:
    """The checkpoint of so many rows, and its note as it is kept.  None: there is none."""
    row = connection.execute("select size, root, note from fax.checkpoint where size = %s", [size]).fetchone()
    return None if row is None else _checkpoint(*row)


def _checkpoint(size: int, root: bytes, text: str) -> tuple[Checkpoint, str]:
    try:
        return note.parse_kept(text, size, bytes(root)), text
    except NoteError as error:
        raise FaxstoreError(f"the checkpoint of {size} rows is damaged ({error}): run faxstore verify") from error


def last_position(connection: Connection) -> int:
    """The last position that was given out; 0: none was."""
    row = connection.execute("select coalesce(max(last_position), 0) from fax.append_batch").fetchone()
    return cast("int", row[0]) if row else 0


def roots(connection: Connection, rows: int, first: int, last: int) -> dict[int, bytes]:
    """Kept roots of subtrees of so many leaves that begin at those positions, by their first position."""
    query = "select first_position, root from fax.log_subtree where rows = %s and first_position between %s and %s"
    return {position: bytes(root) for position, root in connection.execute(query, [rows, first, last])}


def runs(connection: Connection, first: int, last: int) -> list[tuple[int, bytes]]:
    """First position and marks of the runs that were sealed among those positions; the first begins a block."""
    query = "select first_position, marks from fax.log_run where first_position between %s and %s order by 1"
    return [(begin, bytes(marks)) for begin, marks in connection.execute(query, [first, last])]


class Growing:
    """The log as it grows: what is complete of it, and what has come since it was last kept."""

    def __init__(self) -> None:
        self.frontier = tree.Frontier()
        self.subtrees: list[tuple[int, int, bytes]] = []
        """Rows, first position and root of subtrees that are complete now."""
        self.runs: list[tuple[int, int, bytes]] = []
        """First position, rows and marks of leaves that are new."""
        self._open: dict[int, list[bytes]] = {rows: [] for rows in LEVELS}
        """What is complete below each subtree that is not: leaves, or the roots of the level before."""

    @property
    def size(self) -> int:
        """Rows so far."""
        return self.frontier.size

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Adds leaves that are sealed now."""
        place = 0
        while place < len(leaves):
            room = BLOCK - self.size % BLOCK
            run = leaves[place : place + room]
            self.runs.append((self.size + 1, len(run), b"".join(leaf[:MARK] for leaf in run)))
            self.resume(run)
            place += room

    def resume(self, run: Sequence[bytes]) -> None:
        """Adds leaves of one block without noting them as new."""
        self._open[BLOCK] += run
        if len(self._open[BLOCK]) < BLOCK:
            self.frontier.extend(run)
            return
        # What was added leaf by leaf before is in the frontier already.
        root = tree.complete_root(self._open[BLOCK])
        if len(run) == BLOCK:
            self.frontier.append(root, BLOCK)
        else:
            self.frontier.extend(run)
        self._complete(BLOCK, root)

    def restore(self, rows: int, root: bytes) -> None:
        """Adds a subtree that is kept already."""
        self.frontier.append(root, rows)
        if rows * BLOCK in self._open:
            self._open[rows * BLOCK].append(root)

    def _complete(self, rows: int, root: bytes) -> None:
        self._open[rows] = []
        self.subtrees.append((rows, self.size - rows + 1, root))
        above = rows * BLOCK
        if above in self._open:
            self._open[above].append(root)
            if len(self._open[above]) == BLOCK:
                self._complete(above, tree.complete_root(self._open[above]))


def resumed(connection: Connection, sealed: Checkpoint | None) -> Growing:
    """The log as it was sealed, from what is kept and the last rows.  Raises FaxstoreError where it is no longer so."""
    log = Growing()
    if sealed is None:
        return log
    for rows in reversed(LEVELS):
        kept = roots(connection, rows, log.size + 1, sealed.size)
        while log.size + rows <= sealed.size and log.size + 1 in kept:
            log.restore(rows, kept[log.size + 1])
    if sealed.size - log.size >= BLOCK:
        raise FaxstoreError(f"fax.log_subtree has nothing of position {log.size + 1}: run faxstore verify")
    log.resume(leaf_hashes(connection, log.size + 1, sealed.size))
    if (log.size, log.frontier.root()) != (sealed.size, sealed.root):
        raise FaxstoreError(f"the log is not as it was when {sealed.size} rows were sealed: run faxstore verify")
    return log


def ranges(positions: Iterator[int] | Sequence[int]) -> Iterator[tuple[int, int]]:
    """Positions in order as ranges without gaps, first and last."""
    first = last = None
    for position in positions:
        if first is None or last is None:
            first = position
        elif position != last + 1:
            yield first, last
            first = position
        last = position
    if first is not None and last is not None:
        yield first, last


def named(first: int, last: int) -> str:
    """A range in words."""
    return f"position {first}" if first == last else f"positions {first} to {last}"
