"""fax.usage() and fax.usage_daily: given sessions, expect one row per server, account, direction and bucket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from faxstore.observations import Record
from tests.kit.given import (
    START,
    Row,
    append,
    at,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    life,
    of,
    read,
    receiving,
    result,
    sending,
)

NAMES = ("sessions", "pages", "bad_lines", "seconds", "successes", "failures", "unknown_ends")


def second(moment: datetime) -> float:
    """Converts a time to the seconds of tests.kit.given."""
    return (moment - START).total_seconds()


def fax_at(moment: datetime, number: int, pages: int = 1) -> list[Record]:
    """A received fax of ten seconds that starts at that time."""
    begin = second(moment)
    rows = [(begin + page * 9 / pages, page + 1, 0) for page in range(pages + 1)]
    mine = life(f"pbx{number}", begin - 60)
    return [*receiving(*rows, number=number, of=mine), gone(begin + 10, number, of=mine)]


def usage(database: psycopg.Connection, *arguments: object) -> list[Row]:
    """fax.usage() in a database session with an unrelated time zone."""
    with database.transaction(force_rollback=True):
        database.execute("set local timezone = 'Asia/Kolkata'")
        marks = ", ".join(["%s"] * len(arguments))
        return read(database, f"select * from fax.usage({marks})", *arguments)


# -- sums -----------------------------------------------------------------------------------------


def test_one_row_per_account_and_direction(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (9, 1, 4), (10, 2, 4)), result(11, "SUCCESS", "", "OK"))
    append(database, completed(12, 1, AccountCode="law"), hangup(12.5))
    append(database, receiving((20, 1, 0), (30, 1, 3), number=1))
    append(database, result(31, "FAILED", "HANGUP", "x"), completed(32, 0, AccountCode="law"), hangup(33))
    append(database, sending((40, 1), (60, 3), number=2), gone(61, 2))
    law, nobody = read(database, "select * from fax.usage_daily order by account_code")
    assert of(law, "day", "server", "account_code", "direction") == (date(2026, 11, 2), "pbx", "law", "received")
    assert of(law, *NAMES) == (2, 1, 4, 24, 1, 1, 0)
    assert of(nobody, "account_code", "direction") == (None, "sent")
    assert of(nobody, *NAMES) == (1, 2, None, 21, 0, 0, 1)


def test_an_open_session_counts_without_seconds(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (10, 2)))
    (row,) = read(database, "select * from fax.usage_daily")
    assert of(row, *NAMES) == (1, 1, None, None, 0, 0, 1)
    assert row["unknown_durations"] == 1


def test_a_fax_known_only_from_its_end_counts_without_seconds(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(12))
    append(database, completed(60, 10), hangup(61))
    (row,) = read(database, "select * from fax.usage_daily")
    assert of(row, *NAMES) == (2, 11, 0, 12, 0, 0, 2)
    assert row["unknown_durations"] == 1


def test_a_detector_does_not_count_and_a_gateway_has_its_own_row(database: psycopg.Connection) -> None:
    append(database, entry(0, 1, operation="V.21", session_type="none"), gone(3, 1))
    append(database, gateway((4, 1, 0), (30, 3, 9600), number=2), gone(31, 2))
    (row,) = read(database, "select * from fax.usage_daily")
    assert of(row, "direction", "sessions", "pages") == ("gateway", 1, 2)


def test_a_fax_without_polls_counts(database: psycopg.Connection) -> None:
    append(database, result(0, "SUCCESS", "", "OK"), completed(1, 3, "SendFAX"), hangup(2))
    (row,) = read(database, "select * from fax.usage_daily")
    assert of(row, "direction", "sessions", "pages", "successes") == ("sent", 1, 3, 1)


def test_an_empty_history_has_no_rows(database: psycopg.Connection) -> None:
    assert read(database, "select * from fax.usage_daily") == []
    assert usage(database, "2026-01-01", "2027-01-01", "UTC", "day") == []


def test_a_day_without_faxes_has_no_row(database: psycopg.Connection) -> None:
    append(database, fax_at(datetime(2026, 11, 2, 12, tzinfo=UTC), 1), fax_at(datetime(2026, 11, 5, 12, tzinfo=UTC), 2))
    days = [row["day"].day for row in read(database, "select day from fax.usage_daily order by day")]
    assert days == [2, 5]
    assert read(database, "select day from fax.usage_daily where day = '2026-11-03'") == []


# -- buckets ----------------------------------------------------------------------------------------


def buckets(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Start, end and sessions of each bucket, in UTC."""
    return [(row["bucket_start"].astimezone(UTC), row["bucket_end"].astimezone(UTC), row["sessions"]) for row in rows]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_session_across_midnight_counts_on_its_first_day(database: psycopg.Connection) -> None:
    begin = datetime(2026, 10, 31, 23, 59, 55, tzinfo=UTC)
    append(database, fax_at(begin, 1, pages=2))
    october = usage(database, "2026-10-01", "2026-11-01", "UTC", "month")
    assert buckets(october) == [(utc(2026, 10, 1), utc(2026, 11, 1), 1)]
    assert of(october[0], "pages", "seconds") == (2, 10)
    assert usage(database, "2026-11-01", "2026-12-01", "UTC", "month") == []
    assert [row["day"] for row in read(database, "select day from fax.usage_daily")] == [date(2026, 10, 31)]


