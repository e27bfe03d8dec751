"""The progress of long work: a line on standard error, if that is a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from faxstore.system.interruption import held

if TYPE_CHECKING:
    from rich.progress import Progress

_INTERVAL = 0.1
"""Seconds between two updates: counting costs little even if it is called for each row."""


class Count(Protocol):
    """Shows how many units are done, and of how many if that is known."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@contextmanager
def counting(what: str, unit: str) -> Iterator[Count]:
    """Show a line such as ``sealing: 12,000 of 27,353 rows`` while the block runs."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    line = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    try:
        with held():  # a signal in between would leave the terminal without a cursor
            line.start()
        yield _counter(line, what, unit)
    finally:
        with held():
            line.stop()


def _counter(line: Progress, what: str, unit: str) -> Count:
    """The function that shows how many units are done, at most once in _INTERVAL."""
    task = line.add_task(f"{what} ...", total=None)
    due = 0.0

    def count(done: int, total: int | None = None) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            due = now + _INTERVAL
            of_total = f" of {total:,}" if total else ""
            line.update(task, description=f"{what}: {done:,}{of_total} {unit}")

    return count
