"""The stamps of lines: in order, whatever the clock does."""

from __future__ import annotations

import logging

import pytest

from faxstore.ami.lines import Lines
from faxstore.capture.recording import Line

NOON = 1_795_392_000_000_000


def stamps(*moments: int) -> list[int]:
    lines: list[Line] = []
    emitter = Lines(lines.append)
    for moment in moments:
        emitter.emit("in", "Event: X\r\n\r\n", NOON + moment)
    return [round(line.ts * 1e6) - NOON for line in lines]


def test_lines_of_one_moment_are_a_microsecond_apart() -> None:
    assert stamps(0, 0, 0, 1, 500) == [0, 1, 2, 3, 500]


def test_a_clock_that_hesitates_is_not_followed_back() -> None:
    assert stamps(50_000, 0, 60_000) == [50_000, 50_001, 60_000]


def test_a_clock_that_was_set_back_is_followed() -> None:
    assert stamps(3_000_000, 0, 1) == [3_000_000, 0, 1]


def test_a_listener_that_raises_is_told_of_once_and_still_gets_every_line(caplog: pytest.LogCaptureFixture) -> None:
    got: list[str] = []

    def listener(line: Line) -> None:
        got.append(line.text)
        raise RuntimeError("the disk is full")

    lines = Lines(listener)
    with caplog.at_level(logging.ERROR, "faxstore.ami"):
        lines.emit("mark", "one")
        lines.emit("mark", "two")
    assert got == ["one", "two"]
    assert len(caplog.records) == 1
