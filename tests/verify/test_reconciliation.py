"""Verification finds stored rows of fax.reconciliation that are not those of the readings and sessions."""

from __future__ import annotations

import psycopg
import pytest

from faxstore.store.compaction import write_all_days
from faxstore.verify import reconciliation
from faxstore.verify.findings import Scope
from tests.kit.given import append, receiving, stats
from tests.kit.totals import write_totals

COUNTERS = ("TransmitAttempts", "ReceiveAttempts", "CompletedFAXes", "FailedFAXes")
DIFFERENT = "the stored comparisons with the server's counters are not those of the readings and sessions"
NOT_SHOWN = (
    "its readings are not in fax.reconciliation_day or fax.reading_series: fax.reconciliation does not show them"
)
TWICE = "has stored comparisons that fax.reconciliation_day does not name: fax.reconciliation shows them twice"


def findings(database: psycopg.Connection) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in reconciliation.check(database, Scope())]


def stored(database: psycopg.Connection) -> None:
    """Store the rows of a day."""
    append(database, stats(0, TransmitAttempts="0"), stats(60, TransmitAttempts="many"), receiving((10, 1, 0)))
    append(database, [stats(second, **dict.fromkeys(COUNTERS, "2")) for second in (120, 180)])
    write_totals(database)
    assert write_all_days(database)[1] == 1


CHANGES = {
    "update fax.compared_reading set failed = 1 where counts is null": DIFFERENT,
    "update fax.compared_reading set counts[3] = 7 where counts is not null": DIFFERENT,
    "update fax.compared_reading set restarted = true": DIFFERENT,
    "update fax.compared_reading set from_at = from_at - interval '1 second'": DIFFERENT,
    "delete from fax.compared_reading where counts is null": DIFFERENT,
    "insert into fax.compared_reading select * from fax.compared_reading": DIFFERENT,
    "delete from fax.session_total; delete from fax.session": DIFFERENT,
    "update fax.reconciliation_day set since = null": TWICE,
    "delete from fax.reconciliation_day": NOT_SHOWN,
    "update fax.reading_series set first_at = first_at + interval '30 seconds'": NOT_SHOWN,
}
"""Statements, and what is found."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_forged_day_is_found(database: psycopg.Connection, change: str) -> None:
    stored(database)
    assert findings(database) == []
    database.execute("set session_replication_role = replica")
    database.execute(change.encode())
    assert ("server pbx, 2026-11-02", CHANGES[change]) in findings(database)


def test_a_range_of_positions_does_not_include_reconciliation(database: psycopg.Connection) -> None:
    stored(database)
    database.execute("update fax.compared_reading set failed = 1")
    assert list(reconciliation.check(database, Scope(last=10))) == []
