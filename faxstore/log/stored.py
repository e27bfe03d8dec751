"""The part of the tree that the database stores: roots of complete subtrees, marks of leaves, and checkpoints.

A mark is the first bytes of a leaf hash.  The root of a block proves whether one of its rows has changed; the marks
show which one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import LiteralString, cast

from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.log import tree
from faxstore.log.keys import NoteError
from faxstore.log.leaves import leaf_hashes
from faxstore.log.note import Checkpoint, StoredCheckpoint
from faxstore.store.database import Connection

BLOCK = 256
LEVELS = (BLOCK, BLOCK**2, BLOCK**3)
"""Leaves of the subtrees whose roots are stored (fax.log_subtree.rows)."""

MARK = 3
"""Bytes of a leaf hash that are stored as its mark (fax.log_run.marks)."""

CHECKPOINTS: LiteralString = "select size, records, root, made_at, note from fax.checkpoint"
"""Selects the columns of StoredCheckpoint."""


def checkpoint(connection: Connection, size: int | None = None) -> tuple[Checkpoint, str] | None:
    """Return the newest checkpoint, or that of `size` rows, and its stored note; None if it does not exist."""
    query = f"{CHECKPOINTS} where size = coalesce(%s, size) order by size desc, records desc limit 1"
    row = connection.execute(query, [size]).fetchone()
    if row is None:
        return None
    found = StoredCheckpoint(*row)
    try:
        return found.parse(), found.note
    except NoteError as error:
        raise FaxstoreError(
            f"the checkpoint of {counted(found.size, 'rows')} is damaged ({error}): run faxstore verify"
        ) from error


def last_position(connection: Connection) -> int:
    """Return the last position in use, 0 for an empty history."""
    row = connection.execute("select coalesce(max(last_position), 0) from fax.append_batch").fetchone()
    return cast("int", row[0]) if row else 0


def newest_size(connection: Connection) -> int:
    """Return the number of rows that the newest checkpoint covers, 0 without a checkpoint."""
    row = connection.execute("select coalesce(max(size), 0) from fax.checkpoint").fetchone()
    return cast("int", row[0]) if row else 0


def roots(connection: Connection, rows: int, first: int, last: int) -> dict[int, bytes]:
    """Return the stored roots of subtrees of `rows` leaves that begin between two positions, by first position."""
    query = "select first_position, root from fax.log_subtree where rows = %s and first_position between %s and %s"
    return {position: bytes(root) for position, root in connection.execute(query, [rows, first, last])}


def runs(connection: Connection, first: int, last: int) -> list[tuple[int, bytes]]:
    """Return first position and mark of each run that begins between two positions; `first` begins a block."""
    query = "select first_position, marks from fax.log_run where first_position between %s and %s order by 1"
    return [(begin, bytes(marks)) for begin, marks in connection.execute(query, [first, last])]


class GrowingLog:
    """The log in memory while rows are added, with the subtrees and runs that are not stored yet."""

    def __init__(self) -> None:
        self.frontier = tree.Frontier()
        self.subtrees: list[tuple[int, int, bytes]] = []
        """Rows, first position and root of subtrees that became complete."""
        self.runs: list[tuple[int, int, bytes]] = []
        """First position, rows and marks of new leaves."""
        self._open: dict[int, list[bytes]] = {rows: [] for rows in LEVELS}
        """By level, the children of the subtree that is not complete yet: leaves, or roots of the level below."""

    @property
    def size(self) -> int:
        """The number of rows so far."""
        return self.frontier.size

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add new leaves."""
        place = 0
        while place < len(leaves):
            room = BLOCK - self.size % BLOCK
            run = leaves[place : place + room]
            self.runs.append((self.size + 1, len(run), b"".join(leaf[:MARK] for leaf in run)))
            self.resume(run)
            place += room

    def resume(self, run: Sequence[bytes]) -> None:
        """Add leaves of one block without a run for them: their marks are stored already."""
        self._open[BLOCK] += run
        if len(self._open[BLOCK]) < BLOCK:
            self.frontier.extend(run)
            return
        # Leaves of the block that were added one by one are in the frontier already.
        root = tree.complete_root(self._open[BLOCK])
        if len(run) == BLOCK:
            self.frontier.append(root, BLOCK)
        else:
            self.frontier.extend(run)
        self._complete(BLOCK, root)

    def restore(self, rows: int, root: bytes) -> None:
        """Add a complete subtree whose root is stored already."""
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


def resume(connection: Connection, sealed: Checkpoint | None) -> GrowingLog:
    """Restore the log as of a checkpoint from stored roots and the rows of the last block.

    Raises FaxstoreError if the result is not the root of the checkpoint.
    """
    log = GrowingLog()
    if sealed is None:
        return log
    for rows in reversed(LEVELS):
        kept = roots(connection, rows, log.size + 1, sealed.size)
        while log.size + rows <= sealed.size and log.size + 1 in kept:
            log.restore(rows, kept[log.size + 1])
    if sealed.size - log.size >= BLOCK:
        raise FaxstoreError(f"fax.log_subtree has no root for position {log.size + 1}: run faxstore verify")
    log.resume(leaf_hashes(connection, log.size + 1, sealed.size))
    if (log.size, log.frontier.root()) != (sealed.size, sealed.root):
        raise FaxstoreError(
            f"the log is not as it was when its first {counted(sealed.size, 'rows')} were sealed: run faxstore verify"
        )
    return log


def ranges(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last position of each range without gaps; `positions` are in order."""
    for _, places in groupby(enumerate(positions), lambda place: place[1] - place[0]):
        found = [position for _, position in places]
        yield found[0], found[-1]


def position_range(first: int, last: int) -> str:
    """Return the range in words: "position 7" or "positions 7 to 9"."""
    return f"position {first}" if first == last else f"positions {first} to {last}"
