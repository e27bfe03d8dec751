"""What a poll costs, beside panoramisk in the same run."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.poll_cost import measure

pytestmark = pytest.mark.alone


def test_a_poll_with_reader_and_spool_takes_less_than_twice_the_time_of_panoramisk_alone() -> None:
    """Before requests were sent in batches, and messages parsed once, it took 2.6 times as much."""
    taken = measure(sessions=400, polls=4, rounds=5)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    assert medians["faxstore, with reader and spool"] < 2 * medians["panoramisk alone"]
    assert medians["splitting alone"] < medians["panoramisk alone"]
