"""The gaps that the history tells against when lists were read.

A complete list covers until the next one of the same connection.  Between the last of one and the first of the next the
server was not watched: that must be within the gaps told.  Where it was watched no gap may be told, but for a collector
that was killed: its gap begins at its last list on record, of which there is one a minute (docs/decisions/0008).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg

from tests.chaos.history import Differences
from tests.chaos.ledger import Ledger, Message

HEARTBEAT = 60.0
TOLERANCE = 0.5
"""Seconds: between a list's last byte, its reading, and when that was noticed."""

LONGEST_PAUSE = 31.0
"""Seconds between two lists of one connection that are no gap, and a little."""

Interval = tuple[float, float]


def compare(connection: psycopg.Connection[Any], ledger: Ledger, out: Differences) -> None:
    """fax.coverage_gaps against the ledger's lists."""
    told = [
        (began.timestamp(), ended.timestamp() if ended else float("inf"))
        for began, ended in connection.execute("select began_at, ended_at from fax.coverage_gaps order by began_at")
    ]
    out.counts["gaps told"] = len(told)
    lists = _lists(ledger)
    for blind in _blind(lists):
        out.counts["blind intervals"] += 1
        if not any(began <= blind[0] and blind[1] <= ended for began, ended in told):
            out.add("gap missing", f"nothing was seen from {blind[0]:.3f} to {blind[1]:.3f}, and no gap is told")
    for covered in _covered(lists, ledger):
        for began, ended in told:
            if max(began, covered[0]) < min(ended, covered[1]):
                text = f"a gap from {began:.3f} to {ended:.3f}, and lists came from {covered[0]:.3f} to {covered[1]:.3f}"
                out.add("gap wrong", text)


def _lists(ledger: Ledger) -> dict[int, list[Message]]:
    """The ends of complete lists that were sent in whole, by connection, in order."""
    found = defaultdict(list)
    for message in ledger.messages:
        if message.kind == "FAXSessionsComplete" and message.handed_at is not None:
            found[message.connection].append(message)
    return found


def _blind(lists: dict[int, list[Message]]) -> list[Interval]:
    """Between connections, and between lists of one that are too far apart; a little within."""
    found = []
    every = sorted((message for each in lists.values() for message in each), key=lambda message: message.handed_at or 0)
    for last, following in zip(every, every[1:], strict=False):
        began, ended = last.read_at or last.handed_at or 0.0, following.handed_at or 0.0
        longest = LONGEST_PAUSE if last.connection == following.connection else 0.0
        if ended - began > max(longest, 2 * TOLERANCE):
            found.append((began + TOLERANCE, ended - TOLERANCE))
    return found


def _covered(lists: dict[int, list[Message]], ledger: Ledger) -> list[Interval]:
    """Between the first and the last list of a connection that were read; of a killed collector's, to its last word."""
    found = []
    for each in lists.values():
        read = [message.read_at for message in each if message.read_at is not None]
        if len(read) < 2:
            continue
        ended = read[-1]
        for kill in ledger.kills:
            if read[0] <= kill.at and kill.since <= read[-1]:
                ended = min(ended, _last_word(read, kill.since))
        pauses = [b for a, b in zip(read, read[1:], strict=False) if b - a > LONGEST_PAUSE - 2]
        if not pauses and ended - read[0] > 2 * TOLERANCE:
            found.append((read[0] + TOLERANCE, ended - TOLERANCE))
    return found


def _last_word(read: list[float], before: float) -> float:
    """When the last list was told of: the first is, and then one a minute; what may be lost does not count."""
    told = read[0]
    for at in read:
        if at < before and at - told > HEARTBEAT + TOLERANCE:
            told = at
    return told
