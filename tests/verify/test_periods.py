"""Periods of whole days with some sessions each, which checks compare one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from faxstore.verify.periods import periods
from tests.kit.given import append, snapshot

DAY = 86_400


def on(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


def test_days_with_few_sessions_are_one_period(database: psycopg.Connection) -> None:
    append(database, *(snapshot(number * DAY, number) for number in range(3)))
    assert list(periods(database)) == [("-infinity", "infinity")]


def test_a_period_ends_with_the_day_that_fills_it(
    database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faxstore.verify.periods.SESSIONS", 2)
    days = [0, 1, 1, 1, 2, 3, 4]
    append(database, *(snapshot(day * DAY + number, number) for number, day in enumerate(days)))
    assert list(periods(database)) == [("-infinity", on(4)), (on(4), on(6)), (on(6), "infinity")]


def test_without_sessions_there_is_one_period(database: psycopg.Connection) -> None:
    assert list(periods(database)) == [("-infinity", "infinity")]
