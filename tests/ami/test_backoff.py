"""Delays between attempts."""

from __future__ import annotations

import itertools

from faxstore.ami.backoff import Backoff


def test_with_jitter_delays_grow_from_half_a_second_to_30_seconds() -> None:
    for chance in (0.0, 0.3, 0.999):
        backoff = Backoff(1.0, 30.0, jitter=True, fraction=itertools.repeat(chance).__next__)
        delays = [backoff.next() for _ in range(20)]
        assert 0.5 <= min(delays) <= max(delays) <= 30
        assert all(before <= after for before, after in itertools.pairwise(delays))


def test_two_collectors_do_not_reconnect_together() -> None:
    first, second = Backoff(1.0, 30.0, jitter=True), Backoff(1.0, 30.0, jitter=True)
    assert [first.next() for _ in range(5)] != [second.next() for _ in range(5)]


def test_without_jitter_delays_double_from_5_seconds_to_5_minutes() -> None:
    backoff = Backoff(5.0, 300.0, jitter=False)
    assert [backoff.next() for _ in range(8)] == [5, 10, 20, 40, 80, 160, 300, 300]
    backoff.reset()
    assert backoff.next() == 5
