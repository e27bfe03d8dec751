"""The number of sessions in a step of compaction, so that each step takes about as long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

STEP = 0.05
"""Seconds that a step may take, about: records that arrive meanwhile wait in the spool."""

FIRST = 8
"""Sessions of the first step; each that follows has as many as STEP allows, at most twice as many as the one before."""

Result = TypeVar("Result")


class StepSize:
    """Adapts the number of sessions in a step to the time that the step before it took."""

    def __init__(self) -> None:
        self.sessions = FIRST

    def run(self, step: Callable[[int], Result]) -> Result:
        """Call `step` with the number of sessions, and adapt the number to the time that it takes."""
        began = time.monotonic()
        result = step(self.sessions)
        fitting = int(self.sessions * STEP / (time.monotonic() - began))
        self.sessions = max(1, min(2 * self.sessions, fitting))
        return result
