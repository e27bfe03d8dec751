"""A generated year: plausible faxes that are the same in each run, and a database that accepts no observed ones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from faxstore.demo import year
from faxstore.demo.year_plan import SERVERS, faxes_of
from faxstore.errors import UsageError
from tests.kit.given import append, receiving
from tests.kit.given import read as rows_of

FIRST = date(2026, 3, 1)
NOW = datetime(2026, 3, 4, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _days_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Storing the coverage of each day until today would take most of the time, and no test depends on it."""
    monkeypatch.setattr(year, "write_all_days", lambda _: None)


def filled(database: psycopg.Connection, now: datetime = NOW) -> None:
    year.fill(database, FIRST, now, lambda _: None)


def one(database: psycopg.Connection, query: str) -> Any:
    (row,) = rows_of(database, query)
    return next(iter(row.values())) if len(row) == 1 else row


def test_the_faxes_of_a_year_have_a_course_and_retries_and_failures() -> None:
    days = [date(2026, 5, 4) + timedelta(days=number) for number in range(91)]
    faxes = [fax for server in SERVERS for day in days for fax in faxes_of(server, day)]
    assert faxes[:200] == [fax for day in days for fax in faxes_of(SERVERS[0], day)][:200]
    assert 4_000 < len(faxes) < 10_000
    by_weekday, by_hour = Counter(fax.at.weekday() for fax in faxes), Counter(fax.at.hour for fax in faxes)
    assert by_weekday[1] > 5 * by_weekday[5] > 5 * by_weekday[6]
    assert by_hour[10] > by_hour[12] > 5 * by_hour[19]
    assert 0.04 < sum(fax.failure is not None for fax in faxes) / len(faxes) < 0.2
    attempts = Counter(fax.document for fax in faxes)
    assert set(attempts.values()) == {1, 2, 3}


def test_a_part_of_a_year_is_appended_compacted_and_complete(database: psycopg.Connection) -> None:
    filled(database)
    counts = one(
        database,
        "select count(*) as faxes, count(*) filter (where result = 'failed') as failed, sum(bad_lines) as bad_lines,"
        " sum(bad_lines_discarded) as discarded, sum(rate_falls) as falls, count(distinct server) as servers,"
        " count(*) filter (where end_observed_by = 'open') as open from fax.sessions",
    )
    assert counts["faxes"] > 150
    assert min(counts["failed"], counts["bad_lines"], counts["falls"]) > 0
    assert (counts["servers"], counts["open"]) == (len(SERVERS), 0)
    assert one(database, "select count(*) from fax.session_untotalled") == 0
    assert one(database, "select count(*) from fax.observation") == 0
    assert one(database, f"select count(*) from fax.wrong_totals('{FIRST}', '{NOW}')") == 0
    assert one(database, "select count(*) from fax.jobs where attempts > 1 and succeeded") > 0
    covered = rows_of(
        database, "select server, began_at, reason from fax.coverage_gaps where ended_at is not null order by began_at"
    )
    restarts = [gap["server"] for gap in covered if gap["began_at"] < datetime(2026, 3, 1, 4, tzinfo=UTC)]
    assert sorted(restarts) == [server.name for server in SERVERS]


def test_a_second_run_continues_where_the_first_one_ended(database: psycopg.Connection, dsn: str) -> None:
    filled(database, NOW - timedelta(days=2, hours=3))
    before = one(database, "select count(*) from fax.session_history")
    filled(database, NOW - timedelta(days=2))
    after = one(database, "select count(*) from fax.session_history")
    assert after > before
    filled(database, NOW - timedelta(days=2))
    assert one(database, "select count(*) from fax.session_history") == after
    assert one(database, f"select count(*) from fax.wrong_totals('{FIRST}', '{NOW}')") == 0


def test_a_database_with_observed_faxes_is_refused(database: psycopg.Connection) -> None:
    year.require_generated(database)
    append(database, receiving((0, 1, 0)))
    with pytest.raises(UsageError, match=r"the database has observed faxes \(server pbx\)"):
        year.require_generated(database)
