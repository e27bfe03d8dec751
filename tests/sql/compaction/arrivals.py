"""Generated histories of some servers, in the order in which their batches arrive.

The strategies of tests/sql/reference_fold yield faxes of one day.  Here some servers share such histories: in several
months, across midnights and ends of months, with gaps in their coverage, with batches that arrive late or twice.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from faxstore.observations import (
    MICROSECONDS,
    Hangup,
    Life,
    Listing,
    Observation,
    Record,
    Rejected,
    ServerObservation,
)
from tests.kit.coverage_evidence import evidence
from tests.kit.given import START, moment, stats
from tests.sql.reference_fold.histories import History, histories
from tests.sql.reference_fold.wild import wild_histories

Batch = tuple[str, tuple[Record, ...]]
"""An observer, and the records that it appends at once."""

SERVERS = 3
"""Histories share this many servers, so that lives follow each other and faxes of different histories meet."""


def drawn_histories(seed: int, number: int) -> list[History]:
    """Draw histories: the same for the same seed."""
    found: list[History] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(history=st.one_of(histories(), histories(), wild_histories()))
    def draw(history: History) -> None:
        found.append(history)

    draw()
    return found


def arrivals(seed: int, number: int) -> list[Batch]:
    """The batches of that many histories and of the coverage of their servers, in the order of their arrival."""
    chance = random.Random(seed)
    placed: list[tuple[float, Batch]] = []
    for history in drawn_histories(seed, number):
        server, shift = chance.randrange(SERVERS), _shift(chance)
        seen = [(place / 1000, batch) for place, batch in enumerate(history.batches)]
        if chance.random() < 0.4:
            seen += [(chance.random() / 2, batch) for batch in _coverage(chance)]
        begins = chance.random()
        for later, (collector, records) in seen:
            batch = collector, tuple(_moved(record, server, shift) for record in records)
            at = begins + later
            if chance.random() < 0.1:
                at += chance.random()
            placed.append((at, batch))
            if chance.random() < 0.1:
                placed.append((at + chance.random(), batch))
    return [batch for _, batch in sorted(placed, key=lambda one: one[0])]


def _coverage(chance: random.Random) -> list[Batch]:
    """Some batches of one observer: polls, failures, sessions, counters of the server, and what it rejected."""
    records: list[Record] = list(evidence(chance))
    records += [stats(second, TransmitAttempts=str(second // 100)) for second in (-10, 900, 57_000)]
    records.append(Rejected("pbx", moment(chance.uniform(0, 90_000)), "no Event", "Evnt: x\r\n"))
    if chance.random() < 0.5:
        chance.shuffle(records)
    collector = chance.choice(("one", "two"))
    return [(collector, tuple(records[first : first + 40])) for first in range(0, len(records), 40)]


def _shift(chance: random.Random) -> timedelta:
    """How much later than given.START a history begins: often about a midnight, some days ago, or some months."""
    now = datetime.now(UTC)
    near_midnight = timedelta(hours=16, seconds=-chance.uniform(0, 40))
    near_month = datetime(2026, 11, 1, tzinfo=UTC) - START - timedelta(seconds=chance.uniform(0, 40))
    ago = now - START - timedelta(hours=chance.choice((5, 47, 49, 100)), minutes=chance.uniform(0, 30))
    return chance.choice((
        timedelta(), timedelta(), timedelta(seconds=0.75), near_midnight, near_month,
        timedelta(days=-31), timedelta(days=-62, hours=chance.randrange(24)), ago,
    ))  # fmt: skip


def _moved(record: Record, server: int, by: timedelta) -> Record:
    """The record as another server would have caused it at another time."""
    observed_at = record.observed_at + by // timedelta(microseconds=1)
    if isinstance(record, Observation | Listing | Hangup):
        return replace(record, observed_at=observed_at, life=_moved_life(record.life, server, by))
    moved: ServerObservation | Rejected = replace(record, observed_at=observed_at, server=f"{record.server}{server}")
    if isinstance(moved, ServerObservation):
        times = {name: (datetime.fromisoformat(str(moved.details[name])) + by).isoformat()
                 for name in ("LastPolled", "Previous", "From", "To") if name in moved.details}  # fmt: skip
        return replace(moved, details=moved.details | times)
    return moved


def _moved_life(life: Life, server: int, by: timedelta) -> Life:
    later = round(by.total_seconds() * MICROSECONDS)
    return replace(
        life,
        server=f"{life.server}{server}",
        first_seen=life.first_seen + later,
        started_at=None if life.started_at is None else life.started_at + later,
        reloaded_at=None if life.reloaded_at is None else life.reloaded_at + later,
    )
