"""Which sessions of a batch fax.append() must register: new ones, and those of which a row shows more.

fax.session holds what identifies a session and does not change.  Most rows add nothing to it, and an appender remembers
what it has registered, so a batch registers few sessions, however many rows it has of each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any
from uuid import UUID

from faxstore.observations import Observation
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.resolver import ENDS

MOST_REMEMBERED = 10_000
"""Sessions that are remembered, the newest.  A session that was forgotten is registered again, without effect."""

SESSION_COLUMNS = {
    "session_id": "uuid", "epoch_id": "uuid", "started_at": "timestamptz", "session_number": "bigint",
    "is_open": "boolean", "is_fax": "boolean",
    "operation": "text", "channel": "text", "uniqueid": "text", "technology": "text",
}  # fmt: skip
"""Columns of fax.appended_session, with their types."""

_facts: Callable[[Observation], tuple[str | None, ...]] = attrgetter("operation", "channel", "uniqueid", "technology")


class Registration:
    """Remembers which facts of which sessions were registered."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, int] = OrderedDict()  # to find the oldest, a dict passes all deleted entries
        """A bit per fact, by session."""

    def of(self, rows: Iterable[Resolved]) -> list[tuple[Any, ...]]:
        """Return the sessions to register for the rows of a batch, as values of SESSION_COLUMNS."""
        rows = list(rows)
        wanted: dict[UUID, list[Resolved]] = {row.session_id: [] for row in rows if self._adds_facts(row)}
        if wanted:
            for row in rows:
                if row.session_id in wanted:
                    wanted[row.session_id].append(row)
        return [_session(of_session) for of_session in wanted.values()]

    def _adds_facts(self, row: Resolved) -> bool:
        """Return whether a row shows what is not registered, and remember it."""
        seen = row.observation
        shown = (
            1
            | (seen.operation is not None) << 1
            | (seen.channel is not None) << 2
            | (seen.uniqueid is not None) << 3
            | (seen.technology is not None) << 4
            | (seen.event in ENDS) << 5
        )
        known = self._known.get(row.session_id, 0)
        if shown | known == known:
            return False
        self._known[row.session_id] = shown | known
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return True


def _session(rows: list[Resolved]) -> tuple[Any, ...]:
    """Return what the rows of a batch show of their session.

    What precedes the start of a fax does not move its start, and names its channel only if no other row does: after a
    transfer it names the new one.
    """
    started = [row for row in rows if not row.is_prelude]
    preceding = [row for row in rows if row.is_prelude]
    numbers = [row.observation.session_number for row in rows if row.observation.session_number is not None]
    operation, _, _, technology = _first_of_each(rows)
    _, channel, uniqueid, _ = _first_of_each(started + preceding)
    return (
        rows[0].session_id,
        rows[0].epoch_id,
        min(row.observation.observed_at for row in started or rows),
        min(numbers, default=None),
        not any(row.observation.event in ENDS for row in rows),
        all(row.is_fax for row in rows),
        *(operation, channel, uniqueid, technology),
    )


def _first_of_each(rows: list[Resolved]) -> list[str | None]:
    """Return the first known operation, channel, Uniqueid and technology."""
    facts = [_facts(row.observation) for row in rows]
    return [next((fact for fact in column if fact is not None), None) for column in zip(*facts, strict=True)]
