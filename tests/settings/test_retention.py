"""The table [retention]: periods in months, and what contradicts itself is one line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.settings import loading
from faxstore.settings.retention import cutoff
from faxstore.settings.values import Retention

FILES = 'archive = "archive"\ncheckpoint = "/elsewhere/checkpoint"\n'


def loaded(folder: Path, table: str) -> Retention:
    """The periods of a settings file with this table."""
    file = folder / "faxstore.toml"
    file.write_text(f"[retention]\n{table}")
    return loading.load(file, {}).retention


def test_periods_and_places(tmp_path: Path) -> None:
    kept = loaded(tmp_path, "personal_values = 12\nrows = 24\ntotals = 120\n" + FILES)
    assert kept == Retention(12, 24, 120, tmp_path / "archive", Path("/elsewhere/checkpoint"))
    assert kept.is_configured
    assert loaded(tmp_path, "") == Retention()
    assert not loaded(tmp_path, FILES).is_configured
    assert loaded(tmp_path, "personal_values = 1").personal_values == 1


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("rows = 0\n" + FILES, "rows must be a whole number from 1 to 1200, not 0"),
        ("rows = -3\n" + FILES, "rows must be a whole number from 1 to 1200, not -3"),
        ("rows = 1.5\n" + FILES, "rows must be a whole number from 1 to 1200, not 1.5"),
        ("personal_values = true", "personal_values must be a whole number from 1 to 1200, not True"),
        ('personal_values = "a year"', 'personal_values must be a whole number from 1 to 1200, not "a year"'),
        ("totals = 120", "rows is missing: totals (after 120 months) are deleted after the rows"),
        ("rows = 24\ntotals = 12\n" + FILES, "totals must not be shorter than retention.rows (24), not 12"),
        (
            "personal_values = 13\nrows = 12\ntotals = 12\n" + FILES,
            "personal_values must not be longer than retention.totals (12), not 13",
        ),
        ("rows = 24", "archive is missing: rows leave the database only for files, covered by a checkpoint"),
        ('rows = 24\narchive = "a"', "checkpoint is missing: rows leave the database only for files"),
        ("columns = 24", "columns is unknown; allowed: personal_values, rows, totals, archive, checkpoint"),
    ],
)
def test_what_contradicts_itself(tmp_path: Path, table: str, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        loaded(tmp_path, table)
    assert str(raised.value).startswith(f"{tmp_path}/faxstore.toml: retention.{problem}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("months", "first_retained"),
    [(1, date(2026, 11, 1)), (11, date(2026, 1, 1)), (12, date(2025, 12, 1)), (1200, date(1926, 12, 1))],
)
def test_a_period_counts_from_the_end_of_a_month(months: int, first_retained: date) -> None:
    assert cutoff(datetime(2026, 12, 1, tzinfo=UTC), months) == first_retained
    assert cutoff(datetime(2026, 12, 31, 23, tzinfo=UTC), months) == first_retained
