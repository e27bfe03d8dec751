"""Floods of events: reads and polls continue, memory is bounded, and drops are reported."""

from __future__ import annotations

import asyncio
import logging

import pytest

from benchmarks.flood import Outcome, run_flood
from faxstore.ami.backlog import MAX_BYTES

pytestmark = pytest.mark.alone

RATE, SECONDS = 50_000, 3
ROOM = 24 * 2**20
"""Bytes for the interpreter, in addition to the waiting lines."""


def flooded(kind: str) -> Outcome:
    """The outcome of a flood.  One that ends with a disconnect is repeated, twice at most.

    A machine that stands still for a tenth of a second disconnects any client.
    """
    outcomes = (asyncio.run(run_flood(kind, RATE, SECONDS)) for _ in range(3))
    return next((outcome for outcome in outcomes if not outcome.report.stalled), None) or pytest.fail("three stalls")


def test_irrelevant_events_cost_little() -> None:
    outcome = flooded("other")
    assert outcome.report.sent == RATE * SECONDS
    assert (outcome.observed, outcome.dropped) == (0, 0)
    assert outcome.report.polls >= 1
    assert outcome.grown < ROOM


def test_each_relevant_event_is_decoded_or_reported_as_dropped(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "faxstore.ami"):
        outcome = flooded("fax")
    assert outcome.report.sent == RATE * SECONDS == outcome.observed + outcome.dropped
    assert outcome.report.polls >= 1
    assert outcome.grown < MAX_BYTES + ROOM
    messages = [record.message for record in caplog.records if "dropped" in record.message]
    assert len(messages) in ((2, 4, 6) if outcome.dropped else (0, 2, 4))  # two per flood that had any