def test_the_month_depends_on_the_time_zone(database: psycopg.Connection) -> None:
    append(database, fax_at(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 1))
    assert len(usage(database, "2026-10-01", "2026-11-01", "UTC", "month")) == 1
    assert usage(database, "2026-10-01", "2026-11-01", "Europe/Berlin", "month") == []
    berlin = usage(database, "2026-11-01", "2026-12-01", "Europe/Berlin", "month")
    assert buckets(berlin) == [(utc(2026, 10, 31, 23), utc(2026, 11, 30, 23), 1)]


def test_the_day_of_25_hours_in_berlin(database: psycopg.Connection) -> None:
    """2026-10-25: the clocks go back from 03:00 to 02:00."""
    moments = [utc(2026, 10, 24, 21, 59), utc(2026, 10, 24, 22, 0), utc(2026, 10, 25, 22, 59), utc(2026, 10, 25, 23, 0)]
    append(database, *[fax_at(moment, number) for number, moment in enumerate(moments)])
    found = usage(database, "2026-10-25", "2026-10-26", "Europe/Berlin", "day")
    assert {bucket[:2] for bucket in buckets(found)} == {(utc(2026, 10, 24, 22), utc(2026, 10, 25, 23))}
    assert [row["server"] for row in found] == ["pbx1", "pbx2"]


def test_a_repeated_hour_is_two_buckets(database: psycopg.Connection) -> None:
    moments = [utc(2026, 10, 25, hour, 30) for hour in (0, 1, 2)]
    append(database, *[fax_at(moment, number) for number, moment in enumerate(moments)])
    found = usage(database, "2026-10-25", "2026-10-26", "Europe/Berlin", "hour")
    assert buckets(found) == [(utc(2026, 10, 25, hour), utc(2026, 10, 25, hour + 1), 1) for hour in (0, 1, 2)]


def test_the_day_of_23_hours_in_berlin(database: psycopg.Connection) -> None:
    """2026-03-29: there is no 02:30; 01:30 and 03:30 are an hour apart."""
    moments = [utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 21, 59), utc(2026, 3, 29, 22, 0)]
    append(database, *[fax_at(moment, number) for number, moment in enumerate(moments)])
    days = usage(database, "2026-03-29", "2026-03-30", "Europe/Berlin", "day")
    assert {bucket[:2] for bucket in buckets(days)} == {(utc(2026, 3, 28, 23), utc(2026, 3, 29, 22))}
    assert [row["server"] for row in days] == ["pbx0", "pbx1", "pbx2"]
    hours = usage(database, "2026-03-29 00:00", "2026-03-29 12:00", "Europe/Berlin", "hour")
    assert buckets(hours) == [
        (utc(2026, 3, 29, 0), utc(2026, 3, 29, 1), 1),
        (utc(2026, 3, 29, 1), utc(2026, 3, 29, 2), 1),
    ]


