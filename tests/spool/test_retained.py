"""Discarded entries are retained, and queued again if the database lacks them: for a failover that loses rows."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from faxstore.spool.progress import Step, StoredProgress
from faxstore.spool.queue import Spool
from tests.kit.spool_disk import bodies, fill_disk


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite")) as spool:
        yield spool


def record(number: int) -> bytes:
    """Return an entry longer than a page of the file."""
    return b"%d" % number + b"x" * 5000


def behind(spool: Spool, entries: int) -> dict[UUID, StoredProgress]:
    """Return what a database has stored that lacks the last discarded entries."""
    spool_id, appended = spool.progress()
    return {spool_id: StoredProgress(appended - entries, [])}


def queued_again(spool: Spool, entries: int) -> int:
    """Return how many entries are queued again for a database that lacks this number of them."""
    return spool.settle(behind(spool, entries)).queued


def test_a_database_gets_the_entries_again_that_it_lacks(spool: Spool) -> None:
    spool.put([b"one", b"two", b"three"])
    spool.discard([1, 3])
    assert bodies(spool) == [b"two"]
    assert queued_again(spool, 0) == 0
    assert queued_again(spool, 1) == 1
    assert bodies(spool) == [b"two", b"three"]


def test_an_empty_database_gets_all_retained_entries_again(spool: Spool) -> None:
    spool.put([b"one", b"two", b"three"])
    spool.discard([1, 3])
    assert spool.settle({}) == Step(queued=2)
    assert bodies(spool) == [b"one", b"two", b"three"]
    assert spool.settle({}) == Step()


def test_retained_entries_survive_a_restart(spool: Spool, tmp_path: Path) -> None:
    spool.put([b"one", b"two"])
    spool.discard([1, 2])
    spool.close()
    with closing(Spool(tmp_path / "spool.sqlite")) as again:
        assert len(again) == 0
        assert queued_again(again, 2) == 2


def test_the_number_of_retained_entries_is_limited(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "s.sqlite", retain=10)) as spool:
        for number in range(25):
            spool.put([b"%d" % number])
            spool.discard([number + 1])
        assert spool.settle({}) == Step(queued=10, lost=15)
        assert bodies(spool) == [b"%d" % number for number in range(15, 25)]


def test_with_retain_0_nothing_is_retained(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "s.sqlite", retain=0)) as spool:
        spool.put([b"one"])
        spool.discard([1])
        assert spool.settle({}) == Step(lost=1)


class Clock:
    """The monotonic clock, moved by a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_entries_are_retained_for_an_hour(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    spool.put(b"%d" % number for number in range(100))
    for minute in range(100):
        clock.now = 1000.0 + minute * 60
        spool.discard([minute + 1])
    assert spool.settle({}).queued in (60, 61, 62)


def test_entries_that_were_queued_again_are_retained_for_another_hour(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    spool.put(b"%d" % number for number in range(10))
    spool.discard(range(1, 11))
    clock.now += 3500
    assert queued_again(spool, 5) == 5
    spool.discard(range(6, 11))
    clock.now += 200
    spool.put([b"10"])
    spool.discard([11])
    assert queued_again(spool, 6) == 6


@pytest.mark.parametrize("set_to", [0.0, 4e9], ids=["back", "forth"])
def test_setting_the_wall_clock_changes_nothing(spool: Spool, monkeypatch: pytest.MonkeyPatch, set_to: float) -> None:
    spool.put([b"one"])
    spool.discard([1])
    monkeypatch.setattr(time, "time", lambda: set_to)
    spool.put([b"two"])
    spool.discard([2])
    assert queued_again(spool, 2) == 2


# -- on a full disk --------------------------------------------------------------------------------------


def test_queued_entries_take_precedence_over_retained_ones(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    spool.put(record(number) for number in range(100))
    spool.discard(key for key, _ in spool.peek(0, 100))
    fill_disk(spool)
    spool.put(record(number) for number in range(150))
    assert len(spool) == 150
    assert caplog.messages == ["spool: the disk is full; dropped 100 entries retained for a failover"]


def test_entries_can_be_discarded_on_a_full_disk(spool: Spool) -> None:
    spool.put(record(number) for number in range(100))
    fill_disk(spool)
    spool.discard(key for key, _ in spool.peek(0, 100))
    assert len(spool) == 0
    assert spool.progress().appended == 100


def test_entries_are_queued_again_on_a_full_disk(spool: Spool) -> None:
    """They move from one table to another, so they need no room."""
    spool.put(record(number) for number in range(100))
    spool.discard(range(1, 41))
    spool.put(record(number) for number in range(45))
    fill_disk(spool)
    assert queued_again(spool, 30) == 30
    assert len(spool) == 135
