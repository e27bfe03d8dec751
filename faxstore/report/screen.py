"""Where a command prints tables: a terminal, which limits their width, or a file or pipe, which does not."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from faxstore.logs import print_message
from faxstore.report.columns import Column
from faxstore.report.formats import Row
from faxstore.report.layout import layout, wrapped
from faxstore.report.pager import paged

PAUSE = 0.1
"""Seconds between two writes of a table whose rows arrive."""

SAMPLE = 100
"""The number of rows that decide the widths of the columns: few, because the first row waits for them."""


class Output(Protocol):
    """Where text goes: a stream, or a pager."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> None: ...


class Screen:
    r"""Prints lines and tables.  Raises OSError if that cannot be written.

    Characters that the encoding lacks are escaped (``\u6771``), and the rule below the titles is plain without UTF-8.
    """

    def __init__(self, out: Output, width: int | None, encoding: str = "utf-8") -> None:
        self.width = width
        """The width of the terminal, in cells.  None: every line may have any length."""
        self._out = out
        self._encoding = encoding
        self._rule = "─" if encoding.lower().startswith("utf") else "-"
        self._hidden: dict[str, None] = {}  # in the order in which they were hidden, each once

    @property
    def draws(self) -> bool:
        """Whether bars can be drawn: on a terminal with their characters."""
        return self.width is not None and self._rule == "─"

    @property
    def hidden(self) -> Sequence[str]:
        """The titles of the columns for which there was no room."""
        return tuple(self._hidden)

    def line(self, text: str = "", indent: str = "", separator: str = " ") -> None:
        """Print a text, on a terminal in several lines if it is too long; later lines are indented."""
        parts = [text] if self.width is None else wrapped(text, self.width - len(indent), separator)
        self._write([f"\n{indent}".join(parts)])

    def table(self, rows: Iterable[Row], columns: Sequence[Column]) -> None:
        """Print rows as they arrive: the first ones once there are SAMPLE of them."""
        rest = iter(rows)
        sample = list(islice(rest, SAMPLE))
        shape = layout(columns, sample, self.width)
        self._hidden |= dict.fromkeys(title for title in shape.hidden if title)  # a column of bars has no title
        self._write([shape.titles, self._rule * shape.width, *shape.lines(sample)])
        pending: list[str] = []
        due = time.monotonic() + PAUSE
        for line in shape.lines(rest):
            pending.append(line)
            if time.monotonic() >= due:
                self._write(pending)
                pending, due = [], time.monotonic() + PAUSE
        self._write(pending)

    def _write(self, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if not text.isascii():
            text = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        self._out.write(text)
        self._out.flush()


@contextmanager
def open_screen() -> Iterator[Screen]:
    """Standard output.  At the end, a message names the columns for which a terminal had no room."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    screen = Screen(sys.stdout, width, sys.stdout.encoding)
    yield screen
    _name_hidden(screen)


@contextmanager
def open_pager(*, wide: bool = False) -> Iterator[Screen]:
    """Standard output as `open_screen`, on a terminal through a pager.

    `wide` prints every column and every text in full, as into a pipe.
    """
    if not sys.stdout.isatty():
        with open_screen() as screen:
            yield screen
        return
    width = None if wide else shutil.get_terminal_size().columns
    with paged(sys.stdout, os.environ, chop=wide) as out:
        screen = Screen(out, width, sys.stdout.encoding)
        yield screen
    _name_hidden(screen)


def _name_hidden(screen: Screen) -> None:
    if screen.hidden:
        print_message(f"no room for {', '.join(screen.hidden)} in {screen.width} columns; --wide shows every column")
