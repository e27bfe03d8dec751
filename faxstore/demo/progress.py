"""The progress of the demo, on a terminal as a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

Progress = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""


@contextmanager
def shown_progress(messages: Console, what: str) -> Iterator[Progress]:
    """Print what is done; on a terminal with a bar, which disappears at the end of the block."""
    if not messages.is_terminal:
        messages.print(what)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
