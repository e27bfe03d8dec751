"""Checks that the rows are those that were sealed: recomputes the tree and compares it with the stored part.

A mark shows which row was changed, a gap in the positions which row is missing.  A damaged block is replaced by its
stored root in the tree, so that one change gives one finding.  So is a block with rows that are in files only, whose
leaf hashes the database does not retain; faxstore/verify/archives.py reads the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faxstore.counted import counted
from faxstore.log import stored, tree
from faxstore.log.leaves import WINDOW, entries, leaf_hashes, retained_leaves
from faxstore.log.stored import BLOCK, MARK
from faxstore.store.database import Connection
from faxstore.verify.checkpoint_comparison import CheckpointComparison
from faxstore.verify.findings import Finding, Scope

_DROPPED = """
select lower(r * b.window), upper(r * b.window)
from (select int8range(%(first)s, %(last)s) as window) b, fax.dropped_month m, unnest(m.positions) r
where r && b.window
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each range of rows, and for each checkpoint, that differs from what was sealed."""
    sealed = connection.execute("select size, root from fax.checkpoint order by size, records")
    checkpoints = [(size, bytes(root), "checkpoint") for size, root in sealed]
    scope.sealed = checkpoints[-1][0] if checkpoints else 0
    if scope.published:
        checkpoints.append((scope.published.size, scope.published.root, "published checkpoint"))
    last = scope.end = max(stored.last_position(connection), scope.sealed)
    comparison = CheckpointComparison(sorted(checkpoints))
    found: list[Finding] = []
    for first in range(1, last + 1, WINDOW):
        window = Window(connection, first, min(first + WINDOW - 1, last), scope.sealed)
        if scope.first <= window.last and (scope.last is None or window.first <= scope.last):
            found += window.compare()
            scope.rows += window.last - window.first + 1 - window.unread
            scope.dropped += window.unread
        else:
            window.trust()
        window.add_to(comparison)
        scope.progress(window.last, last)
        yield from found
        found.clear()
    yield from comparison.findings()


class Window:
    """Some blocks of the log: the leaves as they are now, and their stored roots and marks."""

    def __init__(self, connection: Connection, first: int, last: int, sealed: int) -> None:
        self.first, self.last = first, last
        self._connection = connection
        self._sealed = min(last, sealed)
        """The last sealed position of the window; below `first` if none is sealed."""
        self._roots = stored.roots(connection, BLOCK, first, last)
        self._marks: dict[int, bytes] = {}
        """Marks by position, filled if positions are missing or repeated."""
        self._leaves: list[bytes | None] = []
        self._computed: dict[int, bytes] = {}
        """Roots of complete blocks as their leaves are now, by first position."""
        self._damaged: set[int] = set()
        """First positions of damaged blocks."""
        self._partial: set[int] = set()
        """First positions of blocks with rows that are in files only, and whose leaves are not known."""
        self.unread = 0
        """Number of rows that are in files only."""

    def compare(self) -> Iterator[Finding]:
        """Read the rows; yield a finding for each difference from their marks and the roots of their blocks."""
        dropped = self._dropped()
        leaves = leaf_hashes(self._connection, self.first, self.last)
        dropped |= self._dropped()  # a month may have been dropped or restored in the meantime
        self.unread = len(dropped)
        if len(leaves) == self.last - self.first + 1 and not dropped:
            self._leaves = list(leaves)
        else:
            yield from self._misplaced(dropped)
        yield from self._altered()
        yield from self._blocks()

    def trust(self) -> None:
        """Use the stored roots without a check; read only the rows that no stored root covers."""
        begin = self.first
        while begin in self._roots:
            begin += BLOCK
        self._leaves = [None] * (begin - self.first)
        self._damaged = set(range(self.first, begin, BLOCK))
        if begin <= self._sealed:
            self._leaves += leaf_hashes(self._connection, begin, self._sealed)
        self.last = self.first + len(self._leaves) - 1

    def add_to(self, comparison: CheckpointComparison) -> None:
        """Add the sealed blocks to the tree; a damaged block is added by its stored root."""
        for begin in range(self.first, self._sealed + 1, BLOCK):
            end = min(begin + BLOCK - 1, self._sealed)
            leaves = self._leaves[begin - self.first : end - self.first + 1]
            root = self._roots.get(begin)
            known = [leaf for leaf in leaves if leaf is not None]
            if begin not in self._damaged and len(known) == end - begin + 1:
                comparison.add_block(known, self._root(begin, known) if len(known) == BLOCK else None)
                continue
            comparison.skip(end - (root is not None))
            if root is None:
                comparison.whole = False
            elif comparison.whole:
                comparison.frontier.append(root, BLOCK)
                comparison.compare(comparison.frontier)

    def _dropped(self) -> set[int]:
        """Return the positions of rows that are in files only."""
        ranges = self._connection.execute(_DROPPED, {"first": self.first, "last": self.last + 1})
        return {position for first, end in ranges for position in range(first, end)}

    def _misplaced(self, dropped: set[int]) -> Iterator[Finding]:
        """Yield the positions without a row or with several; of several, the one with the stored mark is sealed."""
        size = self.last - self.first + 1
        for begin, run in stored.runs(self._connection, self.first, self._sealed):
            self._marks |= _marks(begin, run)
        counts, self._leaves = [0] * size, [None] * size
        for position, entry in entries(self._connection, self.first, self.last):
            place, leaf = position - self.first, tree.leaf_hash(entry)
            counts[place] += 1
            if counts[place] == 1 or leaf[:MARK] == self._marks.get(position):
                self._leaves[place] = leaf
        for position, leaf in retained_leaves(self._connection, self.first, self.last).items():
            counts[position - self.first] += 1
            self._leaves[position - self.first] = leaf
        missing = [self.first + place for place, count in enumerate(counts) if not count]
        self._partial = {self._block_of(position) for position in missing if position in dropped}
        for first, last in stored.ranges([position for position in missing if position not in dropped]):
            yield Finding("log", stored.position_range(first, last), f"{_rows(last - first + 1)} missing")
        for place, count in enumerate(counts):
            if count > 1:
                what = f"has {counted(count, 'rows')}: {_rows(count - 1)} added"
                yield Finding("log", f"position {self.first + place}", what)
        wrong = (self.first + place for place, count in enumerate(counts) if count != 1)
        self._damaged |= {self._block_of(position) for position in wrong} - self._partial

    def _altered(self) -> Iterator[Finding]:
        """Yield the rows that differ from their marks, and the ranges without marks."""
        altered, marked = [], self.first - 1
        unmarked: list[int] = []
        for begin, run in stored.runs(self._connection, self.first, self._sealed):
            unmarked += range(marked + 1, begin)
            marked = begin + len(run) // MARK - 1
            leaves = self._leaves[begin - self.first : marked - self.first + 1]
            if b"".join([leaf[:MARK] if leaf else b"" for leaf in leaves]) != run:
                marks = _marks(begin, run)
                altered += [place for place, leaf in enumerate(leaves, begin) if leaf and leaf[:MARK] != marks[place]]
        for first, last in stored.ranges(altered):
            yield Finding("log", stored.position_range(first, last), f"{_rows(last - first + 1)} not as sealed")
        for first, last in stored.ranges([*unmarked, *range(marked + 1, self._sealed + 1)]):
            yield Finding("log", f"fax.log_run, {stored.position_range(first, last)}", "the marks are missing")
        self._damaged |= {self._block_of(position) for position in altered}

    def _blocks(self) -> Iterator[Finding]:
        """Yield the blocks whose root differs although each row has its mark."""
        for begin in range(self.first, self._sealed - BLOCK + 2, BLOCK):
            block = self._leaves[begin - self.first : begin - self.first + BLOCK]
            leaves = [leaf for leaf in block if leaf is not None]
            where = stored.position_range(begin, begin + BLOCK - 1)
            if begin not in self._roots:
                yield Finding("log", f"fax.log_subtree, {where}", "the root is missing")
            elif begin not in self._damaged | self._partial and self._root(begin, leaves) != self._roots[begin]:
                yield Finding("log", where, "changed: the root differs, because of these rows or of fax.log_subtree")

    def _root(self, begin: int, leaves: Sequence[bytes]) -> bytes:
        """Return the root of a complete block, computed once."""
        if begin not in self._computed:
            self._computed[begin] = tree.complete_root(leaves)
        return self._computed[begin]

    def _block_of(self, position: int) -> int:
        return position - (position - 1) % BLOCK


def _marks(begin: int, run: bytes) -> dict[int, bytes]:
    """Return the marks of a run by position."""
    return {begin + place // MARK: run[place : place + MARK] for place in range(0, len(run), MARK)}


def _rows(count: int) -> str:
    return f"{counted(count, 'rows')} {'is' if count == 1 else 'are'}"
