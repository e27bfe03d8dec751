"""The lists that FAXSessions returns: which sessions are live, which entries wait for their detail, which are gone.

Entries arrive one by one (res_fax.c, manager_fax_sessions).  The detail of a session (FAXSession) is requested after
the list and joined to the entry.  An incomplete list shows which sessions exist, and not which ones have gone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Any

from faxstore.observations import Details, Life, Observation

MOST_GONE = 10_000
"""Numbers of ended sessions that are remembered one by one; of older ones only the highest is."""


@dataclass(slots=True)
class Entry:
    """One FAXSessionsEntry.  Only the list contains channel, technology and session type."""

    number: int
    observed_at: int
    life: Life
    fields: dict[str, Any]
    details: Details

    def observed(self) -> Observation:
        """Return the entry as an observation: its detail was not or could not be requested."""
        event = "FAXSessionsEntry"
        return Observation(self.life, self.observed_at, event, self.number, details=self.details, **self.fields)

    def joined(self, fields: dict[str, Any], details: Details) -> tuple[dict[str, Any], Details]:
        """Return fields and details of the joined observation.  Those of the detail win over those of the entry.

        Files is omitted if FileName has the same value.
        """
        more = {name: value for name, value in self.details.items() if name not in details}
        if more.get("Files") in (fields.get("file_name"), ""):
            more.pop("Files", None)
        return self.fields | fields, more | details


def _entries(state: list[Any]) -> dict[int, Entry]:
    """Return entries by number from their values as JSON."""
    return {number: Entry(number, at, Life(*life), *rest) for number, at, life, *rest in state}


@dataclass(slots=True)
class _OpenList:
    """A list that has begun.  `started` is False if its first line was not seen."""

    started: bool
    received: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)

    def fault(self, total: str) -> str | None:
        """Return why this is not the complete list of the live sessions, or None.  Total counts the entries sent."""
        total = total.strip()
        if not total:
            return None if self.started else "FAXSessionsComplete of a list whose start was not seen"
        if not (total.isascii() and total.isdigit()) or len(total) > 10:
            return "FAXSessionsComplete: Total is not a number"
        if int(total) != self.received:
            return f"FAXSessionsComplete: Total is not the number of entries received, {self.received}"
        return None if self.received == len(self.entries) else "FAXSessionsComplete of a list with a number twice"


class Listings:
    """Follows the lists of one server over successive connections.  Methods return the observations that are final."""

    def __init__(self) -> None:
        self._live: dict[int, Entry] = {}
        self._by_channel: dict[str, list[Entry]] | None = None
        """The live entries by channel; None until on_channel() needs it after a change."""
        self._gone: OrderedDict[int, None] = OrderedDict()
        self._forgotten = -1
        self._pending: dict[int, Entry] = {}
        self._open: _OpenList | None = None

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        live, pending = ([astuple(entry) for entry in entries.values()] for entries in (self._live, self._pending))
        listed = self._open
        opened = listed and [listed.started, listed.received, [astuple(entry) for entry in listed.entries.values()]]
        return [live, list(self._gone), self._forgotten, pending, opened]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        live, gone, self._forgotten, pending, opened = state
        self._by_channel = None
        self._live, self._gone, self._pending = _entries(live), OrderedDict.fromkeys(gone), _entries(pending)
        self._open = _OpenList(opened[0], opened[1], _entries(opened[2])) if opened else None

    @property
    def unfinished(self) -> int:
        """The number of entries whose detail may still arrive."""
        return len(self._pending) + (len(self._open.entries) if self._open else 0)

    @property
    def listed(self) -> int | None:
        """The number of entries of a list that has begun and not ended; None without such a list."""
        return self._open.received if self._open else None

    def begin_list(self) -> list[Observation]:
        """A list begins; the entries of the former one are final."""
        final = self.cut_off()
        self._open = _OpenList(started=True)
        return final

    def was_gone(self, number: int) -> bool:
        """Return whether a session of that number has ended in this life.  If it is listed, a new life has begun."""
        return number in self._gone or (number <= self._forgotten and number not in self._live)

    def _has_gone(self, numbers: Iterable[int]) -> None:
        self._gone.update(dict.fromkeys(numbers))
        while len(self._gone) > MOST_GONE:
            oldest, _ = self._gone.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest)

    def complete_session(self, channel: str, operation: str) -> list[Observation]:
        """A completion event arrived: its session has left the list for good (res_fax.c, generic_fax_exec).

        If its detail was requested too late, its entry is final.
        """
        entries = self.on_channel(channel)
        ended = [entry.number for entry in entries if (entry.fields.get("operation") or "").lower() == operation]
        self._has_gone(ended)
        return [self._pending.pop(number).observed() for number in ended if number in self._pending]

    def add_entry(self, entry: Entry) -> list[Observation]:
        """Add the next entry.  A former entry of the same number in the same list is final."""
        listed = self._open = self._open or _OpenList(started=False)
        twice = listed.entries.get(entry.number)
        listed.received += 1
        listed.entries[entry.number] = entry
        return [twice.observed()] if twice else []

    def end_list(self, total: str, now: int) -> tuple[list[Observation], str | None]:
        """The list has ended: return the final observations, and why the list is not complete (None if it is)."""
        listed, self._open = self._open or _OpenList(started=False), None
        self._by_channel = None
        final = self.end_poll()
        self._pending = dict(listed.entries)
        fault = listed.fault(total)
        if fault is None:
            gone = [self._live.pop(number) for number in sorted(self._live.keys() - listed.entries.keys())]
            self._has_gone(entry.number for entry in gone)
            final += [Observation(each.life, now, "Gone", each.number, each.fields.get("channel")) for each in gone]
        self._live.update(listed.entries)
        return final, fault

    @property
    def live(self) -> list[Entry]:
        """The entries of the live sessions, as last listed."""
        return list(self._live.values())

    def on_channel(self, channel: str) -> list[Entry]:
        """Return the entries of the live sessions of a channel, as last listed."""
        if self._by_channel is None:
            self._by_channel = {}
            for entry in self._live.values():
                self._by_channel.setdefault(entry.fields.get("channel") or "", []).append(entry)
        return list(self._by_channel.get(channel, ())) if channel else []

    def pop_entry(self, number: int | None) -> Entry | None:
        """Remove and return the entry that waits for the detail of this session, or None if there is none."""
        return self._pending.pop(number, None) if number is not None else None

    def end_poll(self) -> list[Observation]:
        """The poll is over: entries without detail are final."""
        entries, self._pending = self._pending, {}
        return [entry.observed() for entry in entries.values()]

    def cut_off(self) -> list[Observation]:
        """The connection ended: entries without detail and those of an unfinished list are final."""
        entries = list(self._open.entries.values()) if self._open else []
        self._open = None
        return [*self.end_poll(), *(entry.observed() for entry in entries)]

    def begin_life(self) -> list[Observation]:
        """Session numbers restart: no session is live, and entries are final in their former life."""
        self._forget_sessions()
        return self.cut_off()

    def begin_life_within_list(self, life: Life) -> list[Observation]:
        """Session numbers restarted, as a number in the current list shows: the whole list belongs to the new life."""
        self._forget_sessions()
        for entry in self._open.entries.values() if self._open else ():
            entry.life = life
        return self.end_poll()

    def _forget_sessions(self) -> None:
        self._live, self._by_channel, self._gone, self._forgotten = {}, None, OrderedDict(), -1
