"""The observer's clock was set back: faxes under way go on by the clock that they began with.

The folds take the rows of a session in the order of their moments.  Rows that lie before the earlier ones would be
taken for other attempts at a page; so the moments of a session never go back, and only sessions that begin later have
the new clock.  A clock that is set forward keeps the order, and is followed at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from faxstore.observations import MICROSECONDS, Hangup, Observation, Record
from faxstore.reader.listing import Entry

SET_BACK = MICROSECONDS // 10
"""Microseconds.  Lines of a recording may be out of order by less; faxstore/ami/lines.py stamps its own in order."""


class Steps:
    """By how much the moments of each session are moved: microseconds, by number and by channel."""

    def __init__(self) -> None:
        self._of_number: dict[int, int] = {}
        self._of_channel: dict[str, int] = {}

    def back(self, step: int, live: Iterable[Entry]) -> None:
        """The clock was set back by so many microseconds; sessions that are live now keep the old one."""
        entries = list(live)
        self._of_number = {entry.number: self._of_number.get(entry.number, 0) + step for entry in entries}
        channels = {entry.fields.get("channel"): self._of_number[entry.number] for entry in entries}
        self._of_channel = {channel: moved for channel, moved in channels.items() if channel}

    def forget(self) -> None:
        """The numbers begin again: they are other sessions."""
        self._of_number, self._of_channel = {}, {}

    def moved(self, records: list[Record], now: int) -> list[Record]:
        """The records that this moment's line made, each with its session's moment."""
        return [self._moved(record, now) for record in records] if self._of_number else records

    def _moved(self, record: Record, now: int) -> Record:
        if record.observed_at > now + SET_BACK:  # an entry of a list that came before the step
            step = None
        elif isinstance(record, Observation) and record.session_number is not None:
            step = self._of_number.get(record.session_number)
        elif isinstance(record, Observation | Hangup):
            step = self._of_channel.get(record.channel or "")
        else:
            step = None
        return record if step is None else replace(record, observed_at=record.observed_at + step)
