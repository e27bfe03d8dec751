"""A signal ends the pager together with the command; tests/commands/test_tables_on_a_terminal.py has its use."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxstore.report.pager import PagedOutput, paged
from faxstore.system import interruption
from faxstore.system.interruption import Interrupted, interrupt


@pytest.fixture(autouse=True)
def no_signal_yet() -> Iterator[None]:
    """Forgets the signal of a test."""
    yield
    interruption._received.clear()


def write_and_interrupt(out: PagedOutput) -> None:
    out.write("a row\n")
    interrupt(signal.SIGTERM)


def test_a_signal_while_rows_are_written_ends_the_pager_too(tmp_path: Path) -> None:
    began = time.monotonic()
    with (tmp_path / "terminal").open("w") as terminal, pytest.raises(Interrupted):  # noqa: SIM117
        with paged(terminal, {"PAGER": "sleep 30", "TERM": "xterm"}, chop=False) as out:
            write_and_interrupt(out)
    assert time.monotonic() - began < 20
