"""The lines of a plan, and what each of them rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """What a value rests on."""

    GIVEN = "given"
    """An option."""
    SETTINGS = "settings"
    """A period of [retention]."""
    ASSUMED = "assumed"
    """A default of an option."""
    OWN = "this database"
    """What the database of the settings shows."""
    MEASURED = "measured"
    """Computed from figures that were measured."""
    ESTIMATE = "estimate"
    """Computed with a figure that depends on the machine or on chance."""


@dataclass(frozen=True)
class Line:
    """One line of a plan."""

    part: str
    """faxes, load, disk, memory or processors."""
    name: str
    value: float
    unit: str
    """bytes, s, %, months, or empty for a number."""
    basis: Basis
    how: str
    """How the value was computed, for people."""
