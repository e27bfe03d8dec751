"""Keeps the memory of long work on files constant, however many rows they have."""

from __future__ import annotations

import pyarrow


def return_free_memory() -> None:
    """Return what is free to the operating system.

    Otherwise the allocator retains it in pieces that the next, larger request does not fit in: memory grows with every
    row group.
    """
    pyarrow.default_memory_pool().release_unused()
