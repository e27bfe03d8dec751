"""Billing in time zones: every exported fax is in exactly one month of a year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.settings.period import Period
from tests.kit.billing_batches import export
from tests.kit.databases import fresh, ledger
from tests.kit.given import append

ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Pacific/Auckland")
YEARS = (2018, 2026)
"""Until 2019, the clocks of Sao Paulo changed at midnight."""
AROUND = tuple(timedelta(seconds=seconds) for seconds in (-3600, -1, 0, 0.000001, 1, 3600))


def borders(year: int) -> Iterator[datetime]:
    """The first midnight of each month, and each change of the clocks, in every zone."""
    for zone in map(ZoneInfo, ZONES):
        for month in range(1, 13):
            yield datetime(year, month, 1, tzinfo=zone)
        yield datetime(year + 1, 1, 1, tzinfo=zone)
        for hour in range(365 * 24):
            moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            if moment.astimezone(zone).utcoffset() != (moment + timedelta(hours=1)).astimezone(zone).utcoffset():
                yield moment + timedelta(hours=1)


def moments() -> list[datetime]:
    """The moments at which the faxes of these tests begin."""
    return sorted({border.astimezone(UTC) + shift for year in YEARS for border in borders(year) for shift in AROUND})


@pytest.fixture(scope="module")
def exported(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a database with exported faxes of one page, one for each of those moments."""
    folder: Path = tmp_path_factory.mktemp("months")
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append(connection, [row for number, moment in enumerate(moments()) for row in a_fax(number, moment)])
        export(dsn, folder)
        yield dsn


def a_fax(number: int, moment: datetime) -> list[Observation]:
    """A sent fax of one page that begins at that moment, on one of seven servers."""
    at = round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    of = Life(f"pbx{number % 7}", 1_400_000_000 * MICROSECONDS, started_at=1_400_000_000 * MICROSECONDS)
    values = {"channel": f"PJSIP/{number}", "operation": "send", "pages_transmitted": 1, "data_rate": 9600}
    seen = Observation(of, at, "FAXSession", number, state="Active", **values)  # type: ignore[arg-type]
    return [seen, Observation(of, at + MICROSECONDS, "Gone", number, channel=f"PJSIP/{number}")]


def billed_faxes(dsn: str, zone: str, since: datetime, until: datetime) -> list[UUID]:
    """The exported faxes of a period of a zone."""
    with ledger(dsn, "default") as opened:
        return [line["session_id"] for line in opened.as_of(1, Period(since, until, zone))]


def months(year: int) -> list[tuple[datetime, datetime]]:
    """The months of a year, in local time."""
    begins = [datetime(year, month, 1) for month in range(1, 13)] + [datetime(year + 1, 1, 1)]
    return list(pairwise(begins))


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("zone", ZONES)
def test_the_months_of_a_year_partition_the_faxes(exported: str, zone: str, year: int) -> None:
    counted = Counter(fax for since, until in months(year) for fax in billed_faxes(exported, zone, since, until))
    whole = billed_faxes(exported, zone, datetime(year, 1, 1), datetime(year + 1, 1, 1))
    local = [moment.astimezone(ZoneInfo(zone)).year for moment in moments()]
    assert set(counted.values()) == {1}
    assert set(counted) == set(whole)
    assert len(whole) == local.count(year) > 200


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("zone", ZONES)
def test_each_month_equals_usage(exported: str, zone: str, year: int) -> None:
    with psycopg.connect(exported, autocommit=True) as connection:
        for since, until in months(year):
            usage = connection.execute(
                "select coalesce(sum(sessions), 0), coalesce(sum(pages), 0), coalesce(sum(seconds), 0)"
                " from fax.usage(%s, %s, %s, 'month')",
                [since, until, zone],
            ).fetchone()
            billed = connection.execute(
                "select count(*), coalesce(sum(pages), 0), coalesce(sum(duration_seconds), 0)"
                " from fax.export_as_of('default', 1, %s, %s, %s)",
                [since, until, zone],
            ).fetchone()
            assert usage == billed
            assert usage is not None
            assert usage[0] > 0
