"""Faxes that other systems reported: the rules erase and delete them too, in months with and without sessions."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.kit.given import read
from tests.kit.reported_lines import CLASSIC, imported, line
from tests.kit.retention import applied, due, periods


def report(database: psycopg.Connection, folder: Path) -> None:
    """Four faxes of March 2008, and one of June 2026."""
    (folder / "xferfaxlog").write_text(CLASSIC + line())
    imported(database, str(folder / "xferfaxlog"))


def values(database: psycopg.Connection) -> list[bool]:
    """Whether each fax still has its values."""
    query = "select raw is not null and called_number is not null as has from fax.reported_fax order by started_at"
    return [row["has"] for row in read(database, query)]


def test_personal_values_are_erased_when_their_period_has_ended(database: psycopg.Connection, tmp_path: Path) -> None:
    report(database, tmp_path)
    kept = periods(tmp_path, personal_values=12)
    assert [(str(one.month.month), one.action) for one in due(database.info.dsn, kept)] == [
        ("2008-03-01", "4 reported faxes erased")
    ]
    assert applied(database.info.dsn, kept).said == ["erased the personal values of 4 reported faxes of 2008-03"]
    assert values(database) == [False] * 4 + [True]
    assert read(database, "select sum(pages) as pages from fax.usage_daily") == [{"pages": 3}]
    assert due(database.info.dsn, kept) == []


def test_totals_delete_them(database: psycopg.Connection, tmp_path: Path) -> None:
    report(database, tmp_path)
    kept = periods(tmp_path, rows=24, totals=120)
    assert [one.action for one in due(database.info.dsn, kept)] == ["4 reported faxes deleted"]
    assert applied(database.info.dsn, kept).said == ["deleted 4 reported faxes of 2008-03"]
    assert values(database) == [True]
    journal = read(database, "select change, rule, sessions from fax.month_change")
    assert [tuple(row.values()) for row in journal] == [("reported deleted", "faxstore retention: totals = 120", 4)]
    assert due(database.info.dsn, kept) == []
