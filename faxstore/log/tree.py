"""The Merkle tree of RFC 6962 (section 2.1) over leaf hashes.  Indexes start at 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


class ProofError(ValueError):
    """A proof does not lead to the roots that it should prove."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf with these bytes."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with these children."""
    return sha256(b"\1" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 2^k hashes of equally large subtrees, level by level (quicker than Frontier.append)."""
    level = list(hashes)
    while len(level) > 1:
        pairs = iter(level)
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


class Frontier:
    """A tree that grows at its end.  It holds one hash per complete subtree, that is per set bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []

    def append(self, root: bytes, leaves: int = 1) -> None:
        """Add a leaf, or the root of a complete subtree of `leaves` leaves.  Raises ValueError if it is misaligned."""
        if self.size % leaves:
            raise ValueError(f"a subtree of {leaves} leaves cannot begin at {self.size}")
        self.size += leaves
        while self._complete and self._complete[-1][0] == leaves:
            root = node_hash(self._complete.pop()[1], root)
            leaves *= 2
        self._complete.append((leaves, root))

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaves by their hashes."""
        for leaf in hashes:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._complete:
            return EMPTY_ROOT
        found = self._complete[-1][1]
        for _, left in reversed(self._complete[:-1]):
            found = node_hash(left, found)
        return found


Root = Callable[[int, int], bytes]
"""Returns the root of the leaves from a first index (included) to a last one (excluded)."""


def split(leaves: int) -> int:
    """Return the leaves of the left subtree: the largest power of two below the number of leaves."""
    return 1 << (leaves - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, root: Root) -> list[bytes]:
    """Return the audit path of a leaf (RFC 6962, 2.1.1), from the leaf up."""
    path, first, last = [], 0, size
    while last - first > 1:
        middle = first + split(last - first)
        if index < middle:
            path.append(root(middle, last))
            last = middle
        else:
            path.append(root(first, middle))
            first = middle
    return path[::-1]


def consistency_proof(old: int, size: int, root: Root) -> list[bytes]:
    """Return the proof that a tree of `old` leaves (at least 1) is a prefix of one of `size` (RFC 6962, 2.1.2)."""
    path, first, last, known = [], 0, size, True
    while old < last:
        middle = first + split(last - first)
        if old <= middle:
            path.append(root(middle, last))
            last = middle
        else:
            path.append(root(first, middle))
            first, known = middle, False
    return ([] if known else [root(first, last)]) + path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to (RFC 9162, 2.1.3.2).  Raises ProofError if it does not fit."""
    if not 0 <= index < size:
        raise ProofError(f"index {index} is not in a tree of {size} leaves")
    found = leaf
    for sibling, is_left in _siblings(index, size - 1, path):
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
    return found


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Raises ProofError unless the path proves that the old tree is a prefix of the other (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        raise ProofError(f"a tree of {old} leaves is not the beginning of one of {size}")
    if old == size:
        if path or old_root != root:
            raise ProofError("the path has the wrong length" if path else "the path leads to other roots")
        return
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        raise ProofError("the path has the wrong length")
    node, last = old - 1, size - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for sibling, is_left in _siblings(node, last, hashes[1:]):
        if is_left:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if (before, after) != (old_root, root):
        raise ProofError("the path leads to other roots")


def _siblings(node: int, last: int, path: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each hash of a path, and whether it is to the left.  Raises ProofError if the path does not fit."""
    for sibling in path:
        if not last:
            raise ProofError("the path is too long")
        is_left = node % 2 == 1 or node == last
        while is_left and not node % 2 and node:
            node, last = node >> 1, last >> 1
        yield sibling, is_left
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the path is too short")
