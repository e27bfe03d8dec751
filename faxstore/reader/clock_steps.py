"""Backward steps of the observer's clock.

The folds order the rows of a session by time.  If a session's rows went back in time with the clock, they would look
like other attempts at its pages.  A session that is live during a backward step therefore keeps the clock that it began
with, and only sessions that begin later have the new clock.  A forward step keeps the order and is followed at once.
"""

from __future__ import annotations

from dataclasses import replace

from faxstore.observations import MICROSECONDS, Hangup, Observation, Record
from faxstore.reader.listing import Entry

SET_BACK = MICROSECONDS // 10
"""Microseconds.  A smaller step is none: the lines of a recording may be out of order by less."""


class ClockSteps:
    """The sum of backward steps (microseconds) during each live session of one life, by number and by channel."""

    def __init__(self) -> None:
        self._by_number: dict[int, int] = {}
        self._by_channel: dict[str, int] = {}

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
