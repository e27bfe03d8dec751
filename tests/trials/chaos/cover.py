"""Compares the gaps in the history with the times at which lists were read.

A complete list covers the time until the next list of the same connection, unless a list in between was refused
(res_fax was not loaded).  FAXSession answers belong to the poll of the list before them.  Between the last poll of such
a stretch and the first list of the next the server was not watched: that time must lie within recorded gaps.  While it
was watched no gap may be recorded, except after a kill of the collector: that gap begins at its last poll on record,
which is a FAXSession answer if a fax was in progress, else the list of the minute (docs/decisions/0008).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import psycopg

from tests.trials.chaos.history import Differences
from tests.trials.chaos.ledger import Ledger, Message

HEARTBEAT = 60.0
TOLERANCE = 0.5
"""Seconds between a list's last byte, its reading, and the moment when the trial noticed it."""

LONGEST_PAUSE = 31.0
"""Seconds between two lists of one connection that are no gap, plus a margin."""

LONGEST_PROOF = 150.0
"""Seconds after a recorded list in which a FAXSession answer proves polls (fax.gaps)."""

Interval = tuple[float, float]


@dataclass(slots=True)
class Stretch:
    """Polls of one connection with no reason for a gap between them, in order."""

    lists: list[Message] = field(default_factory=list)
    """Complete lists that were sent in whole."""
    answers: list[Message] = field(default_factory=list)
    """The FAXSession answers to the requests that followed from them."""

    @property
    def began(self) -> float:
        """When the first list was sent."""
        return self.lists[0].sent_at or 0.0

    @property
    def connection(self) -> int:
        return self.lists[0].connection


def compare(connection: psycopg.Connection[Any], ledger: Ledger, out: Differences) -> None:
    """Compares fax.coverage_gaps with the ledger's lists."""
    recorded = [
        (began.timestamp(), ended.timestamp() if ended else float("inf"))
        for began, ended in connection.execute(
            "select began_at, ended_at from fax.coverage_gaps where server = 'chaos' order by began_at"
        )
    ]
    out.counts["recorded gaps"] = len(recorded)
    stretches = _stretches(ledger)
    for blind in _blind(stretches):
        out.counts["blind intervals"] += 1
        if not any(began <= blind[0] and blind[1] <= ended for began, ended in recorded):
            out.add("gap missing", f"nothing was seen from {blind[0]:.3f} to {blind[1]:.3f}, and no gap is recorded")
    for covered in _covered(stretches, ledger):
        for began, ended in recorded:
            if max(began, covered[0]) < min(ended, covered[1]):
                text = (
                    f"a gap from {began:.3f} to {ended:.3f}, and lists came from {covered[0]:.3f} to {covered[1]:.3f}"
                )
                out.add("gap wrong", text)


def _stretches(ledger: Ledger) -> list[Stretch]:
    """The stretches, in the order of their first lists."""
    stretches: list[Stretch] = []
    going_on: dict[int, Stretch] = {}
    for message in ledger.messages:
        if message.sent_at is None:
            continue
        if message.kind == "Refused":
            going_on.pop(message.connection, None)
        elif message.kind == "FAXSession" and message.connection in going_on:
            going_on[message.connection].answers.append(message)
        elif message.kind == "FAXSessionsComplete":
            stretch = going_on.get(message.connection)
            if stretch is None or message.sent_at - (stretch.lists[-1].sent_at or 0) > LONGEST_PAUSE:
                stretches.append(stretch := Stretch())
                going_on[message.connection] = stretch
            stretch.lists.append(message)
    return stretches


def _blind(stretches: list[Stretch]) -> list[Interval]:
    """The times without a poll, minus a margin."""
    found = []
    seen_until = float("inf")
    for stretch in sorted(stretches, key=lambda stretch: stretch.began):
        if stretch.began - seen_until > 2 * TOLERANCE:
            found.append((seen_until + TOLERANCE, stretch.began - TOLERANCE))
        last = max(message.read_at or message.sent_at or 0.0 for message in (*stretch.lists, *stretch.answers))
        seen_until = last if seen_until == float("inf") else max(seen_until, last)
    return found


def _covered(stretches: list[Stretch], ledger: Ledger) -> list[Interval]:
    """A stretch from its first to its last list that was read, or to the last recorded poll of a killed collector."""
    found = []
    for stretch in stretches:
        read = _read_at(stretch.lists)
        if len(read) < 2 or any(b - a > LONGEST_PAUSE - 2 for a, b in pairwise(read)):
            continue
        ended = read[-1]
        for kill in ledger.kills:
            if read[0] <= kill.at and kill.since <= ledger.ended.get(stretch.connection, kill.at):
                ended = min(ended, _last_word(read, _read_at(stretch.answers), kill.since))
        if ended - read[0] > 2 * TOLERANCE:
            found.append((read[0] + TOLERANCE, ended - TOLERANCE))
    return found


def _read_at(messages: list[Message]) -> list[float]:
    return [message.read_at for message in messages if message.read_at is not None]


def _last_word(lists: list[float], answers: list[float], before: float) -> float:
    """When the last poll was recorded: the first list is, then one per minute, and each FAXSession answer.

    What was read later than `before` may be lost and does not count.
    """
    recorded = lists[0]
    for at in lists:
        if at < before and at - recorded > HEARTBEAT + TOLERANCE:
            recorded = at
    return max([recorded, *(at for at in answers if recorded < at < min(before, recorded + LONGEST_PROOF))])
