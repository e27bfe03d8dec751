"""The place of a line of `faxstore follow`: which row of the history made faxstore say it."""

from __future__ import annotations

import re
from typing import NamedTuple

from faxstore.errors import UsageError

_TEXT = re.compile(r"(\d{1,18})(?:\.(\d{1,9}))?", re.ASCII)


class Position(NamedTuple):
    """A place in the order of the lines, written `4711` or `4711.2`."""

    row: int
    """The position of a row in the history."""
    ordinal: int = 0
    """0 for the row itself; 1, 2 and so on for faxes that ended without a row after it: by a later life of a server."""

    def __str__(self) -> str:
        return f"{self.row}.{self.ordinal}" if self.ordinal else str(self.row)


def parse(text: str) -> Position:
    """Return the position that a line had.  Raises UsageError."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise UsageError(f"--after {text!r} is no position: use that of a line, such as 4711 or 4711.2, or 0")
    return Position(int(found[1]), int(found[2] or 0))
