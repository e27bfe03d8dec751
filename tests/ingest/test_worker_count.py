"""How many workers there are without a setting: one per 1,000 sessions, at most one per core and server."""

from __future__ import annotations

import time

import psycopg
import pytest

from faxstore.ingest import worker_count as counting
from faxstore.ingest.worker_count import SESSIONS_PER_WORKER, sessions_at_once, usable_cores, worker_count
from tests.kit.given import START, append, snapshot

NOW = time.time() - START.timestamp()
"""The present, in seconds of the given rows."""


@pytest.mark.parametrize(
    ("wanted", "sessions", "servers", "cores", "expected"),
    [
        (None, 0, 5, 4, 1),
        (None, 1_000, 5, 4, 1),
        (None, 1_001, 5, 4, 2),
        (None, 9_000, 5, 4, 4),
        (None, 9_000, 3, 4, 3),
        (3, 0, 5, 2, 3),
        (4, 0, 2, 2, 2),
        (1, 9_000, 5, 4, 1),
    ],
)
def test_worker_count(wanted: int | None, sessions: int, servers: int, cores: int, expected: int) -> None:
    assert worker_count(wanted, sessions, servers, cores) == expected


def test_the_sessions_of_the_busiest_two_minutes_are_counted(database: psycopg.Connection) -> None:
    assert sessions_at_once(database) == 0
    busiest = (NOW - 86_400) // 120 * 120  # two minutes begin on whole ones
    append(database, [snapshot(busiest + number, number) for number in range(5)])
    append(database, [snapshot(busiest + 600 + number, 10 + number) for number in range(3)])
    append(database, [snapshot(busiest - 8 * 86_400 + number, 20 + number) for number in range(9)])
    assert sessions_at_once(database) == 5


def test_sessions_that_cannot_be_counted_in_time_are_many(
    database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_SESSIONS_AT_ONCE", "select pg_sleep(10)")
    monkeypatch.setattr(counting, "LONGEST_COUNT", 50)
    assert sessions_at_once(database) == SESSIONS_PER_WORKER * usable_cores()
