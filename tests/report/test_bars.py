"""Bars and sparklines: given figures, expect their characters."""

from __future__ import annotations

from decimal import Decimal

import pytest

from faxstore.report.bars import Figure, bar, sparkline


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (80, "██████████"),
        (40, "█████"),
        (12, "█▌"),
        (1, "▏"),
        (Decimal("0.001"), "▏"),
        (0, ""),
        (None, ""),
    ],
)
def test_a_bar_is_as_long_as_its_value_is_of_the_highest(value: Figure, expected: str) -> None:
    assert bar(value, 80, 10) == expected


def test_without_a_highest_value_there_are_no_bars() -> None:
    assert (bar(0, 0, 10), bar(None, None, 10)) == ("", "")


def test_a_sparkline_has_a_character_per_value_and_a_space_for_an_unknown_one() -> None:
    assert sparkline([0, 1, 4, None, 8], 10) == "▁▂▅ █"


def test_of_more_values_than_fit_each_character_is_the_highest_of_several() -> None:
    assert sparkline([1, 8, 0, 0, 4, 2, None, None], 4) == "█▁▅ "


def test_values_that_are_all_zero_or_none_at_all() -> None:
    assert (sparkline([0, 0], 10), sparkline([], 10)) == ("▁▁", "")
