"""`faxstore capacity`: the lines of a plan, as a table or as JSON."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict

from faxstore.capacity.lines import Line
from faxstore.report.columns import Column, fields, last_text
from faxstore.report.formats import write_json
from faxstore.report.screen import Screen

_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def print_plan(lines: Sequence[Line], screen: Screen, *, as_json: bool) -> None:
    """Print the lines in their order."""
    if as_json:
        write_json({"lines": [asdict(line) for line in lines]}, sys.stdout)
        return
    amounts = [amount(line) for line in lines]
    width = max(map(len, amounts))
    rows = [asdict(line) | {"amount": text.rjust(width)} for line, text in zip(lines, amounts, strict=True)]
    for place in range(len(rows) - 1, 0, -1):
        if rows[place]["part"] == rows[place - 1]["part"]:
            rows[place]["part"] = ""
    columns: tuple[Column, ...] = (*fields("part", ("what", "name"), "amount", "basis"), last_text("how"))
    screen.table(rows, columns)


def amount(line: Line) -> str:
    """Return a value with its unit: 21.6 GB, 1,180,000, 20 %."""
    if line.unit == "bytes":
        factor, unit = next(((factor, unit) for factor, unit in _SIZES if line.value >= factor), (1.0, "bytes"))
        return f"{_number(line.value / factor)} {unit}"
    return f"{_number(line.value)} {line.unit}".rstrip()


def _number(value: float) -> str:
    """A number with three digits or more."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(2 - math.floor(math.log10(value)), 0)}f}".rstrip("0").rstrip(".")
