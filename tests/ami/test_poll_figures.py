"""Polls and gaps of one server, in seconds of a given clock."""

from __future__ import annotations

from faxstore.ami.poll_figures import PollFigures


def polled_until(*moments: float) -> PollFigures:
    """Figures of an ingestor that collects since 0 and polled at these moments."""
    figures = PollFigures(longest_pause=30)
    figures.begin(0)
    figures.connected()
    for moment in moments:
        figures.polled(moment, 0.02, 3)
    return figures


def test_before_the_first_poll_the_time_since_the_start_is_a_gap() -> None:
    figures = polled_until()
    assert (figures.has_gap(2), figures.gap_seconds(2), figures.last_poll_at) == (True, 2.0, None)
    figures.polled(2.5, 0.02, 3)
    assert (figures.has_gap(9), figures.gap_seconds(9), figures.polls, figures.live_sessions) == (False, 2.5, 1, 3)


def test_polls_that_follow_each_other_are_no_gap() -> None:
    figures = polled_until(0, 5, 10, 40)
    assert figures.gap_seconds(70) == 0
    assert figures.poll_seconds == 0.08


def test_a_long_pause_is_a_gap_although_the_connection_lasts() -> None:
    figures = polled_until(0, 5)
    figures.poll_failed()
    assert (figures.gap_seconds(35), figures.gap_seconds(36)) == (0.0, 31.0)
    figures.polled(50, 0.02, 0)
    assert (figures.gap_seconds(60), figures.failed_polls) == (45.0, 1)


def test_a_lost_connection_is_a_gap_since_the_last_poll() -> None:
    figures = polled_until(0, 5)
    figures.disconnected()
    assert (figures.has_gap(6), figures.gap_seconds(8), figures.live_sessions) == (True, 3.0, 0)
    figures.connected()
    figures.polled(9, 0.02, 1)
    assert (figures.gap_seconds(9), figures.connections) == (4.0, 2)


def test_a_standby_has_no_gap() -> None:
    figures = polled_until(0, 5)
    figures.disconnected()
    figures.end(7)
    assert (figures.has_gap(1000), figures.gap_seconds(1000)) == (False, 2.0)
    figures.begin(1000)
    assert (figures.has_gap(1003), figures.gap_seconds(1003)) == (True, 5.0)


def test_the_sum_of_gaps_never_falls() -> None:
    figures, sums = polled_until(0), []
    for moment in range(0, 200, 5):
        if moment in (20, 150):
            figures.disconnected()
        if moment in (90, 95, 180):
            figures.polled(moment, 0.02, 0)
        sums.append(figures.gap_seconds(moment))
    assert sums == sorted(sums)
