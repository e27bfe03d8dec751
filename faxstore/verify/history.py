"""The rows are those that were sealed: the tree is computed anew, and compared with all that was kept of it.

A row that was changed is named by its mark, one that is missing by its position.  Where something is wrong the tree
goes on with the root that was kept of the block, so that one change is one finding.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faxstore.log import stored, tree
from faxstore.log.leaves import WINDOW, entries, leaf_hashes
from faxstore.log.stored import BLOCK, MARK
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """A finding for each stretch of rows and each checkpoint that are not as they were."""
    checkpoints = [
        (size, bytes(root), "checkpoint")
        for size, root in connection.execute("select size, root from fax.checkpoint order by size")
    ]
    scope.sealed = checkpoints[-1][0] if checkpoints else 0
    if scope.published:
        checkpoints.append((scope.published.size, scope.published.root, "published checkpoint"))
    last = max(stored.last_position(connection), scope.sealed)
    heads = Heads(sorted(checkpoints))
    found: list[Finding] = []
    for first in range(1, last + 1, WINDOW):
        window = Window(connection, first, min(first + WINDOW - 1, last), scope.sealed)
        if _is_within(scope, window):
            found += window.compare()
            scope.rows += window.last - window.first + 1
        else:
            window.trust()
        window.grow(heads, found)
        scope.progress(window.last, last)
        yield from found
        found.clear()
    yield from heads.findings(scope)


def _is_within(scope: Scope, window: Window) -> bool:
    """Whether it is to be recomputed; of what is sealed no more than the newest checkpoint covers can be trusted."""
    return scope.first <= window.last and (scope.last is None or window.first <= scope.last)


@dataclass
class Heads:
    """The tree so far, and which checkpoints it agrees with."""

    checkpoints: Sequence[tuple[int, bytes, str]]
    """Size, root and what it is, by size."""
    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    whole: bool = True
    """Nothing of the tree is missing so far."""
    place: int = 0
    told: list[tuple[int, str, bool]] = field(default_factory=list)
    """Size, what it is, and whether it agrees, of those that could be compared."""

    def skip(self, size: int) -> None:
        """Checkpoints up to that size cannot be compared."""
        while self.place < len(self.checkpoints) and self.checkpoints[self.place][0] <= size:
            self.place += 1

    def next_size(self) -> int | None:
        """Of the checkpoint that comes next."""
        return self.checkpoints[self.place][0] if self.place < len(self.checkpoints) else None

    def compare(self, frontier: tree.Frontier) -> None:
        """Compares those of the size that the tree has reached."""
        while self.next_size() == frontier.size:
            _, root, name = self.checkpoints[self.place]
            if self.whole:
                self.told.append((frontier.size, name, frontier.root() == root))
            self.place += 1

    def block(self, leaves: Sequence[bytes], root: bytes | None) -> None:
        """Adds a block of which every leaf is known; its root, where it is complete."""
        if not self.whole:
            return
        end = self.frontier.size + len(leaves)
        growing: tree.Frontier | None = None
        while (size := self.next_size()) is not None and size < end + (root is None):
            growing = growing or copy.deepcopy(self.frontier)
            growing.extend(leaves[growing.size - self.frontier.size : size - self.frontier.size])
            self.compare(growing)
        if root is not None:
            self.frontier.append(root, BLOCK)
            self.compare(self.frontier)

    def findings(self, scope: Scope) -> Iterator[Finding]:
        """What the checkpoints that disagree tell.

        A later one that agrees covers the same rows: then it is the checkpoint that was rewritten.
        """
        agreed = [size for size, _, agrees in self.told if agrees]
        newest = max(agreed, default=0)
        for size, name, agrees in self.told:
            if not agrees and size < newest:
                yield Finding("log", f"{name} of {size} rows", f"was rewritten: the rows agree with that of {newest}")
        lost = [(size, name) for size, name, agrees in self.told if not agrees and size >= newest]
        if lost:
            size, name = lost[0]
            more = f" and {len(lost) - 1} after it" if len(lost) > 1 else ""
            where = stored.named(min(newest + 1, size), size)
            yield Finding(
                "log", f"{name} of {size} rows{more}", f"does not fit the rows: it, or {where}, was rewritten"
            )


class Window:
    """Some blocks of the log: the leaves as they are now, and what was kept of them."""

    def __init__(self, connection: Connection, first: int, last: int, sealed: int) -> None:
        self.first, self.last = first, last
        self._connection = connection
        self._sealed = min(last, sealed)
        """The last position of it that is sealed; below `first`: none is."""
        self._roots = stored.roots(connection, BLOCK, first, last)
        self._marks: dict[int, bytes] = {}
        """Marks of single rows, where a run of them is looked into."""
        self._leaves: list[bytes | None] = []
        self._damaged: set[int] = set()
        """First positions of blocks that are not as they were."""

    def compare(self) -> Iterator[Finding]:
        """Reads the rows, and compares them with their marks and the roots of their blocks."""
        leaves = leaf_hashes(self._connection, self.first, self.last)
        if len(leaves) == self.last - self.first + 1:
            self._leaves = list(leaves)
        else:
            yield from self._misplaced()
        yield from self._altered()
        yield from self._blocks()

    def trust(self) -> None:
        """Takes what was kept for what is there; only what is not in a kept block is read."""
        begin = self.first
        while begin in self._roots:
            begin += BLOCK
        self._leaves = [None] * (begin - self.first)
        self._damaged = set(range(self.first, begin, BLOCK))
        if begin <= self._sealed:
            self._leaves += leaf_hashes(self._connection, begin, self._sealed)
        self.last = self.first + len(self._leaves) - 1

    def grow(self, heads: Heads, found: list[Finding]) -> None:
        """Takes the sealed blocks into the tree."""
        for begin in range(self.first, self._sealed + 1, BLOCK):
            end = min(begin + BLOCK - 1, self._sealed)
            leaves = self._leaves[begin - self.first : end - self.first + 1]
            root = self._roots.get(begin)
            known = [leaf for leaf in leaves if leaf is not None]
            if begin not in self._damaged and len(known) == end - begin + 1:
                heads.block(known, tree.complete_root(known) if len(known) == BLOCK else None)
                continue
            heads.skip(end - (root is not None))
            if root is None:
                heads.whole = False
            elif heads.whole:
                heads.frontier.append(root, BLOCK)
                heads.compare(heads.frontier)

    def _misplaced(self) -> Iterator[Finding]:
        """Which positions have no row, or several; what was sealed is the one that has the mark."""
        size = self.last - self.first + 1
        for begin, run in stored.runs(self._connection, self.first, self._sealed):
            self._marks |= _single(begin, run)
        counts, self._leaves = [0] * size, [None] * size
        for position, entry in entries(self._connection, self.first, self.last):
            place, leaf = position - self.first, tree.leaf_hash(entry)
            counts[place] += 1
            if counts[place] == 1 or leaf[:MARK] == self._marks.get(position):
                self._leaves[place] = leaf
        for first, last in stored.ranges([self.first + place for place, count in enumerate(counts) if not count]):
            yield Finding("log", stored.named(first, last), f"missing: {_rows(last - first + 1)} gone")
        for place, count in enumerate(counts):
            if count > 1:
                yield Finding("log", f"position {self.first + place}", f"has {count} rows: {_rows(count - 1)} added")
        self._damaged |= {self._block_of(self.first + place) for place, count in enumerate(counts) if count != 1}

    def _altered(self) -> Iterator[Finding]:
        """Which rows are not what their marks say."""
        altered, marked = [], self.first - 1
        unmarked: list[int] = []
        for begin, run in stored.runs(self._connection, self.first, self._sealed):
            unmarked += range(marked + 1, begin)
            marked = begin + len(run) // MARK - 1
            leaves = self._leaves[begin - self.first : marked - self.first + 1]
            if b"".join([leaf[:MARK] if leaf else b"" for leaf in leaves]) != run:
                marks = _single(begin, run)
                altered += [place for place, leaf in enumerate(leaves, begin) if leaf and leaf[:MARK] != marks[place]]
        for first, last in stored.ranges(altered):
            yield Finding("log", stored.named(first, last), f"changed: {_rows(last - first + 1)} not as sealed")
        for first, last in stored.ranges([*unmarked, *range(marked + 1, self._sealed + 1)]):
            yield Finding("log", f"fax.log_run, {stored.named(first, last)}", "marks are gone")
        self._damaged |= {self._block_of(position) for position in altered}

    def _blocks(self) -> Iterator[Finding]:
        """Which blocks have another root, though each of their rows has its mark."""
        for begin in range(self.first, self._sealed - BLOCK + 2, BLOCK):
            leaves = [
                leaf for leaf in self._leaves[begin - self.first : begin - self.first + BLOCK] if leaf is not None
            ]
            where = stored.named(begin, begin + BLOCK - 1)
            if begin not in self._roots:
                yield Finding("log", f"fax.log_subtree, {where}", "the root is gone")
            elif begin not in self._damaged and tree.complete_root(leaves) != self._roots[begin]:
                yield Finding("log", where, "changed: among these rows or in fax.log_subtree, for the root is another")

    def _block_of(self, position: int) -> int:
        return position - (position - 1) % BLOCK


def _single(begin: int, run: bytes) -> dict[int, bytes]:
    """The marks of a run by position."""
    return {begin + place // MARK: run[place : place + MARK] for place in range(0, len(run), MARK)}


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count} rows are"
