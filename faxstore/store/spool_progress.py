"""How much of a spool a database has: what fax.append() stored with each batch."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from faxstore.spool.progress import StoredProgress
from faxstore.store.database import Connection

_STORED = "select spool_id, appended, last_keys from fax.spool_progress where spool_id = any(%s)"


def stored_progress(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, StoredProgress]:
    """Return what the database has of a spool, by those of its ids that it knows."""
    rows = connection.execute(_STORED, [list(ids)]).fetchall()
    return {spool_id: StoredProgress(appended, _runs(keys)) for spool_id, appended, keys in rows}


def _runs(keys: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(keys[::2], keys[1::2], strict=True))
