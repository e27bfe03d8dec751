"""The gaps that the history tells against when lists were read.

A complete list covers until the next one of the same connection, if none was refused in between (res_fax was not
loaded).  From the last list of such a stretch to the first of the next the server was not watched: that must be within
the gaps told.  Where it was watched no gap may be told, but for a collector that was killed: its gap begins at its last
list on record, of which there is one a minute (docs/decisions/0008).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import psycopg

from tests.trials.chaos.history import Differences
from tests.trials.chaos.ledger import Ledger, Message

HEARTBEAT = 60.0
TOLERANCE = 0.5
"""Seconds: between a list's last byte, its reading, and when that was noticed."""

LONGEST_PAUSE = 31.0
"""Seconds between two lists of one connection that are no gap, and a little."""

Interval = tuple[float, float]


Stretch = list[Message]
"""Ends of complete lists that were sent in whole, in order, with nothing between them that makes a gap."""


def compare(connection: psycopg.Connection[Any], ledger: Ledger, out: Differences) -> None:
    """fax.coverage_gaps against the ledger's lists."""
    told = [
        (began.timestamp(), ended.timestamp() if ended else float("inf"))
        for began, ended in connection.execute("select began_at, ended_at from fax.coverage_gaps order by began_at")
    ]
    out.counts["gaps told"] = len(told)
    stretches = _stretches(ledger)
    for blind in _blind(stretches):
        out.counts["blind intervals"] += 1
        if not any(began <= blind[0] and blind[1] <= ended for began, ended in told):
            out.add("gap missing", f"nothing was seen from {blind[0]:.3f} to {blind[1]:.3f}, and no gap is told")
    for covered in _covered(stretches, ledger):
        for began, ended in told:
            if max(began, covered[0]) < min(ended, covered[1]):
                text = (
                    f"a gap from {began:.3f} to {ended:.3f}, and lists came from {covered[0]:.3f} to {covered[1]:.3f}"
                )
                out.add("gap wrong", text)


def _stretches(ledger: Ledger) -> list[Stretch]:
    """In the order of their first lists."""
    stretches: list[Stretch] = []
    going_on: dict[int, Stretch] = {}
    for message in ledger.messages:
        if message.handed_at is None:
            continue
        if message.kind == "Refused":
            going_on.pop(message.connection, None)
        elif message.kind == "FAXSessionsComplete":
            stretch = going_on.get(message.connection)
            if stretch is None or message.handed_at - (stretch[-1].handed_at or 0) > LONGEST_PAUSE:
                stretches.append(stretch := [])
                going_on[message.connection] = stretch
            stretch.append(message)
    return stretches


def _blind(stretches: list[Stretch]) -> list[Interval]:
    """Where no list came, a little within."""
    found = []
    seen_until = float("inf")
    for stretch in sorted(stretches, key=lambda stretch: stretch[0].handed_at or 0):
        began, ended = seen_until, stretch[0].handed_at or 0.0
        if ended - began > 2 * TOLERANCE:
            found.append((began + TOLERANCE, ended - TOLERANCE))
        last = max(message.read_at or message.handed_at or 0.0 for message in stretch)
        seen_until = last if seen_until == float("inf") else max(seen_until, last)
    return found


def _covered(stretches: list[Stretch], ledger: Ledger) -> list[Interval]:
    """From the first to the last list of a stretch that were read; of a killed collector's, to its last word."""
    found = []
    for stretch in stretches:
        read = [message.read_at for message in stretch if message.read_at is not None]
        if len(read) < 2 or any(b - a > LONGEST_PAUSE - 2 for a, b in pairwise(read)):
            continue
        ended = read[-1]
        for kill in ledger.kills:
            if read[0] <= kill.at and kill.since <= ledger.ended.get(stretch[0].connection, kill.at):
                ended = min(ended, _last_word(read, kill.since))
        if ended - read[0] > 2 * TOLERANCE:
            found.append((read[0] + TOLERANCE, ended - TOLERANCE))
    return found


def _last_word(read: list[float], before: float) -> float:
    """When the last list was told of: the first is, and then one a minute; what may be lost does not count."""
    told = read[0]
    for at in read:
        if at < before and at - told > HEARTBEAT + TOLERANCE:
            told = at
    return told
