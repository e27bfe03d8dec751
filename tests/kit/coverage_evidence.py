"""Random evidence of coverage: what one observer leaves around two midnights (seconds from given.START)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from faxstore.observations import Observation, ServerObservation
from tests.kit.given import gone, of_server, snapshot

MIDNIGHTS = (16 * 3600.0, 40 * 3600.0)
"""Seconds of a test (given.START) at which a day begins."""

TROUBLES = ["Disconnected", "PollFailed", "ConnectFailed", "Connected", "Dropped"]


def evidence(draw: random.Random) -> Iterator[ServerObservation | Observation]:
    """Yield polls, troubles, dropped records, snapshots and absences around both midnights."""
    for midnight in MIDNIGHTS:
        second = midnight - draw.uniform(0, 9000)
        while second < midnight + draw.uniform(600, 9000):
            second += draw.choice([1, 59, 60, 61, 149, 150, 151, 700, 3700]) * draw.choice([1, 1, 1, 0.5])
            event = draw.choice(["Polled"] * 8 + TROUBLES)
            yield of_server(second, event, **_details(draw, event, second))
            for later in draw.sample([0.5, 30, 100, 149, 151], draw.choice([0, 0, 1, 2])):
                number = draw.randrange(5)
                yield draw.choice([snapshot, gone])(second + later, number)


def _details(draw: random.Random, event: str, second: float) -> dict[str, Any]:
    before = second - draw.choice([0, 1, 30, 100, 200, 3600, 5000])
    reason = draw.choice(["Connection reset by peer", "login refused", "no answer to Ping"])
    if event in ("Disconnected", "PollFailed"):
        return {"Reason": reason} | draw.choice([{}, {"LastPolled": before}])
    if event == "Dropped":
        return {"Reason": "full", "From": before, "To": second}
    if event == "ConnectFailed":
        return {"Reason": reason}
    return draw.choice([{}, {}, {}, {"Previous": before}]) if event == "Polled" else {}
