"""The selection of sessions: periods in a time zone, and filters that apply to their pages and rows too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.export import datasets
from faxstore.export.selection import Selection
from tests.kit.databases import fresh
from tests.kit.exported import csv_rows, csv_text, period
from tests.kit.given import START, append, completed, gone, life, receiving, result, sending

BY_SESSION = (datasets.sessions, datasets.pages, datasets.timeline, datasets.history)


def at(text: str) -> float:
    """A moment as seconds after START, as given rows use them."""
    return (datetime.fromisoformat(text) - START).total_seconds()


def starts(dsn: str, selection: Selection, folder: Path) -> list[str]:
    """The starts of the selected sessions, in the time zone of the selection, to the minute."""
    rows = csv_rows(csv_text(dsn, datasets.sessions(selection), folder, selection.period.time_zone))
    return [row["started_at"][:16] + row["started_at"][-6:] for row in rows]


def faxes(database: psycopg.Connection, *moments: str) -> None:
    for number, moment in enumerate(moments):
        append(database, receiving((at(moment), 1, 0), number=number), gone(at(moment) + 5, number))


def test_a_period_begins_and_ends_at_midnight_of_its_zone(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    faxes(
        database,
        "2026-09-30T21:59:59Z",
        "2026-09-30T22:00:00Z",
        "2026-10-31T22:59:59Z",
        "2026-10-31T23:00:00Z",
    )
    october = period(dsn, "2026-10-01", "2026-11-01", "Europe/Berlin")
    assert starts(dsn, october, tmp_path) == ["2026-10-01T00:00+02:00", "2026-10-31T23:59+01:00"]
    assert starts(dsn, period(dsn, "2026-10-01", "2026-11-01"), tmp_path) == [
        "2026-10-31T22:59+00:00",
        "2026-10-31T23:00+00:00",
    ]


def test_the_repeated_hour_of_a_clock_change_has_two_offsets(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    faxes(database, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
    day = period(dsn, "2026-10-25", "2026-10-26", "Europe/Berlin")
    assert starts(dsn, day, tmp_path) == ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]


def test_a_moment_with_an_offset_is_that_moment_in_any_zone(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    faxes(database, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")
    later = period(dsn, "2026-10-25T02:00+01:00", None, "Asia/Kathmandu")
    assert starts(dsn, later, tmp_path) == ["2026-10-25T07:15+05:45"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Kathmandu"])
def test_every_session_is_in_one_month_and_usage_counts_the_same(
    dsn: str, database: psycopg.Connection, tmp_path: Path, zone: str
) -> None:
    hours = [datetime(2026, 1, 2, tzinfo=UTC) + timedelta(hours=n * 127) for n in range(67)]
    edges = [datetime(2026, month, 1, hour, tzinfo=UTC) for month in range(2, 13) for hour in (0, 4, 5)]
    moments = sorted({*hours, *edges, datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)})
    for number, moment in enumerate(moments):
        append(database, receiving(((moment - START).total_seconds(), 1, 0), number=number))
    found = []
    for month in range(1, 13):
        following = f"2026-{month + 1:02}-01" if month < 12 else "2027-01-01"
        one = period(dsn, f"2026-{month:02}-01", following, zone)
        rows = csv_rows(csv_text(dsn, datasets.sessions(one), tmp_path))
        found += [row["session_id"] for row in rows]
        counted = csv_rows(csv_text(dsn, datasets.usage(one, "month"), tmp_path, zone))
        assert sum(int(row["sessions"]) for row in counted) == len(rows)
    assert len(found) == len(set(found)) == len(moments)


@pytest.fixture(scope="module")
def three(server: str, template: str) -> Iterator[str]:
    """A received fax of account a, a sent fax that failed, and one of another server whose result is unknown."""
    received = [*receiving((0, 1, 2), (10, 2, 1)), *result(11, "SUCCESS", "", "OK"), completed(12, 2, AccountCode="a")]
    other = {"channel": "PJSIP/two-1", "uniqueid": "two.1"}
    sent = [*sending((100, 1), (110, 2), number=1, channel="PJSIP/two-1")]
    sent += result(111, "FAILED", "HANGUP", "cut off", **other)
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as database:
            append(database, received, gone(13))
            append(database, sent, gone(113, 1))
            append(database, receiving((200, 1, 0), (210, 2, 5), of=life("pbx2")), gone(220, of=life("pbx2")))
        yield dsn


@pytest.mark.parametrize("make", BY_SESSION, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [
        ({}, [0, 100, 200]),
        ({"servers": ["pbx2"]}, [200]),
        ({"servers": ["pbx", "pbx2"]}, [0, 100, 200]),
        ({"directions": ["received"]}, [0, 200]),
        ({"results": ["failed"]}, [100]),
        ({"results": ["failed", "unknown"]}, [100, 200]),
        ({"accounts": ["a"]}, [0]),
        ({"accounts": ["' or true --"]}, []),
        ({"no_account": True}, [100, 200]),
        ({"accounts": ["a"], "no_account": True}, [0, 100, 200]),
        ({"no_account": True, "servers": ["pbx"]}, [100]),
        ({"servers": ["pbx"], "directions": ["received"], "results": ["success"]}, [0]),
    ],
)
def test_a_filter_selects_sessions_with_all_their_rows(
    three: str,
    tmp_path: Path,
    make: Callable[[Selection], datasets.Dataset],
    wanted: dict[str, Any],
    seconds: list[int],
) -> None:
    rows = csv_rows(csv_text(three, make(Selection(**wanted)), tmp_path))
    begun = {datetime.fromisoformat(row["started_at"]) for row in rows}
    assert begun == {START + timedelta(seconds=second) for second in seconds}


def test_usage_by_account_and_direction(three: str, tmp_path: Path) -> None:
    day = period(three, "2026-11-02", "2026-11-03", accounts=["a"])
    (row,) = csv_rows(csv_text(three, datasets.usage(day, "day"), tmp_path))
    assert (row["sessions"], row["pages"], row["bad_lines"], row["successes"]) == ("1", "2", "3", "1")
    sent = period(three, None, None, directions=["sent"])
    (row,) = csv_rows(csv_text(three, datasets.usage(sent, "year"), tmp_path))
    assert (row["bucket_start"], row["failures"]) == ("2026-01-01T00:00:00.000000+00:00", "1")


@pytest.mark.parametrize("zone", ["Mars", "+02:00", "UTC+2", "", "europe/berlin'; select 1"])
def test_a_zone_that_the_database_does_not_know(three: str, tmp_path: Path, zone: str) -> None:
    with pytest.raises(UsageError, match="the database has no time zone"):
        csv_text(three, datasets.sessions(Selection()), tmp_path, zone)
    assert list(tmp_path.iterdir()) == []
