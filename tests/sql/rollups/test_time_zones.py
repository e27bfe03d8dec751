"""Usage from roll-ups is that of the sessions in every time zone, for every bucket and period.

Faxes start on both sides of each day's and hour's end, and around changes of the clock.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.kit.databases import fresh
from tests.kit.given import read
from tests.kit.rollups import BUCKETS, failures_of_sessions, merge, usage, usage_of_sessions, wrong_rollups

PERIODS = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "10"))
"""Periods per time zone."""

ZONES = {
    "UTC": "2026-07-01 00:00",
    "Europe/Berlin": "2026-10-25 01:00",
    "Asia/Kathmandu": "1985-12-31 18:30",  # +5:30 became +5:45
    "Asia/Kolkata": "2026-11-01 18:30",
    "Australia/Lord_Howe": "2026-04-04 15:00",  # the clock goes back by half an hour
    "America/St_Johns": "2010-11-07 02:31",  # the clock goes back at 00:01, to the day before
    "America/Havana": "2026-11-01 05:00",  # the clock goes back at 01:00, to midnight
    "Africa/Monrovia": "1972-01-07 00:44:30",  # -0:44:30 until then
    "Pacific/Apia": "2011-12-30 10:00",  # a day was left out
    "Africa/Casablanca": "2026-03-22 02:00",
}
"""Time zones, each with a moment in UTC around which its faxes start: a change of its clock, if it has one."""

SESSIONS = """
with life as (insert into fax.epoch (epoch_id, server, first_seen_at, last_seen_at)
              values (gen_random_uuid(), 'pbx', '2026-01-01', '2026-01-01') returning epoch_id)
insert into fax.session (session_id, started_at, epoch_id, session_number, server)
select gen_random_uuid(), s.at, l.epoch_id, s.n, 'pbx' || n %% 2
from unnest(%s::timestamptz[]) with ordinality s (at, n), life l
"""
TOTALS = """
insert into fax.session_total (
    session_id, started_at, epoch_id, session_number, completed_at, gone_at, last_row_at, last_shown_at, pages,
    bad_lines, snapshots, is_fax, bad_lines_measurable, counts_by_session, start_observed, server, account_code,
    operation, status, error, status_text)
select
    s.session_id, s.started_at, s.epoch_id, n, case when n % 5 < 3 then s.started_at + interval '30.5 s' end,
    case when n % 7 < 3 then s.started_at + interval '31.25 s' end, s.started_at + interval '32 s',
    s.started_at + interval '32 s', nullif(n % 4, 3), nullif(n % 3, 2), 9, true, n % 3 <> 2, false, n % 13 <> 0, server,
    nullif('account' || n % 3, 'account2'), (array['send', 'receive', 'gateway', 'V.21', null])[1 + n % 5],
    (array['SUCCESS', 'FAILED', null])[1 + n % 3], (array[null, 'HANGUP'])[1 + n % 2], 'text'
from fax.session s, lateral (select s.session_number::integer as n) n
"""
"""Totals of all kinds: some sessions have no end of their own, some no pages, account or result."""


def starts(chance: random.Random, zone: str) -> list[datetime]:
    """Times around the moment of a time zone: at random, and at and next to ends of quarters of an hour."""
    around = datetime.fromisoformat(ZONES[zone]).replace(tzinfo=UTC)
    found = []
    for _ in range(200):
        at = around + chance.uniform(-1, 1) * chance.choice(
            (timedelta(days=10), timedelta(days=1), timedelta(minutes=2))
        )
        quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        found.append(chance.choice((at, quarter, quarter - timedelta(microseconds=1), quarter + timedelta(seconds=30))))
    return found


def local(at: datetime, zone: str) -> datetime:
    """A time as a clock of the time zone shows it."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.fixture(scope="module", params=ZONES)
def zone(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def filled(server: str, template: str, zone: str) -> Iterator[psycopg.Connection]:
    """A database with totals of faxes that start around the moment of a time zone."""
    chance = random.Random(zone)
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute(SESSIONS, [starts(chance, zone)])
        connection.execute("truncate fax.session_untotalled")
        connection.execute(TOTALS)
        merge(connection, most=300)
        yield connection


@pytest.mark.parametrize("bucket", BUCKETS)
def test_usage_is_that_of_the_sessions(filled: psycopg.Connection, zone: str, bucket: str) -> None:
    chance = random.Random(bucket)
    periods: list[tuple[datetime | str, datetime | str]] = [("-infinity", "infinity")]
    for _ in range(PERIODS):
        since, until = sorted(local(at, zone) for at in chance.sample(starts(chance, zone), 2))
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        periods.append((chance.choice((since, midnight)), until))
    for period in periods:
        expected = usage_of_sessions(filled, *period, zone, bucket)
        assert usage(filled, *period, zone, bucket) == expected, period


def test_failures_are_those_of_the_sessions(filled: psycopg.Connection) -> None:
    assert read(filled, "select * from fax.failures f order by f::text") == failures_of_sessions(filled)


def test_daily_usage_is_that_of_the_sessions(filled: psycopg.Connection) -> None:
    expected = usage_of_sessions(filled, "-infinity", "infinity", "UTC", "day")
    found = read(filled, "select * from fax.usage_daily order by day, server, account_code, direction")
    assert [[*row.values()][1:] for row in found] == [[*row.values()][2:] for row in expected]


def test_roll_ups_are_the_sum_of_the_totals(filled: psycopg.Connection) -> None:
    assert wrong_rollups(filled) == []
