"""Bars and sparklines: figures as lengths and heights of characters, in eighths of a cell (Unicode block elements)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

Figure = int | Decimal | None
"""What is drawn; None is unknown or not measurable, and has no bar."""

_LENGTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"


def bar(value: Figure, highest: Figure, width: int) -> str:
    """A bar as long as the value is of the highest one, which fills the width; a value above 0 is always visible."""
    if not value or not highest or value < 0:
        return ""
    eighths = max(1, round(value * width * 8 / highest))
    whole, part = divmod(eighths, 8)
    return _LENGTHS[-1] * whole + _LENGTHS[part].strip()


def sparkline(values: Sequence[Figure], width: int) -> str:
    """One character per value, as high as it is of the highest one; a space for None.

    If there are more values than fit, each character is the highest of several.
    """
    shown = _merged(values, width)
    highest = max((value for value in shown if value is not None), default=0)
    return "".join(" " if value is None else _HEIGHTS[_height(value, highest)] for value in shown)


def _height(value: int | Decimal, highest: int | Decimal) -> int:
    return min(len(_HEIGHTS) - 1, int(value * len(_HEIGHTS) / highest)) if highest > 0 else 0


def _merged(values: Sequence[Figure], width: int) -> list[Figure]:
    size = -(-len(values) // width) if values else 1
    groups = [[value for value in values[at : at + size] if value is not None] for at in range(0, len(values), size)]
    return [max(group) if group else None for group in groups]
