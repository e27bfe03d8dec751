"""From a life, as one observer tells it, to the epoch that all observers share."""

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
    """Asks the store once for each life, and again when more becomes known of its start."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._connection = connection
        self._collector_id = collector_id
        self._resolved: dict[tuple[str, int, int | None], tuple[Life, UUID]] = {}

    def of(self, life: Life) -> UUID:
        """The epoch of a life in which a session was observed."""
        key = (life.server, life.first_seen, life.reloaded_at)
        before = self._resolved.get(key)
        if before is not None and before[0] == life:
            return before[1]
        epoch = cast("UUID", self._ask(life, before[1] if before else None, make=True))
        self._resolved[key] = (life, epoch)
        return epoch

    def known(self, life: Life) -> UUID | None:
        """The epoch of a life, if the store has one."""
        before = self._resolved.get((life.server, life.first_seen, life.reloaded_at))
        return before[1] if before else self._ask(life, None, make=False)

    def _as_on_record(self, life: Life) -> Life:
        """An observer that was not there when the module was loaded anew may have left what tells of it."""
        if life.reloaded_at is not None or (life.started_at is None and life.startup_text is None):
            return life
        asked = [life.server, _moment(life.started_at), life.startup_text, _moment(life.first_seen), self._collector_id]
        row = self._connection.execute(_UNSEEN_RELOAD, asked).fetchone()
        return replace(life, reloaded_at=microseconds(row[0])) if row and row[0] else life

    def _ask(self, life: Life, before: UUID | None, *, make: bool) -> UUID | None:
        if before is None:
            life = self._as_on_record(life)
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
                make,
            ],
        ).fetchone()
        return cast("UUID | None", row[0]) if row else None


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)
