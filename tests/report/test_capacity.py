"""The amounts of `faxstore capacity`."""

from __future__ import annotations

import io

import pytest

from faxstore.capacity.lines import Basis, Line
from faxstore.report.capacity import amount, print_plan
from faxstore.report.screen import Screen


def line(value: float, unit: str = "bytes", part: str = "disk") -> Line:
    """One line of a plan."""
    return Line(part, "packs", value, unit, Basis.MEASURED, "21.6 bytes per row")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "bytes", "0 bytes"), (999, "bytes", "999 bytes"), (1_500, "bytes", "1.5 kB"), (8.7e9, "bytes", "8.7 GB"),
        (123_456_789, "bytes", "123 MB"), (2.5e15, "bytes", "2,500 TB"), (1_180_000, "", "1,180,000"),
        (0.01234, "cores", "0.0123 cores"), (20.0, "%", "20 %"), (3, "", "3"), (0.5, "s", "0.5 s"),
    ],
)  # fmt: skip
def test_an_amount_has_three_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert amount(line(value, unit)) == text


def test_a_part_is_named_once_and_amounts_end_in_one_column() -> None:
    out = io.StringIO()
    print_plan([line(1e9), line(12e9), line(2, "cores", "processors")], Screen(out, None), as_json=False)
    assert out.getvalue().splitlines()[2:] == [
        "disk        packs     1 GB  measured  21.6 bytes per row",
        "            packs    12 GB  measured  21.6 bytes per row",
        "processors  packs  2 cores  measured  21.6 bytes per row",
    ]
