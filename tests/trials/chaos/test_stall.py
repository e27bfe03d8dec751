"""Stall: which records a kill may lose, because the ingestor could not have them on disk."""

from __future__ import annotations

import pytest

from tests.trials.chaos.stall import RETRIED_WITHIN, Stall


def stall(retried_within: float, *times: float) -> Stall:
    """Return a stall that begins and ends at these times in turn."""
    found = Stall(retried_within)
    for place, time in enumerate(times):
        (found.end if place % 2 else found.begin)(time)
    return found


@pytest.mark.parametrize(
    ("times", "killed_at", "since"),
    [
        ((), 50, 49),
        ((10,), 14, 9),
        ((10, 15), 16.9, 9),
        ((10, 15), 17, 16),
        ((10, 15, 16, 18), 19, 9),
        ((10, 15, 30), 31, 29),
    ],
    ids=["never", "full", "repaired, not tried again", "tried again", "full again before that", "full again later"],
)
def test_a_full_disk_delays_what_was_read_until_the_next_attempt(
    times: tuple[float, ...], killed_at: float, since: float
) -> None:
    assert stall(RETRIED_WITHIN, *times).unwritten_since(killed_at) == since


@pytest.mark.parametrize(("killed_at", "since"), [(12, 9), (15.9, 9), (16, 15)])
def test_a_halted_process_writes_soon_after_it_continues(killed_at: float, since: float) -> None:
    assert stall(0, 10, 15).unwritten_since(killed_at) == since


def test_the_end_of_a_stall_that_never_began_changes_nothing() -> None:
    found = Stall()
    found.end(10)
    assert found.unwritten_since(10.1) == pytest.approx(9.1)
