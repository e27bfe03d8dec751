"""Periods: --from, --to and --time-zone, parsed from text and resolved by the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.settings.period import Period, parse_moment
from faxstore.store.period import resolve, resolve_for_local_time

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30", datetime(2026, 11, 30)),
        ("2026-11-30T08:00", datetime(2026, 11, 30, 8)),
        ("2026-11-30T08:00+01:00", datetime(2026, 11, 30, 7, tzinfo=UTC)),
        ("90m", NOON - timedelta(minutes=90)),
        ("24h", NOON - timedelta(hours=24)),
        ("7d", NOON - timedelta(days=7)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text, "--from", NOON) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "99999999d", "24", "-1h", ""])
def test_a_text_that_is_no_moment(text: str) -> None:
    with pytest.raises(UsageError, match=f"^--to: '{text}' is not a date or time; use 2026-11-30, "):
        Period.parse(None, text)


def test_a_time_ago_before_the_year_1() -> None:
    with pytest.raises(UsageError, match="'99999d' is not a date or time"):
        parse_moment("99999d", "--from", datetime(1, 1, 2, tzinfo=UTC))


def test_a_period_without_bounds() -> None:
    assert Period.parse(None, None) == Period(None, None, "UTC")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2026-11-01", "2026-11-01"),
        ("1h", "2h"),
        ("2026-11-01T00:00Z", "2026-11-01T00:30+01:00"),
    ],
)
def test_from_must_be_before_to(since: str, until: str) -> None:
    with pytest.raises(UsageError, match=r"^--from \S+ is not before --to \S+$"):
        Period.parse(since, until)


def test_local_moments_are_resolved_in_the_time_zone(database: psycopg.Connection) -> None:
    october = resolve(database, Period.parse("2026-10-01", "2026-11-01", "Europe/Berlin"))
    assert october.since == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.until == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert october.time_zone == "Europe/Berlin"


def test_moments_with_an_offset_do_not_depend_on_the_time_zone(database: psycopg.Connection) -> None:
    period = resolve(database, Period.parse("2026-10-01T00:00+02:00", None, "Asia/Kathmandu"))
    assert period == Period(datetime(2026, 9, 30, 22, tzinfo=UTC), None, "Asia/Kathmandu")


def test_from_must_be_before_to_if_only_one_of_them_is_local(database: psycopg.Connection) -> None:
    period = Period.parse("2026-11-01", "2026-10-31T23:00Z", "Europe/Berlin")
    with pytest.raises(UsageError, match="is not before --to"):
        resolve(database, period)
    assert resolve(database, Period.parse("2026-11-01", "2026-10-31T23:01Z", "Europe/Berlin"))


@pytest.mark.parametrize("zone", ["Europe/Berlim", "+02:00", "utc+2", "posixrules/", "CEST"])
def test_a_time_zone_that_the_database_does_not_know(database: psycopg.Connection, zone: str) -> None:
    with pytest.raises(UsageError, match=r"^--time-zone: the database has no time zone '.*'; use a name such as UTC"):
        resolve(database, Period.parse("2026-11-01", None, zone))


def test_a_moment_outside_of_the_calendar(database: psycopg.Connection) -> None:
    for period in (Period.parse("0001-01-01", None, "Asia/Tokyo"), Period.parse("0001-01-01T00:00+01:00", None)):
        with pytest.raises(UsageError, match=r"^--from: 0001-01-01T00:00:00\S* is outside of the years 1 to 9999$"):
            resolve(database, period)


@pytest.mark.parametrize("moment", ["2026-10-25T00:59:59Z", "2026-10-25T02:30+02:00"])
def test_a_moment_that_local_time_cannot_express(database: psycopg.Connection, moment: str) -> None:
    """Berlin sets clocks back at 01:00 UTC: the local hour from 2 o'clock on occurs twice."""
    for option, period in (
        ("--from", Period.parse(moment, None, "Europe/Berlin")),
        ("--to", Period.parse(None, moment, "Europe/Berlin")),
    ):
        assert resolve(database, period)
        with pytest.raises(
            UsageError, match=rf"^{option} 2026-10-25T00:\S+ is in an hour that Europe/Berlin has twice;"
        ):
            resolve_for_local_time(database, period)


@pytest.mark.parametrize("moment", ["2026-10-24T23:59:59Z", "2026-10-25T01:00Z", "2026-10-25T02:30", "24h"])
def test_a_moment_that_local_time_can_express(database: psycopg.Connection, moment: str) -> None:
    period = Period.parse(moment, None, "Europe/Berlin", datetime(2026, 11, 30, tzinfo=UTC))
    assert resolve_for_local_time(database, period) == resolve(database, period)
