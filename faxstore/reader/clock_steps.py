"""Backward steps of the observer's clock.

The folds order the rows of a session by time.  If a session's rows went back in time with the clock, they would look
like other attempts at its pages.  A session that is live during a backward step therefore keeps the clock that it began
with, and only sessions that begin later have the new clock.  A forward step keeps the order and is followed at once.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from faxstore.observations import MICROSECONDS, Hangup, Observation, Record
from faxstore.reader.listing import Entry

SET_BACK = MICROSECONDS // 10
"""Microseconds.  A smaller step is none: the lines of a recording may be out of order by less."""


class LineTimes:
    """Gives each line a time of its own: each of several lines with the same time gets a microsecond more."""

    def __init__(self) -> None:
        self.last = -1
        """The time of the last line as recorded, in microseconds."""
        self._same = 0

    @property
    def reached(self) -> int:
        """The time that the last line got."""
        return self.last + self._same

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        return [self.last, self._same]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        self.last, self._same = state

    def own(self, now: int) -> int:
        """Return the time of the next line, recorded at this time.

        Each message of a line that contains several has a time too; the line after it may be only a microsecond later.
        """
        used = self.last + self._same - now
        self._same = used + 1 if 0 <= used <= self._same else 0
        self.last = now
        return now + self._same

    def skip(self, messages: int) -> None:
        """Leave out the times of further messages of the line."""
        self._same += messages


class ClockSteps:
    """The sum of backward steps (microseconds) during each live session of one life, by number and by channel."""

    def __init__(self) -> None:
        self._by_number: dict[int, int] = {}
        self._by_channel: dict[str, int] = {}

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        return [list(self._by_number.items()), self._by_channel]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        self._by_number, self._by_channel = dict(state[0]), state[1]

    def set_back(self, step: int, live: list[Entry]) -> None:
        """Record a backward step in microseconds, and the sessions that are live."""
        self._by_number = {entry.number: self._by_number.get(entry.number, 0) + step for entry in live}
        on_channel = [entry for entry in live if entry.fields.get("channel")]
        self._by_channel = {entry.fields["channel"]: self._by_number[entry.number] for entry in on_channel}

    def correct(self, records: list[Record], now: int) -> list[Record]:
        """Return the records of the line of this moment, each by the clock of its session."""
        return [self._corrected(record, now) for record in records] if self._by_number else records

    def _corrected(self, record: Record, now: int) -> Record:
        if record.observed_at > now + SET_BACK:  # an entry of a list that came before the step
            return record
        offset = 0
        if isinstance(record, Observation) and record.session_number is not None:
            offset = self._by_number.get(record.session_number, 0)
        elif isinstance(record, Observation | Hangup):
            offset = self._by_channel.get(record.channel or "", 0)
        return replace(record, observed_at=record.observed_at + offset)