def test_the_day_without_a_midnight_in_sao_paulo(database: psycopg.Connection) -> None:
    """2018-11-04 started at 01:00: until 2019 Brazil changed its clocks at midnight."""
    moments = [utc(2018, 11, 4, 2, 59), utc(2018, 11, 4, 3, 0), utc(2018, 11, 5, 1, 59), utc(2018, 11, 5, 2, 0)]
    append(database, *[fax_at(moment, number) for number, moment in enumerate(moments)])
    days = usage(database, "2018-11-03", "2018-11-06", "America/Sao_Paulo", "day")
    third, fourth, fifth = utc(2018, 11, 3, 3), utc(2018, 11, 4, 3), utc(2018, 11, 5, 2)
    assert buckets(days) == [
        (third, fourth, 1), (fourth, fifth, 1), (fourth, fifth, 1), (fifth, utc(2018, 11, 6, 2), 1),
    ]  # fmt: skip


def test_sao_paulo_has_no_summer_time_any_more(database: psycopg.Connection) -> None:
    append(database, fax_at(utc(2026, 11, 1, 2, 59), 1), fax_at(utc(2026, 11, 1, 3, 0), 2))
    months = usage(database, "2026-10-01", "2026-12-01", "America/Sao_Paulo", "month")
    assert buckets(months) == [
        (utc(2026, 10, 1, 3), utc(2026, 11, 1, 3), 1), (utc(2026, 11, 1, 3), utc(2026, 12, 1, 3), 1),
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"])
def test_the_months_of_a_year_contain_each_session_once(database: psycopg.Connection, zone: str) -> None:
    """One session per day at changing hours, from before the year to after it."""
    for number in range(0, 400, 7):
        append(database, fax_at(at((number - 310) * 86400 + number * 3700).astimezone(UTC), number))
    whole = sum(row["sessions"] for row in usage(database, "2026-01-01", "2027-01-01", zone, "year"))
    months = [
        usage(database, f"2026-{month:02}-01", f"2026-{month + 1:02}-01" if month < 12 else "2027-01-01", zone, "day")
        for month in range(1, 13)
    ]
    servers = [row["server"] for rows in months for row in rows]
    assert len(servers) == len(set(servers)) == whole > 40


@pytest.mark.parametrize("bucket", ["week", "quarter", "year"])
def test_a_bucket_ends_where_the_next_one_begins(database: psycopg.Connection, bucket: str) -> None:
    append(database, *[fax_at(at(day * 86400 * 50).astimezone(UTC), day) for day in range(-20, 3)])
    found = usage(database, "2023-01-01", "2028-01-01", "Europe/Berlin", bucket)
    assert len(found) > 4
    for row in found:
        truncated = read(
            database, "select date_trunc(%s, %s::timestamptz, 'Europe/Berlin') as start", bucket, row["bucket_end"]
        )
        assert truncated[0]["start"] == row["bucket_end"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2026-10-01", "2026-11-01", "UTC", "fortnight"), "bucket is 'fortnight', expected hour, day, week"),
        (("2026-10-01", "2026-11-01", "UTC", None), "bucket is null, expected hour, day, week"),
        (("2026-10-01", "2026-11-01", "Europe/Berlim", "day"), 'time zone "Europe/Berlim" not recognized'),
        (("2026-13-01", "2026-11-01", "UTC", "day"), "date/time field value out of range"),
    ],
)
def test_a_bad_argument_is_reported(database: psycopg.Connection, arguments: tuple[object, ...], message: str) -> None:
    append(database, fax_at(utc(2026, 10, 5), 1))
    with pytest.raises(psycopg.Error, match=message):
        usage(database, *arguments)


def test_a_period_that_ends_before_it_starts_is_empty(database: psycopg.Connection) -> None:
    append(database, fax_at(utc(2026, 10, 5), 1))
    assert usage(database, "2026-11-01", "2026-10-01", "UTC", "day") == []
