"""fax.buckets(): given a period of a time zone, expect the intervals that contain some of it."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.given import read

LABELS = "select label from fax.buckets(%s, %s, %s, %s)"


def labels(database: psycopg.Connection, *arguments: str) -> list[str]:
    return [row["label"] for row in read(database, LABELS, *arguments)]


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ("day", ["2026-12-30", "2026-12-31", "2027-01-01"]),
        ("week", ["2026-12-28"]),
        ("month", ["2026-12", "2027-01"]),
        ("quarter", ["2026-Q4", "2027-Q1"]),
        ("year", ["2026", "2027"]),
    ],
)
def test_a_bucket_counts_if_some_of_it_is_in_the_period(
    database: psycopg.Connection, bucket: str, expected: list[str]
) -> None:
    assert labels(database, "2026-12-30 12:00+00", "2027-01-01 00:00:01+00", "UTC", bucket) == expected


def test_the_end_of_the_period_is_not_in_it(database: psycopg.Connection) -> None:
    assert labels(database, "2026-12-30 00:00+00", "2026-12-31 00:00+00", "UTC", "day") == ["2026-12-30"]
    assert labels(database, "2026-12-30 22:30+00", "2026-12-31 00:00+00", "UTC", "hour") == [
        "2026-12-30 22:00",
        "2026-12-30 23:00",
    ]


def test_the_hour_that_occurs_twice_has_two_buckets_and_its_day_25_hours(database: psycopg.Connection) -> None:
    night = ("2026-10-25 00:00+00", "2026-10-25 02:00+00", "Europe/Berlin")
    assert labels(database, *night, "hour") == ["2026-10-25 02:00", "2026-10-25 02:00"]
    (day,) = read(
        database,
        "select extract(epoch from bucket_end - bucket_start) / 3600 as hours from fax.buckets(%s, %s, %s, 'day')",
        *night,
    )
    assert day["hours"] == 25


@pytest.mark.parametrize("bucket", ["hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"])
def test_each_moment_of_a_year_is_in_the_bucket_where_usage_counts_it(
    database: psycopg.Connection, zone: str, bucket: str
) -> None:
    """fax.usage() counts by date_trunc() in the time zone. Apia had no 30 December 2011, São Paulo no midnight."""
    missing = """
        select m.at
        from generate_series(timestamptz '2011-01-01', '2011-12-31 23:30', '5 hours 23 minutes') m (at)
        left join fax.buckets('2011-01-01', '2012-01-01', %(zone)s, %(bucket)s) b
          on m.at >= b.bucket_start and m.at < b.bucket_end
         and b.bucket_start = date_trunc(%(bucket)s, m.at, %(zone)s)
        group by m.at having count(b.bucket_start) <> 1
    """
    assert database.execute(missing, {"zone": zone, "bucket": bucket}).fetchall() == []
