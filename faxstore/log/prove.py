"""Proofs from the log: that a row is in it, and that a checkpoint is the beginning of another.

`faxstore prove` and `faxstore consistency` print them; a script without faxstore can check them
(docs/how-to/proofs.md).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from faxstore.counted import counted
from faxstore.errors import FaxstoreError, UsageError
from faxstore.json_values import json_value
from faxstore.log import stored, tree
from faxstore.log.canonical import decode_entry
from faxstore.log.leaves import entries, leaf_hashes, leaf_hashes_by_position
from faxstore.log.note import Checkpoint
from faxstore.store.database import Connection

_DELETED = """
select to_char(m.month, 'YYYY-MM') from fax.dropped_month m where m.deleted_at is not null and m.positions @> %s::bigint
"""

_DELETED_BETWEEN = """
select to_char(m.month, 'YYYY-MM') from fax.dropped_month m
where m.deleted_at is not null and m.positions && int8range(%s, %s, '[]')
order by m.month
"""

ArchivedEntries = Callable[[int, int], Iterable[tuple[int, bytes]]]
"""Returns position and canonical bytes of the rows in files only, between two positions (both included)."""


def no_archive(first: int, last: int) -> Iterable[tuple[int, bytes]]:
    """An ArchivedEntries without files."""
    return ()


class StoredTree:
    """The tree of a checkpoint, from stored roots and the rows of single blocks: a proof reads a few hundred hashes."""

    def __init__(self, connection: Connection, size: int, archived: ArchivedEntries = no_archive) -> None:
        self._connection = connection
        self.size = size
        self._archived = archived
        self._leaves: dict[int, list[bytes]] = {}
        self._kept: dict[int, dict[int, bytes]] = {rows: {} for rows in stored.LEVELS}

    def root(self, first: int, last: int) -> bytes:
        """Return the root of the leaves from a first index (included) to a last one (excluded): a tree.Root."""
        rows = last - first
        if rows < stored.BLOCK:
            begin = first - first % stored.BLOCK
            leaves = tree.Frontier()
            leaves.extend(self._block(begin)[first - begin : last - begin])
            return leaves.root()
        if rows in stored.LEVELS and first % rows == 0:
            return self._subtree(rows, first)
        middle = first + tree.split(rows)
        return tree.node_hash(self.root(first, middle), self.root(middle, last))

    def _subtree(self, rows: int, first: int) -> bytes:
        kept = self._kept[rows]
        if first not in kept:  # read its neighbours too: the same path needs them
            begin = first - first % (rows * stored.BLOCK)
            found = stored.roots(self._connection, rows, begin + 1, begin + rows * stored.BLOCK)
            kept.update((position - 1, root) for position, root in found.items())
        if first not in kept:
            raise FaxstoreError(f"fax.log_subtree has no root for position {first + 1}: run faxstore verify")
        return kept[first]

    def _block(self, begin: int) -> list[bytes]:
        """Return the leaves of a block, computed from its rows."""
        if begin not in self._leaves:
            end = min(begin + stored.BLOCK, self.size)
            leaves = leaf_hashes(self._connection, begin + 1, end)
            if len(leaves) < end - begin:
                leaves = self._with_archived(begin + 1, end)
            if len(leaves) != end - begin:
                where = stored.position_range(begin + 1, end)
                if months := [month for (month,) in self._connection.execute(_DELETED_BETWEEN, [begin + 1, end])]:
                    deleted = f"{where}: rows were deleted with {', '.join(months)} when its retention ended"
                    raise FaxstoreError(f"{deleted}; nothing that ends among them can be proven, all else can")
                raise FaxstoreError(f"{where}: rows are missing or added: run faxstore verify")
            self._leaves[begin] = leaves
        return self._leaves[begin]

    def _with_archived(self, first: int, last: int) -> list[bytes]:
        found = leaf_hashes_by_position(self._connection, first, last)
        found |= {position: tree.leaf_hash(entry) for position, entry in self._archived(first, last)}
        return [leaf for _, leaf in sorted(found.items())]


def positions_of(connection: Connection, session: UUID) -> list[int]:
    """Return the positions of a session's rows, in order."""
    query = """
    select h.position from fax.session s
    join fax.session_history h on h.session_id = s.session_id and h.started_at = s.started_at
    where s.session_id = %s order by 1"""
    return [position for (position,) in connection.execute(query, [session])]


