"""A step of compaction has as many sessions as its time allows."""

from __future__ import annotations

import time
from functools import partial

import pytest

from faxstore.ingest import step_size
from faxstore.ingest.step_size import FIRST, StepSize


def work(done: int | None, sessions: int) -> int:
    return sessions if done is None else done


def sizes(*done: int | None) -> list[int]:
    """The sizes of the steps of which each did so much, or all if None."""
    size, found = StepSize(), []
    for number in done:
        found.append(size.sessions)
        size.run(partial(work, number))
    return [*found, size.sessions]


def test_it_doubles_while_each_session_has_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_size, "STEP", 1000.0)
    assert sizes(None, None, None) == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]


def test_steps_without_work_say_nothing_about_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_size, "STEP", 1000.0)
    assert sizes(None, 0, 0, 1, None) == [FIRST, *[2 * FIRST] * 4, 4 * FIRST]


def test_it_shrinks_if_a_step_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_size, "STEP", 0.001)
    size = StepSize()

    def slow(sessions: int) -> int:
        time.sleep(0.004)
        return sessions

    size.run(slow)
    assert 1 <= size.sessions <= FIRST // 4
