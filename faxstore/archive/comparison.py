"""Compares the rows of files with the log: each complete block of 256 rows with its stored root.

Of a block in which other months have rows too, or that is not complete, each leaf is compared with that of the row in
the database, or with the one that the database retains (fax.dropped_leaf); and the block with its root, if all of its
leaves are known.  Memory holds the leaves of the blocks that are not complete yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from faxstore.log import stored, tree
from faxstore.log.leaves import leaf_hashes_by_position
from faxstore.log.stored import BLOCK
from faxstore.store.database import Connection

_UNKNOWN = b""
_ROOTS = "select first_position, root from fax.log_subtree where rows = 256 and first_position = any(%s)"


class LogComparison:
    """The comparison of the rows of one month.  Add all of its rows, in any order, then call `finish`."""

    def __init__(self, connection: Connection, size: int) -> None:
        self._connection = connection
        self._size = size
        """The rows that the newest checkpoint covers."""
        self._open: defaultdict[int, list[bytes]] = defaultdict(lambda: [_UNKNOWN] * BLOCK)
        """By number of the block: its leaves."""
        self._counts: Counter[int] = Counter()
        self._complete: list[int] = []
        self.rows = 0
        self.different: list[tuple[int, int]] = []
        """First and last position of each part that is not as sealed."""

    def add(self, positions: Sequence[int], leaves: Sequence[bytes]) -> None:
        """Add rows, and compare the blocks that become complete."""
        blocks, numbers = self._open, [(position - 1) // BLOCK for position in positions]
        for number, position, leaf in zip(numbers, positions, leaves, strict=True):
            blocks[number][(position - 1) % BLOCK] = leaf
        self._counts.update(numbers)
        self.rows += len(positions)
        full = [number for number in dict.fromkeys(numbers) if self._counts[number] >= BLOCK]
        self._compare_roots({number: blocks.pop(number) for number in full})
        for number in full:
            del self._counts[number]

    def finish(self) -> dict[int, bytes]:
        """Compare the other blocks; return the leaves in them, by position, which the database must retain."""
        retained: dict[int, bytes] = {}
        for block in sorted(self._open):
            first = block * BLOCK + 1
            ours = {first + place: leaf for place, leaf in enumerate(self._open[block]) if leaf != _UNKNOWN}
            self._compare_leaves(first, ours)
            retained |= ours
        return retained

    def multirange(self) -> str:
        """Return the positions of the rows as PostgreSQL writes an int8multirange."""
        return "{" + ",".join(f"[{first},{last + 1})" for first, last in self.ranges()) + "}"

    def ranges(self) -> list[tuple[int, int]]:
        """Return first and last position of each range of the rows."""
        found = [(block * BLOCK + 1, block * BLOCK + BLOCK) for block in self._complete]
        for block, leaves in self._open.items():
            known = [place for place, leaf in enumerate(leaves) if leaf != _UNKNOWN]
            found += [(block * BLOCK + 1 + first, block * BLOCK + 1 + last) for first, last in stored.ranges(known)]
        return list(_merged(sorted(found)))

    def _compare_roots(self, complete: dict[int, list[bytes]]) -> None:
        if not complete:
            return
        firsts = [block * BLOCK + 1 for block in complete]
        roots = {first: bytes(root) for first, root in self._connection.execute(_ROOTS, [firsts])}
        for first, leaves in zip(firsts, complete.values(), strict=True):
            if roots.get(first) != tree.complete_root(leaves):
                self.different.append((first, first + BLOCK - 1))
        self._complete += complete

    def _compare_leaves(self, first: int, ours: dict[int, bytes]) -> None:
        """Compare the leaves of a block that has other rows too."""
        known = leaf_hashes_by_position(self._connection, first, min(first + BLOCK - 1, self._size))
        wrong = [
            position for position, leaf in ours.items() if known.get(position, leaf) != leaf or position > self._size
        ]
        if not wrong and len(known | ours) == BLOCK:
            root = stored.roots(self._connection, BLOCK, first, first).get(first)
            if root != tree.complete_root([leaf for _, leaf in sorted((known | ours).items())]):
                wrong = sorted(ours)
        self.different += stored.ranges(wrong)


def _merged(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield sorted ranges, those without a gap between them as one."""
    begun: tuple[int, int] | None = None
    for first, last in ranges:
        if begun is None:
            begun = first, last
        elif first == begun[1] + 1:
            begun = begun[0], last
        else:
            yield begun
            begun = first, last
    if begun is not None:
        yield begun
