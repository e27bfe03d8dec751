"""The lists that FAXSessions gives, one after the other: what is live, what waits for its detail, what is gone.

Entries come one by one (res_fax.c, manager_fax_sessions); each session's detail is asked for after its list and joined
to its entry.  A list that did not come whole says what was seen, and nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faxstore.observations import Details, Life, Observation

MOST_GONE = 10_000
"""Numbers of ended sessions that are remembered one by one; of older ones the highest is."""


@dataclass(slots=True)
class Entry:
    """One FAXSessionsEntry: what only the list tells (channel, technology, session type), and when."""

    number: int
    observed_at: int
    life: Life
    fields: dict[str, Any]
    details: Details

    def observed(self) -> Observation:
        """The entry as an observation of its own: its detail was not or could not be asked."""
        return Observation(
            self.life, self.observed_at, "FAXSessionsEntry", self.number, details=self.details, **self.fields
        )

    def joined(self, fields: dict[str, Any], details: Details) -> tuple[dict[str, Any], Details]:
        """The detail's own fields over the entry's; Files only where it says more than FileName."""
        more = {name: value for name, value in self.details.items() if name not in details}
        if more.get("Files") in (fields.get("file_name"), ""):
            more.pop("Files", None)
        return self.fields | fields, more | details


@dataclass(slots=True)
class _OpenList:
    """A list that has begun.  `started` is False where its first line was not seen."""

    started: bool
    came: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)

    def fault(self, total: str) -> str | None:
        """Why this is not the complete list of the live sessions; None: it is.  Total counts the entries sent."""
        total = total.strip()
        if not total:
            return None if self.started else "FAXSessionsComplete of a list whose start was not seen"
        if not (total.isascii() and total.isdigit()) or len(total) > 10:
            return f"FAXSessionsComplete says Total {total[:40]!r}, which is no number"
        if int(total) != self.came:
            return f"FAXSessionsComplete says Total {int(total)} and {self.came} entries came"
        return None if self.came == len(self.entries) else "FAXSessionsComplete of a list with a number twice"


class Listings:
    """Follows the lists of one server through one connection after another."""

    def __init__(self) -> None:
        self._live: dict[int, Entry] = {}
        self._gone: dict[int, None] = {}
        self._forgotten = -1
        self._pending: dict[int, Entry] = {}
        self._open: _OpenList | None = None

    @property
    def unfinished(self) -> int:
        """Entries whose detail may still come."""
        return len(self._pending) + (len(self._open.entries) if self._open else 0)

    def begun(self) -> list[Observation]:
        """A list begins; what the one before left is settled."""
        settled = self.cut()
        self._open = _OpenList(started=True)
        return settled

    def was_gone(self, number: int) -> bool:
        """Whether a session of that number was live, and gone, in this life: then this is another life."""
        return number in self._gone or (number <= self._forgotten and number not in self._live)

    def _has_gone(self, numbers: Iterable[int]) -> None:
        self._gone.update(dict.fromkeys(numbers))
        while len(self._gone) > MOST_GONE:
            oldest = next(iter(self._gone))
            del self._gone[oldest]
            self._forgotten = max(self._forgotten, oldest)

    def completed(self, channel: str, operation: str) -> list[Observation]:
        """A completion event: its session has left the list for good (res_fax.c, generic_fax_exec).

        Its entry comes before the event, where the detail was asked too late.
        """
        entries = self.on_channel(channel)
        ended = [entry.number for entry in entries if (entry.fields.get("operation") or "").lower() == operation]
        self._has_gone(ended)
        return [self._pending.pop(number).observed() for number in ended if number in self._pending]

    def entry(self, entry: Entry) -> list[Observation]:
        """The next entry; one of the same number in the same list is an observation of its own."""
        listed = self._open = self._open or _OpenList(started=False)
        twice = listed.entries.get(entry.number)
        listed.came += 1
        listed.entries[entry.number] = entry
        return [twice.observed()] if twice else []

    def ended(self, total: str, now: int) -> tuple[list[Observation], str | None]:
        """The list has ended: observations that follow from it, and why it is not to be trusted (None: it is)."""
        listed, self._open = self._open or _OpenList(started=False), None
        settled = self.unasked()
        self._pending = dict(listed.entries)
        fault = listed.fault(total)
        if fault is None:
            gone = [self._live.pop(number) for number in sorted(self._live.keys() - listed.entries.keys())]
            self._has_gone(entry.number for entry in gone)
            settled += [_gone(entry, now) for entry in gone]
        self._live.update(listed.entries)
        return settled, fault

    @property
    def numbers(self) -> tuple[int, ...]:
        """The sessions that are live."""
        return tuple(sorted(self._live))

    @property
    def live(self) -> list[Entry]:
        """The same, as last listed."""
        return list(self._live.values())

    def on_channel(self, channel: str) -> list[Entry]:
        """The live sessions of a channel, as last listed."""
        return [entry for entry in self._live.values() if channel and entry.fields.get("channel") == channel]

    def refused(self, number: int | None) -> list[Observation]:
        """A session's detail was refused (the session ended, say): its entry is all that is known."""
        entry = self._pending.pop(number, None) if number is not None else None
        return [entry.observed()] if entry else []

    def detail(self, number: int) -> Entry | None:
        """The entry that a detail belongs to; None: it was never listed."""
        return self._pending.pop(number, None)

    def unasked(self) -> list[Observation]:
        """The poll is over: entries that got no detail will get none any more."""
        entries, self._pending = self._pending, {}
        return [entry.observed() for entry in entries.values()]

    def cut(self) -> list[Observation]:
        """The same, and the entries of a list that was cut off: they were seen."""
        entries = list(self._open.entries.values()) if self._open else []
        self._open = None
        return [*self.unasked(), *(entry.observed() for entry in entries)]

    def another_life(self) -> list[Observation]:
        """The numbers begin again: nothing that was live is, and what was listed is settled in its own life."""
        settled = self.cut()
        self._live, self._gone, self._forgotten = {}, {}, -1
        return settled

    def another_life_by_a_number(self, life: Life) -> list[Observation]:
        """The same, told by a number within a list: the list is of the new life from its first entry on."""
        settled = self.unasked()
        self._live, self._gone, self._forgotten = {}, {}, -1
        for entry in self._open.entries.values() if self._open else ():
            entry.life = life
        return settled


def _gone(entry: Entry, now: int) -> Observation:
    return Observation(entry.life, now, "Gone", entry.number, entry.fields.get("channel"))
