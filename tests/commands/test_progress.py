"""The line that shows the progress of long work."""

from __future__ import annotations

import pytest

from faxstore.commands.progress import counting


def test_a_pipe_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with counting("sealing", "rows") as count:
        count(5, 10)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_the_count_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich then takes standard error for a terminal
    monkeypatch.setenv("TERM", "xterm")
    with counting("sealing [red]", "rows") as count:
        count(1_000, 27_353)
    out, error = capfd.readouterr()
    assert out == ""
    assert "sealing [red]: 1,000 of 27,353 rows" in error
