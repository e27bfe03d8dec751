"""Shows what a command prints on a terminal through a pager: $FAXSTORE_PAGER, else $PAGER, else less; cat means none.

less -F exits by itself if everything fits the screen, and shows the first rows while later ones arrive.
"""

from __future__ import annotations

import logging
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TextIO

from faxstore.logs import print_message
from faxstore.system import interruption

VARIABLES = ("FAXSTORE_PAGER", "PAGER")
NONE: tuple[list[str], ...] = ([], ["cat"])
"""Commands that mean: no pager."""


class PagedOutput:
    """A stream to the pager, which starts with the first write; without a pager, to the terminal itself."""

    def __init__(self, terminal: TextIO, environment: Mapping[str, str], chop: bool) -> None:
        self._terminal = terminal
        self._environment = environment
        self._default = "less -FRXS" if chop else "less -FRX"
        self._process: subprocess.Popen[str] | None = None
        self._out: IO[str] | None = None

    def write(self, text: str) -> None:
        """Write text.  Raises BrokenPipeError if the user has left the pager."""
        if self._out is None:
            self._process = self._start()
            self._out = (self._process and self._process.stdin) or self._terminal
        self._out.write(text)

    def flush(self) -> None:
        """Show what was written."""
        if self._out is not None:
            self._out.flush()

    def end(self) -> None:
        """Wait until the user has left the pager.  Ctrl-C is for the pager meanwhile, for example to stop a search."""
        if self._process is None or self._process.stdin is None:
            return
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        signals: list[int] = []

        def pass_on(number: int) -> None:
            if number != signal.SIGINT and self._process is not None:
                signals.append(number)
                self._process.send_signal(number)

        with interruption.handled_by(pass_on):
            if (number := interruption.received()) is not None:  # while rows were written
                pass_on(number)
            self._process.wait()
        if signals:
            interruption.interrupt(signals[0])

    def _start(self) -> subprocess.Popen[str] | None:
        variable = next((name for name in VARIABLES if self._environment.get(name)), None)
        text = self._environment[variable] if variable else self._default
        try:
            command = shlex.split(text)
            if command in NONE or self._environment.get("TERM", "dumb") == "dumb":
                return None
            return _process(command, self._terminal)
        except (OSError, ValueError) as error:
            if variable:
                reason = error.strerror if isinstance(error, OSError) else error
                print_message(f"the pager {text!r} of ${variable} does not start: {reason}", logging.WARNING)
            return None


@contextmanager
def paged(terminal: TextIO, environment: Mapping[str, str], *, chop: bool) -> Iterator[PagedOutput]:
    """A stream that a pager shows on the terminal.  If the user leaves it early, the block ends without an error.

    With `chop`, less does not fold long lines: the arrow keys move sideways.
    """
    out = PagedOutput(terminal, environment, chop)
    try:
        with suppress(BrokenPipeError):
            yield out
    finally:
        out.end()


def _process(command: Sequence[str], terminal: TextIO) -> subprocess.Popen[str]:
    encoding, errors = terminal.encoding or "utf-8", terminal.errors or "strict"
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=terminal, encoding=encoding, errors=errors)
