"""How far long work is: a line on a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_STEP = 1_000


def bar() -> Progress:
    """The bar, on standard error."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def counting(shown: Progress, what: str) -> Callable[[int], None]:
    """A line of the bar that says how many of them are done, a thousand at a time."""
    task = shown.add_task(f"{what}: asking the database", total=None)

    def count(number: int) -> None:
        if number % _STEP == 0:
            shown.update(task, description=f"{what}: {number:,}")

    return count


@contextmanager
def rows(what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives what is told how many rows are done, of how many."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
