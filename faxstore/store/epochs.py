"""The epoch of a life.

A life is one observer's view of one run of a server's fax registry.  An epoch is the run itself, under one id for all
observers.  fax.resolve_epoch() finds the epoch by the evidence of the life (start-up time, start-up text, reload) or
creates it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from faxstore.observations import Life, microseconds, moment
from faxstore.sessions.identity import epoch_id
from faxstore.store.database import Connection

_UNSEEN_RELOAD = "select fax.unseen_reload(%s, %s, %s, %s, %s)"
_RESOLVE = "select fax.resolve_epoch(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


class Epochs:
    """Epochs by life.  Each life is resolved once, and again when more becomes known of its start."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._connection = connection
        self._collector_id = collector_id
        self._resolved: dict[tuple[str, int, int | None], tuple[Life, UUID]] = {}

    def resolve(self, life: Life) -> UUID:
        """Return the epoch of a life; create it if no observer has reported it yet."""
        key = (life.server, life.first_seen, life.reloaded_at)
        before = self._resolved.get(key)
        if before is not None and before[0] == life:
            return before[1]
        epoch = cast("UUID", self._query(life, before[1] if before else None, create=True))
        self._resolved[key] = (life, epoch)
        return epoch

    def find(self, life: Life) -> UUID | None:
        """Return the epoch of a life, or None if it is not stored."""
        before = self._resolved.get((life.server, life.first_seen, life.reloaded_at))
        return before[1] if before else self._query(life, None, create=False)

    def _query(self, life: Life, before: UUID | None, *, create: bool) -> UUID | None:
        if before is None:
            life = self._with_unseen_reload(life)
        row = self._connection.execute(
            _RESOLVE,
            [
                life.server,
                epoch_id(life),
                before,
                _moment(life.first_seen),
                life.continued,
                _moment(life.started_at),
                life.startup_text,
                _moment(life.reloaded_at),
                create,
            ],
        ).fetchone()
        return cast("UUID | None", row[0]) if row else None

    def _with_unseen_reload(self, life: Life) -> Life:
        """Return the life with the reload that its observer missed, if stored rows of the server show one."""
        if life.reloaded_at is not None or (life.started_at is None and life.startup_text is None):
            return life
        values = [life.server, _moment(life.started_at), life.startup_text, _moment(life.first_seen)]
        row = self._connection.execute(_UNSEEN_RELOAD, [*values, self._collector_id]).fetchone()
        return replace(life, reloaded_at=microseconds(row[0])) if row and row[0] else life


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
