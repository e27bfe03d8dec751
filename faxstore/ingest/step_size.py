"""The number of sessions in a step of compaction, so that each step takes about as long."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP = 0.05
"""Seconds that a step may take, about: records that arrive meanwhile wait in the spool."""

FIRST = 8
"""Sessions of the first step; each that follows has as many as STEP allows, at most twice as many as the one before."""


class StepSize:
    """Adapts the number of sessions in a step to the time that the step before it took.

    It does not grow after a step in which sessions had no work: the next one may find many that have.
    """

    def __init__(self) -> None:
        self.sessions = FIRST

    def run(self, step: Callable[[int], int]) -> int:
        """Call `step` with the number of sessions, and adapt the number to the time that it takes.

        Returns what it returns: what it has done, at least 1 for each session if each had work.
        """
        began = time.monotonic()
        done = step(self.sessions)
        fitting = int(self.sessions * STEP / (time.monotonic() - began))
        most = 2 * self.sessions if done >= self.sessions else self.sessions
        self.sessions = max(1, min(most, fitting))
        return done
