"""When polls are due, and how often they come."""

from __future__ import annotations

import asyncio

import pytest

from faxstore.ami.collector import Collector
from faxstore.ami.poll_schedule import RATE_SECONDS, PollRate, next_due
from faxstore.capture.recording import Line
from tests.kit.fake_listener import FakeListener, polls, settings_of
from tests.kit.fake_server import FakeServer
from tests.kit.played_time import play


@pytest.mark.parametrize(
    ("late", "due"),
    [
        (0.0, 11.0),
        (0.4, 11.0),  # a late poll does not delay the next
        (0.6, 12.0),  # the next would begin 0.4 s after this one
        (1.2, 12.0),
        (5.0, 16.0),
    ],
)
def test_polls_have_a_fixed_rate(late: float, due: float) -> None:
    assert next_due(10.0, 1.0, 10.0 + late) == due


def test_a_poll_never_begins_less_than_half_an_interval_after_the_one_before() -> None:
    for late in range(400):
        began = 10.0 + late / 100
        assert 0.5 <= round(next_due(10.0, 1.0, began) - began, 6) <= 1.5


def test_servers_keep_their_distance_after_both_were_late() -> None:
    first, second = next_due(10.0, 1.0, 14.0), next_due(10.5, 1.0, 14.0)
    assert abs(first - second) == 0.5


def test_the_rate_of_the_last_minute() -> None:
    rate = PollRate()
    assert rate.per_second == 0
    rate.count(0.0)
    assert rate.per_second == 0
    for poll in range(1, 101):
        rate.count(poll * 2.0)
    assert rate.per_second == 0.5
    for poll in range(1, 5 * int(RATE_SECONDS)):
        rate.count(200.0 + poll * 0.25)
    assert rate.per_second == 4


def test_collectors_that_start_at_different_moments_poll_at_different_moments() -> None:
    async def scenario() -> list[float]:
        listeners = [FakeListener(), FakeListener()]
        stop = asyncio.Event()
        async with FakeServer() as server:
            settings = settings_of(server, idle_interval=0.4)
            collectors = [
                Collector(settings, listener, start_delay=delay)
                for listener, delay in zip(listeners, (0.0, 0.2), strict=True)
            ]
            running = asyncio.gather(*(collector.run(stop) for collector in collectors))
            await listeners[1].until_mark("polled", 4)
            assert all(1.5 < collector.polls_per_second < 4 for collector in collectors)
            stop.set()
            await running
        return [(later - earlier) % 0.4 for earlier, later in zip(*map(polls, listeners), strict=False)]

    assert all(0.1 < distance < 0.3 for distance in play(scenario()))


def test_a_collector_that_is_stopped_before_it_starts_does_not_connect() -> None:
    async def scenario() -> list[Line]:
        listener = FakeListener()
        async with FakeServer() as server:
            stop = asyncio.Event()
            running = asyncio.ensure_future(Collector(settings_of(server), listener, start_delay=3600).run(stop))
            await asyncio.sleep(0)
            stop.set()
            async with asyncio.timeout(1):
                await running
            return listener.lines

    assert play(scenario()) == []
