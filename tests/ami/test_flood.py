"""Floods of events: the socket is read, the polls go on, memory is bounded, and what is dropped is told."""

from __future__ import annotations

import asyncio
import logging

import pytest

from benchmarks.flood import flooded
from faxstore.ami.backlog import MOST_WAITING

RATE, SECONDS = 50_000, 3
ROOM = 24 * 2**20
"""Bytes for what the interpreter keeps beside the lines that wait."""


def test_events_that_say_nothing_of_a_fax_cost_little() -> None:
    outcome = asyncio.run(flooded("other", RATE, SECONDS))
    assert not outcome.report.stalled
    assert outcome.report.sent == RATE * SECONDS
    assert (outcome.observed, outcome.dropped) == (0, 0)
    assert outcome.report.polls >= 1
    assert outcome.grown < ROOM


def test_of_events_that_matter_each_is_decoded_or_told_as_dropped(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "faxstore.ami"):
        outcome = asyncio.run(flooded("fax", RATE, SECONDS))
    assert not outcome.report.stalled
    assert outcome.report.sent == RATE * SECONDS == outcome.observed + outcome.dropped
    assert outcome.report.polls >= 1
    assert outcome.grown < MOST_WAITING + ROOM
    said = [record.message for record in caplog.records if "dropped" in record.message]
    assert len(said) == (2 if outcome.dropped else 0)
