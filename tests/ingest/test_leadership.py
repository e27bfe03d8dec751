"""Whose turn it is at a server, by a clock that the test moves: whoever does not know of another watches."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from faxstore.ingest.leadership import Turn
from faxstore.store.lease import Held

ALONE = Held("pbx1", True, "me", 6.0)
OTHER = Held("pbx1", False, "host-a", 6.0)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def turn() -> Turn:
    return Turn("pbx1")


def watches(turn: Turn) -> bool:
    """Whether a collector that asks may begin."""

    async def asked() -> bool:
        try:
            async with asyncio.timeout(0):
                return await turn.begins()
        except TimeoutError:
            return False

    return asyncio.run(asked())


def test_before_anything_is_known_nobody_watches(turn: Turn) -> None:
    """For a moment: the first question is answered, or not, within it."""
    assert not watches(turn)


def test_one_that_is_alone_watches_and_says_nothing(turn: Turn, caplog: pytest.LogCaptureFixture) -> None:
    for now in (0.0, 2.0, 4.0):
        turn.told(ALONE, now)
    assert watches(turn)
    assert said(caplog) == []


def test_without_an_answer_at_the_start_it_watches(turn: Turn) -> None:
    turn.not_told(0.0)
    assert watches(turn)
    assert not turn.over.is_set()


def test_while_another_holds_the_lease_it_stands_by_and_says_so_once(
    turn: Turn, caplog: pytest.LogCaptureFixture
) -> None:
    for now in (0.0, 2.0, 4.0):
        turn.told(OTHER, now)
    assert not watches(turn)
    assert turn.seconds_known(5.0) == 5.0
    assert said(caplog) == ["pbx1: standing by, host-a is watching it"]


def test_what_was_said_last_holds_until_that_lease_has_run_out(turn: Turn, caplog: pytest.LogCaptureFixture) -> None:
    turn.told(OTHER, 0.0)
    turn.not_told(5.9)
    assert not watches(turn)
    turn.not_told(6.0)
    assert watches(turn)
    assert said(caplog)[1:] == ["pbx1: watching it; it is not known whether host-a still does"]


def test_it_takes_over_and_says_from_whom(turn: Turn, caplog: pytest.LogCaptureFixture) -> None:
    turn.told(OTHER, 0.0)
    silent = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    turn.told(Held("pbx1", True, "me", 6.0, "host-a", silent), 6.1)
    assert watches(turn)
    assert (
        said(caplog)[1]
        == f"pbx1: watching it; host-a has not renewed since {silent.astimezone().isoformat(' ', 'seconds')}"
    )


def test_of_one_that_left_it_says_that(turn: Turn, caplog: pytest.LogCaptureFixture) -> None:
    turn.told(OTHER, 0.0)
    turn.told(Held("pbx1", True, "me", 6.0, "host-a", None), 2.0)
    assert said(caplog)[1] == "pbx1: watching it; host-a has left it"


def test_a_watcher_that_hears_nothing_watches_on_and_stands_by_when_it_hears_of_another(turn: Turn) -> None:
    turn.told(ALONE, 0.0)
    this = turn.over
    turn.not_told(100.0)
    assert not this.is_set()
    turn.told(OTHER, 102.0)
    assert this.is_set()
    assert not watches(turn)


def test_each_turn_has_an_end_of_its_own(turn: Turn) -> None:
    turn.told(ALONE, 0.0)
    turn.told(OTHER, 2.0)
    turn.told(ALONE, 9.0)
    assert not turn.over.is_set()


@pytest.mark.parametrize("before", [ALONE, OTHER])
def test_one_that_stops_has_no_further_turn(turn: Turn, before: Held) -> None:
    turn.told(before, 0.0)
    turn.stop()
    turn.told(ALONE, 2.0)
    turn.told(OTHER, 4.0)
    assert not watches(turn)
    assert turn.over.is_set()
    assert asyncio.run(asyncio.wait_for(turn.begins(), 1)) is False
