"""The names of columns in files and in JSON: those of the views, with the unit if the view's name lacks it.

Tables on a terminal have short titles instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNITS = {
    "data_rate": "bits_per_second",
    "first_data_rate": "bits_per_second",
    "last_data_rate": "bits_per_second",
    "lowest_data_rate": "bits_per_second",
    "x_resolution": "pixels_per_metre",
    "y_resolution": "pixels_per_metre",
}
"""The unit of each view column whose name lacks it; the column's name in a file ends with the unit."""


def name_with_unit(column: str) -> str:
    """The name of a view's column in files: ``data_rate_bits_per_second`` of ``data_rate``."""
    return f"{column}_{UNITS[column]}" if column in UNITS else column


def row_with_units(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the names of its columns in files; `changes`, which lists columns, has these names too."""
    named = {name_with_unit(name): value for name, value in row.items()}
    if "changes" in named:
        named["changes"] = [name_with_unit(name) for name in named["changes"]]
    return named
