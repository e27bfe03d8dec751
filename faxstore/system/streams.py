"""Standard input, output and error as commands expect them, however the process was started.

Without standard output (`>&-`) Python sets sys.stdout to None, and the next file or socket gets the number 1: what a
command prints would go there.  In an old locale Python encodes output as ASCII, and fails at the first other letter.
"""

from __future__ import annotations

import io
import os
import sys


def prepare() -> None:
    """Open the streams that are closed, and let output have every character.

    A missing input is empty, a missing output fails as a closed descriptor does, and messages without standard error
    are lost.  A file or a pipe gets UTF-8, a terminal what it can show; the rest is escaped.
    """
    _open_missing()
    assert isinstance(sys.stdout, io.TextIOWrapper)
    encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
    sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def _open_missing() -> None:
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            _open_as(number, flags)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _open_as(number: int, flags: int) -> None:
    descriptor = os.open(os.devnull, flags)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
