"""Numbers with their nouns, for messages: "1 batch", "2 batches"."""

from __future__ import annotations

import re

_SINGULAR = ((r"ies$", "y"), (r"(?<=[sx])es$|(?<=ch)es$|(?<=sh)es$", ""), (r"s$", ""))
"""Endings of plurals, and what replaces the first that fits."""


def counted(number: int, nouns: str) -> str:
    """Return a number and what it counts, given in the plural: ``counted(1, "new batches")`` is "1 new batch"."""
    return f"{number:,} {_singular(nouns) if number == 1 else nouns}"


def _singular(nouns: str) -> str:
    for ending, replacement in _SINGULAR:
        if re.search(ending, nouns):
            return re.sub(ending, replacement, nouns)
    return nouns