def checkpoint(connection: Connection, size: int | None) -> tuple[Checkpoint, str]:
    """Return the checkpoint of `size` rows, or the newest, and its note.  Raises UsageError without one."""
    found = stored.checkpoint(connection, size)
    if found is None:
        unsealed = "nothing is sealed yet: run faxstore seal"
        raise UsageError(f"there is no checkpoint of {counted(size, 'rows')}; see fax.checkpoint" if size else unsealed)
    return found


def inclusion(
    connection: Connection, position: int, sealed: Checkpoint, text: str, archived: ArchivedEntries = no_archive
) -> dict[str, Any]:
    """Return the proof of one row.  Raises FaxstoreError if the row has changed since it was sealed."""
    if not 1 <= position <= sealed.size:
        raise UsageError(f"position {position} is not in the checkpoint, which covers positions 1 to {sealed.size}")
    found = list(entries(connection, position, position)) or list(archived(position, position))
    if not found:
        _require_retained(connection, position)
    if len(found) != 1:
        raise FaxstoreError(f"position {position} has {counted(len(found), 'rows')}: run faxstore verify")
    data = found[0][1]
    path = tree.inclusion_proof(position - 1, sealed.size, StoredTree(connection, sealed.size, archived).root)
    if tree.root_from_inclusion(tree.leaf_hash(data), position - 1, sealed.size, path) != sealed.root:
        change = "the log has changed since it was sealed"
        raise FaxstoreError(f"position {position} cannot be proven because {change}: run faxstore verify")
    return {
        "position": position,
        "index": position - 1,
        "size": sealed.size,
        "entry": data.hex(),
        "row": {name: json_value(value) for name, value in decode_entry(data).items()},
        "path": [b64encode(one).decode() for one in path],
        "checkpoint": text,
    }


def _require_retained(connection: Connection, position: int) -> None:
    """Raises FaxstoreError if the row at a position was deleted for good."""
    deleted = connection.execute(_DELETED, [position]).fetchone()
    if deleted is not None:
        raise FaxstoreError(f"position {position} was deleted with {deleted[0]} when its retention ended")


def consistency(
    connection: Connection, old: int, sealed: Checkpoint, text: str, archived: ArchivedEntries = no_archive
) -> str:
    """Return the proof that the checkpoint of `old` rows is the beginning of `sealed`; 0 rows need no proof.

    It is the body of an add-checkpoint request (C2SP tlog-witness): a line with the old size, the hashes of
    RFC 6962 2.1.2, an empty line and the newer checkpoint.  Raises UsageError if there is no checkpoint of `old` rows,
    FaxstoreError if the log has changed since it was sealed.
    """
    path: list[bytes] = []
    if old:
        before, _ = checkpoint(connection, old)
        if old > sealed.size:
            raise UsageError(f"the checkpoint of {counted(sealed.size, 'rows')} is older than the one of {old}")
        path = tree.consistency_proof(old, sealed.size, StoredTree(connection, sealed.size, archived).root)
        try:
            tree.check_consistency(old, before.root, sealed.size, sealed.root, path)
        except tree.ProofError as error:
            difference = f"the checkpoint of {counted(old, 'rows')} is not the beginning of the one of {sealed.size}"
            raise FaxstoreError(f"{difference}: run faxstore verify") from error
    return "\n".join([f"old {old}", *(b64encode(one).decode() for one in path), "", text])
