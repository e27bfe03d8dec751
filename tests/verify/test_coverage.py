"""Verification finds a stored day whose coverage is not that of the polls on record."""

from __future__ import annotations

import psycopg

from faxstore.verify import coverage
from faxstore.verify.findings import Scope
from tests.kit.given import append, of_server


def findings(database: psycopg.Connection) -> list[tuple[str, str]]:
    return [(finding.check, finding.where) for finding in coverage.check(database, Scope())]


def test_a_forged_day_is_found(database: psycopg.Connection) -> None:
    append(database, [of_server(second, "Polled") for second in (0, 60, 120)])
    database.execute("select fax.write_coverage(1000)")
    assert findings(database) == []
    database.execute("update fax.coverage_day set covered = '{}' where day between '2026-11-02' and '2026-11-03'")
    assert findings(database) == [("coverage", "server pbx, 2026-11-02")]


def test_a_missing_day_is_no_finding(database: psycopg.Connection) -> None:
    """Late evidence deletes a day, and the ingestor writes it again."""
    append(database, [of_server(second, "Polled") for second in (0, 60, 120)])
    database.execute("select fax.write_coverage(1000)")
    database.execute("delete from fax.coverage_day where day = '2026-11-02'")
    assert findings(database) == []


def test_a_range_of_positions_does_not_include_coverage(database: psycopg.Connection) -> None:
    append(database, [of_server(0, "Polled")])
    database.execute("select fax.write_coverage(1000)")
    database.execute("update fax.coverage_day set covered = '{}'")
    assert list(coverage.check(database, Scope(last=10))) == []
