"""The benchmark of the capacity, with few sessions: its figures are those of the run."""

from __future__ import annotations

import pytest

from benchmarks.capacity import measure

pytestmark = pytest.mark.alone


def test_two_servers_are_polled_at_1_hz() -> None:
    outcome = measure(servers=2, sessions=20, seconds=6, mean_life=20, warm_up=6)
    assert 0.5 < outcome.lowest_rate <= outcome.mean_rate < 1.5
    assert outcome.details_per_second > 20
    assert outcome.snapshots > 100
    assert 0 < outcome.median_lag < outcome.worst_lag < 10
    assert outcome.dropped == 0
    assert 20 < outcome.memory < 200
    assert 0 < outcome.ingest_cpu < 2
