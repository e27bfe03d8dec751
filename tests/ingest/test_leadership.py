"""Whether an ingestor collects or is standby, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from faxstore.ingest.leadership import Leadership
from faxstore.store.lease import Lease

OWN = Lease("pbx1", True, "me", 6.0)
OTHER = Lease("pbx1", False, "host-a", 6.0)


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def leadership() -> Leadership:
    return Leadership("pbx1")


def collects(leadership: Leadership) -> bool:
    """Return whether wait() ends at once, to collect."""

    async def ask() -> bool:
        try:
            async with asyncio.timeout(0):
                return await leadership.wait()
        except TimeoutError:
            return False

    return asyncio.run(ask())


def test_it_does_not_collect_before_the_first_answer(leadership: Leadership) -> None:
    assert not collects(leadership)


def test_a_single_ingestor_collects_and_logs_nothing(leadership: Leadership, caplog: pytest.LogCaptureFixture) -> None:
    for now in (0.0, 2.0, 4.0):
        leadership.update(OWN, now)
    assert collects(leadership)
    assert caplog.messages == []


def test_without_an_answer_at_the_start_it_collects(leadership: Leadership) -> None:
    leadership.no_answer(0.0)
    assert collects(leadership)
    assert not leadership.ended.is_set()


def test_while_another_holds_the_lease_it_is_standby_and_logs_it_once(
    leadership: Leadership, caplog: pytest.LogCaptureFixture
) -> None:
    for now in (0.0, 2.0, 4.0):
        leadership.update(OTHER, now)
    assert not collects(leadership)
    assert leadership.seconds_left(5.0) == 5.0
    assert caplog.messages == ["pbx1: standby; host-a is collecting"]


def test_without_an_answer_it_stays_standby_until_the_lease_expires(
    leadership: Leadership, caplog: pytest.LogCaptureFixture
) -> None:
    leadership.update(OTHER, 0.0)
    leadership.no_answer(5.9)
    assert not collects(leadership)
    leadership.no_answer(6.0)
    assert collects(leadership)
    assert caplog.messages[1:] == ["pbx1: collecting; it is unknown whether host-a still does"]


def test_it_takes_over_and_names_the_previous_holder(leadership: Leadership, caplog: pytest.LogCaptureFixture) -> None:
    leadership.update(OTHER, 0.0)
    renewed = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    leadership.update(Lease("pbx1", True, "me", 6.0, "host-a", renewed), 6.1)
    assert collects(leadership)
    since = renewed.astimezone().isoformat(" ", "seconds")
    assert caplog.messages[1] == f"pbx1: collecting; host-a has not renewed its lease since {since}"


def test_it_takes_over_a_lease_that_was_given_up(leadership: Leadership, caplog: pytest.LogCaptureFixture) -> None:
    leadership.update(OTHER, 0.0)
    leadership.update(Lease("pbx1", True, "me", 6.0, "host-a", None), 2.0)
    assert caplog.messages[1] == "pbx1: collecting; host-a gave up its lease"


def test_it_goes_on_without_an_answer_and_ends_when_another_holds_the_lease(leadership: Leadership) -> None:
    leadership.update(OWN, 0.0)
    ended = leadership.ended
    leadership.no_answer(100.0)
    assert not ended.is_set()
    leadership.update(OTHER, 102.0)
    assert ended.is_set()
    assert not collects(leadership)


def test_each_time_of_collecting_has_its_own_end(leadership: Leadership) -> None:
    leadership.update(OWN, 0.0)
    leadership.update(OTHER, 2.0)
    leadership.update(OWN, 9.0)
    assert not leadership.ended.is_set()


@pytest.mark.parametrize("before", [OWN, OTHER])
def test_after_a_stop_it_never_collects_again(leadership: Leadership, before: Lease) -> None:
    leadership.update(before, 0.0)
    leadership.stop()
    leadership.update(OWN, 2.0)
    leadership.update(OTHER, 4.0)
    assert not collects(leadership)
    assert leadership.ended.is_set()
    assert asyncio.run(asyncio.wait_for(leadership.wait(), 1)) is False
