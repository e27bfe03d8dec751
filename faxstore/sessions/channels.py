"""The channels that are remembered, and until when.

A channel with pending events is remembered until they are resolved, which takes LONGEST_WAIT at most.  Of the others
(settled channels) the MOST_SETTLED last used ones are remembered.  An event on a channel that was forgotten costs a
look-up of the stored sessions and leads to the same session.

The cost of an operation does not depend on the number of channels: expiry reads the front of a heap, and settled
channels are in order of use.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from uuid import UUID

from faxstore.sessions.channel import Channel

MOST_SETTLED = 10_000
"""Settled channels that are remembered.  The look-up does not know the current batch, which has 2,000 records."""


class Channels:
    """Channels by epoch and name (names repeat after a restart of the server), with their deadlines."""

    def __init__(self) -> None:
        self._by_epoch: dict[UUID, dict[str, Channel]] = {}
        self._settled: OrderedDict[Channel, None] = OrderedDict()
        self._deadlines = _Deadlines()

    def __len__(self) -> int:
        return sum(map(len, self._by_epoch.values()))

    def __iter__(self) -> Iterator[Channel]:
        return (channel for names in self._by_epoch.values() for channel in names.values())

    def find(self, epoch: UUID, name: str) -> Channel | None:
        """Return a channel if it is remembered."""
        names = self._by_epoch.get(epoch)
        return names.get(name) if names else None

    def in_other_epochs(self, channel: Channel) -> list[Channel]:
        """Return the channels of the same name in other epochs."""
        others = [names.get(channel.name) for epoch, names in self._by_epoch.items() if epoch != channel.epoch]
        return [other for other in others if other is not None]

    def update(self, channel: Channel) -> None:
        """Add a channel, or account for a change of it; another channel of its epoch and name is replaced."""
        self._by_epoch.setdefault(channel.epoch, {})[channel.name] = channel
        if channel.pending:
            self._settled.pop(channel, None)
        else:
            self._settled[channel] = None
            self._settled.move_to_end(channel)
            if len(self._settled) > MOST_SETTLED:
                self._forget(next(iter(self._settled)))
        self._deadlines.set(channel)

    def expire(self, now: int) -> list[Channel]:
        """Forget settled channels whose deadline has passed; return those with pending events whose deadline has."""
        overdue = []
        for channel in self._deadlines.due(now):
            if channel.pending:
                overdue.append(channel)
            else:
                self._forget(channel)
        return overdue

    def _forget(self, channel: Channel) -> None:
        self._settled.pop(channel, None)
        self._deadlines.remove(channel)
        names = self._by_epoch.get(channel.epoch, {})
        if names.get(channel.name) is channel:
            del names[channel.name]
            if not names:
                del self._by_epoch[channel.epoch]


class _Deadlines:
    """Channels in a heap by deadline.

    A deadline that moves later leaves its entry in place: the entry is put back when it comes to the front.  One that
    moves earlier gets a second entry, and the first one is skipped.
    """

    def __init__(self) -> None:
        self._at: dict[Channel, int] = {}
        self._heap: list[tuple[int, int, Channel]] = []
        self._pushed = 0

    def set(self, channel: Channel) -> None:
        deadline = channel.deadline
        if self._at.get(channel, deadline + 1) <= deadline:
            return
        self._at[channel] = deadline
        self._pushed += 1
        heappush(self._heap, (deadline, self._pushed, channel))
        if len(self._heap) > 2 * len(self._at) + 1_000:  # so that skipped entries take no memory
            self._heap = [entry for entry in self._heap if self._at.get(entry[2]) == entry[0]]
            heapify(self._heap)

    def remove(self, channel: Channel) -> None:
        self._at.pop(channel, None)

    def due(self, now: int) -> Iterator[Channel]:
        """Remove and return the channels whose deadline is before now."""
        while self._heap and self._heap[0][0] < now:
            at, _, channel = heappop(self._heap)
            if self._at.get(channel) != at:
                continue
            del self._at[channel]
            if channel.deadline == at:
                yield channel
            else:
                self.set(channel)
