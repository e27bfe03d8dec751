"""Compares the checkpoints of the log with its tree, which grows block by block as the rows are read."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faxstore.counted import counted
from faxstore.log import stored, tree
from faxstore.log.stored import BLOCK
from faxstore.verify.findings import Finding


@dataclass
class CheckpointComparison:
    """The tree so far, compared with each checkpoint of its size."""

    checkpoints: Sequence[tuple[int, bytes, str]]
    """Size, root and name of each checkpoint, sorted."""
    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    whole: bool = True
    """Whether the tree has all blocks so far; comparison ends at a block without leaves and root."""
    place: int = 0
    compared: list[tuple[int, str, bool]] = field(default_factory=list)
    """Size, name and agreement of each checkpoint that could be compared."""

    def skip(self, size: int) -> None:
        """Skip the checkpoints up to a size, which cannot be compared."""
        while self.place < len(self.checkpoints) and self.checkpoints[self.place][0] <= size:
            self.place += 1

    def next_size(self) -> int | None:
        """Return the size of the next checkpoint, None after the last."""
        return self.checkpoints[self.place][0] if self.place < len(self.checkpoints) else None

    def compare(self, frontier: tree.Frontier) -> None:
        """Compare a tree with the checkpoints of its size."""
        while self.next_size() == frontier.size:
            _, root, name = self.checkpoints[self.place]
            if self.whole:
                self.compared.append((frontier.size, name, frontier.root() == root))
            self.place += 1

    def add_block(self, leaves: Sequence[bytes], root: bytes | None) -> None:
        """Add a block by all of its leaves; `root` is None for an incomplete block."""
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

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for the checkpoints that disagree.

        A later checkpoint that agrees covers the same rows: then the earlier checkpoint was rewritten, not the rows.
        """
        agreed = [size for size, _, agrees in self.compared if agrees]
        newest = max(agreed, default=0)
        for size, name, agrees in self.compared:
            if not agrees and size < newest:
                what = f"was rewritten: the rows agree with that of {newest}"
                yield Finding("log", f"{name} of {counted(size, 'rows')}", what)
        disagreeing = [(size, name) for size, name, agrees in self.compared if not agrees and size >= newest]
        if disagreeing:
            size, name = disagreeing[0]
            more = f" and {len(disagreeing) - 1} after it" if len(disagreeing) > 1 else ""
            where = stored.position_range(min(newest + 1, size), size)
            what = f"does not match the rows: it, or {where}, was rewritten"
            yield Finding("log", f"{name} of {counted(size, 'rows')}{more}", what)
