"""Runs faxstore in a process of its own on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

ROWS = 24
LONGEST = 60.0
"""Seconds after which a command that still runs is killed, with its pager."""


@dataclass
class OnTerminal:
    """A command whose standard input and output are a terminal; its standard error is a pipe."""

    process: subprocess.Popen[bytes]
    master: int

    def type(self, keys: str) -> None:
        """Press keys; \\x03 is Ctrl-C."""
        os.write(self.master, keys.encode())

    def read_until(self, wanted: str) -> str:
        """What appears on the terminal, up to this text.  Raises AssertionError if the command ends without it."""
        screen = b""
        for piece in self._pieces():
            screen += piece
            if wanted.encode() in screen:
                return screen.decode()
        raise AssertionError(
            f"{wanted!r} did not appear: {screen!r}, {self.process.stderr and self.process.stderr.read()!r}"
        )

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit status, what the terminal showed since, and standard error."""
        screen = b"".join(self._pieces()).decode()
        assert self.process.stderr is not None
        error = self.process.stderr.read().decode()
        return self.process.wait(), screen.replace("\r\n", "\n"), error

    def _pieces(self) -> Iterator[bytes]:
        with suppress(OSError):  # Linux reports the end of a terminal as an error
            while piece := os.read(self.master, 1 << 16):
                yield piece


@contextmanager
def on_terminal(columns: int, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[OnTerminal]:
    """Run `faxstore ARGUMENTS` on a terminal of that many columns, without a pager unless the environment names one."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "LESS", "PAGER"}}
    variables = {**inherited, "TERM": "xterm", "FAXSTORE_PAGER": "cat", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "faxstore", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        env=variables,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    timer = threading.Timer(LONGEST, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        yield OnTerminal(process, master)
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        os.close(master)
        if process.stderr:
            process.stderr.close()
