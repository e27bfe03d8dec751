"""Files created under an umask that takes no right away, and who can read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_umask() -> Iterator[None]:
    """Run the block with the umask 0: a file is as open as its creator allows."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(path: Path) -> list[str]:
    """The names of what the group or all users may access: the path itself and everything below it."""
    found = [path, *path.rglob("*")] if path.is_dir() else [path]
    return [one.name for one in found if one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def mode_of(path: Path) -> int:
    """The bits of permission."""
    return stat.S_IMODE(path.stat().st_mode)
