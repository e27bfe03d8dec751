"""The channels that are remembered, and until when.

A channel with pending events is remembered until they are resolved, which takes LONGEST_WAIT at most.  Of the others
(settled channels) the MOST_SETTLED last used ones are remembered.  An event on a channel that was forgotten costs a
look-up of the stored sessions and leads to the same session.

The cost of an operation does not depend on the number of channels: expiry reads the front of a heap, settled channels
are in order of use, and listed ones are found by their files.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from itertools import chain
from uuid import UUID

from msgspec.structs import replace

from faxstore.observations import MICROSECONDS, Life
from faxstore.sessions.application_runs import Pending
from faxstore.sessions.channel import Channel
from faxstore.sessions.fax import State

JUST_BEFORE = 30 * MICROSECONDS
"""How long before the list that reveals a new life its first events may have come."""

MOST_SETTLED = 10_000
"""Settled channels that are remembered.  The look-up does not know the current batch, which has 2,000 records."""

_NO_FILES: frozenset[str] = frozenset()


class Channels:
    """Channels by epoch and name (names repeat after a restart of the server), with their deadlines.

    Deadlines are in a heap.  One that moves later leaves its entry in place: the entry is put back when it comes to the
    front.  One that moves earlier gets a second entry, and the first one is skipped.
    """

    def __init__(self) -> None:
        self._by_epoch: dict[UUID, dict[str, Channel]] = {}
        self._listed_by_file: dict[tuple[UUID, str], dict[Channel, None]] = {}
        self._listed_files: dict[Channel, frozenset[str]] = {}
        """The files by which each channel with a listed session is found."""
        self._settled: OrderedDict[Channel, None] = OrderedDict()
        self._deadlines: dict[Channel, int] = {}
        self._heap: list[tuple[int, int, Channel]] = []
        self._pushed = 0

    def find(self, epoch: UUID, name: str) -> Channel | None:
        """Return a channel if it is remembered."""
        return self._by_epoch.get(epoch, {}).get(name)

    def listed_with(self, epoch: UUID, files: Iterable[str]) -> list[Channel]:
        """Return the channels of an epoch whose latest fax is a listed session with one of these files."""
        found = (self._listed_by_file.get((epoch, file), ()) for file in sorted(files))
        return list(dict.fromkeys(chain.from_iterable(found)))

    def _in_other_epochs(self, channel: Channel) -> list[Channel]:
        """Return the channels of the same name in other epochs."""
        others = [names.get(channel.name) for epoch, names in self._by_epoch.items() if epoch != channel.epoch]
        return [other for other in others if other is not None]

    def adopt(self, channel: Channel, life: Life, revealed_at: int) -> None:
        """Move pending events to the epoch that a list has just revealed, if they came after its start.

        Only session numbers that were used before show such a reload, and the first events of the new life come before
        that list.  Events of another start of the server stay: channel names repeat after a restart.
        """
        for other in self._in_other_epochs(channel):
            former, other.pending = other.pending, []
            for key, event in former:
                same_start = (event.life.server, event.life.started_at) == (life.server, life.started_at)
                if same_start and event.observed_at >= revealed_at - JUST_BEFORE:
                    channel.insert(Pending(key, replace(event, life=life)))
                else:
                    other.pending.append(Pending(key, event))
            self.update(other)

    def update(self, channel: Channel) -> None:
        """Add a channel, or account for a change of it; another channel of its epoch and name is replaced."""
        self._by_epoch.setdefault(channel.epoch, {}).update(dict.fromkeys(channel.names, channel))
        self._settled.pop(channel, None)
        if not channel.pending:
            self._settled[channel] = None
            if len(self._settled) > MOST_SETTLED:
                self._forget(next(iter(self._settled)))
        self._set_deadline(channel)
        self._index_files(channel)

    def touch(self, channel: Channel) -> None:
        """Account for a later time of a channel without pending events that is remembered."""
        self._settled.move_to_end(channel)
        self._set_deadline(channel)
        self._index_files(channel)

    def give_name(self, channel: Channel, name: str) -> Channel:
        """Return a new channel for another call that uses a name of this channel."""
        del channel.names[name]
        if not channel.names:
            self._forget(channel)
        return Channel(channel.epoch, name)

    def rename(self, channel: Channel, heir: Channel) -> None:
        """Let a channel go on under the names of another one, its heir, which is forgotten."""
        self._forget(heir)
        channel.names |= heir.names
        heir.names = {}  # so that an update of the heir does not bring it back
        channel.began = heir.began  # those of the call that has the name now
        self.update(channel)

    def expire(self, now: int) -> list[Channel]:
        """Forget settled channels whose deadline has passed; return those with pending events whose deadline has."""
        overdue = []
        while self._heap and self._heap[0][0] < now:
            at, _, channel = heappop(self._heap)
            if self._deadlines.get(channel) != at:
                continue
            del self._deadlines[channel]
            if channel.deadline != at:
                self._set_deadline(channel)
            elif channel.pending:
                overdue.append(channel)
            else:
                self._forget(channel)
        return overdue

    def _set_deadline(self, channel: Channel) -> None:
        deadline = channel.deadline
        if self._deadlines.get(channel, deadline + 1) <= deadline:
            return
        self._deadlines[channel] = deadline
        self._pushed += 1
        heappush(self._heap, (deadline, self._pushed, channel))
        if len(self._heap) > 2 * len(self._deadlines) + 1_000:  # so that skipped entries take no memory
            self._heap = [entry for entry in self._heap if self._deadlines.get(entry[2]) == entry[0]]
            heapify(self._heap)

    def _index_files(self, channel: Channel) -> None:
        files = channel.facts.files if channel.state is State.LISTED else _NO_FILES
        if files is not self._listed_files.get(channel, _NO_FILES):
            self._set_files(channel, files)

    def _set_files(self, channel: Channel, files: frozenset[str]) -> None:
        for file in self._listed_files.pop(channel, _NO_FILES) - files:
            channels = self._listed_by_file[channel.epoch, file]
            del channels[channel]
            if not channels:
                del self._listed_by_file[channel.epoch, file]
        for file in files:
            self._listed_by_file.setdefault((channel.epoch, file), {})[channel] = None
        if files:
            self._listed_files[channel] = files

    def _forget(self, channel: Channel) -> None:
        self._set_files(channel, _NO_FILES)
        self._settled.pop(channel, None)
        self._deadlines.pop(channel, None)
        names = self._by_epoch.get(channel.epoch, {})
        for name in channel.names:
            if names.get(name) is channel:
                del names[name]
        if not names:
            self._by_epoch.pop(channel.epoch, None)
