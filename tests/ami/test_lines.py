"""The timestamps of lines are strictly increasing unless the clock is set back."""

from __future__ import annotations

import logging

import pytest

from faxstore.ami.lines import LineEmitter
from faxstore.capture.recording import Line

NOON = 1_795_392_000_000_000


def timestamps(*moments: int) -> list[int]:
    lines: list[Line] = []
    emitter = LineEmitter(lines.append)
    for moment in moments:
        emitter.emit("in", "Event: X\r\n\r\n", NOON + moment)
    return [round(line.ts * 1e6) - NOON for line in lines]


def test_simultaneous_lines_are_a_microsecond_apart() -> None:
    assert timestamps(0, 0, 0, 1, 500) == [0, 1, 2, 3, 500]


def test_a_clock_slightly_behind_is_not_followed() -> None:
    assert timestamps(50_000, 0, 60_000) == [50_000, 50_001, 60_000]


def test_a_clock_that_was_set_back_is_followed() -> None:
    assert timestamps(3_000_000, 0, 1) == [3_000_000, 0, 1]


def test_an_exception_in_on_line_is_logged_once_and_every_line_is_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    got: list[str] = []

    def failing(line: Line) -> None:
        got.append(line.text)
        raise RuntimeError("the disk is full")

    lines = LineEmitter(failing)
    with caplog.at_level(logging.ERROR, "faxstore.ami"):
        lines.emit("mark", "one")
        lines.emit("mark", "two")
    assert got == ["one", "two"]
    assert len(caplog.records) == 1
