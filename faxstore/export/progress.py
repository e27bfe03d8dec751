"""How far an export is."""

from collections.abc import Callable

Progress = Callable[[int], None]
"""Told how many rows are written; a header is row 0."""
