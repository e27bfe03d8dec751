"""Single keys from the terminal of standard input, for a command that shows something until a key ends it."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from faxstore.system.interruption import held

_LOCAL_MODES, _SPECIAL_CHARACTERS = 3, 6
"""Places in the list of tcgetattr(3)."""


@contextmanager
def pressed_keys(pressed: Callable[[bytes], object]) -> Iterator[None]:
    """Call `pressed` with each key, in a thread, while the block runs.  Does nothing if standard input is no terminal.

    Keys are not echoed.  Ctrl-C is a signal as always; Ctrl-Z does nothing, because a stopped command could not restore
    the screen.
    """
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        with held():
            termios.tcsetattr(terminal, termios.TCSADRAIN, _single_keys(terminal))
        Thread(target=_read, args=(terminal, pressed), daemon=True).start()
        yield
    finally:
        with held():
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)  # which discards the keys that nobody read


def _single_keys(terminal: int) -> list[Any]:
    modes = termios.tcgetattr(terminal)
    modes[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON)
    modes[_SPECIAL_CHARACTERS][termios.VSUSP] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    return modes


def _read(terminal: int, pressed: Callable[[bytes], object]) -> None:
    while key := os.read(terminal, 1):
        pressed(key)
