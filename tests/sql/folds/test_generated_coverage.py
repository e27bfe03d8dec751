"""For random evidence in random order, stored days change no gap, and the gaps of any window are those of all time."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from tests.kit.coverage_evidence import MIDNIGHTS, evidence
from tests.kit.databases import fresh
from tests.kit.given import Row, append, at, read

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "12"))
"""More by hand: FAXSTORE_TEST_EXAMPLES=500."""

WHOLE = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 6, tzinfo=UTC))


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database that all examples share; each is rolled back."""
    with fresh(server, template) as dsn, psycopg.connect(dsn) as connection:
        yield connection


def windows(draw: random.Random) -> list[tuple[datetime, datetime]]:
    """Random windows, some of them at midnight or without any time."""
    moments = [at(midnight + draw.choice([0, draw.uniform(-9000, 9000)])) for midnight in MIDNIGHTS * 4]
    return [WHOLE, *zip(moments, draw.sample(moments, len(moments)), strict=True), (moments[0], moments[0])]


def gaps(connection: psycopg.Connection, window: tuple[datetime, datetime]) -> list[Row]:
    return read(connection, "select * from fax.gaps('pbx', %s, %s)", *window)


def answers(connection: psycopg.Connection, asked: list[tuple[datetime, datetime]]) -> list[list[Row]]:
    return [
        *(gaps(connection, window) for window in asked),
        read(connection, "select session_id, overlaps_gap, started_not_before from fax.sessions order by session_id"),
    ]


def without_stored_days(connection: psycopg.Connection, asked: list[tuple[datetime, datetime]]) -> list[list[Row]]:
    with connection.transaction(force_rollback=True):
        connection.execute("delete from fax.coverage_day")
        return answers(connection, asked)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_stored_days_change_no_gap(connection: psycopg.Connection, seed: int) -> None:
    draw = random.Random(seed)
    records = [(record, name) for name in ("one", "two")[: draw.choice([1, 2])] for record in evidence(draw)]
    if draw.random() < 0.7:
        draw.shuffle(records)
    with connection.transaction(force_rollback=True):
        while records:
            part, records = records[: len(records) // 3 + 1], records[len(records) // 3 + 1 :]
            for name in ("one", "two"):
                append(connection, [record for record, collector in part if collector == name], collector=name)
            connection.execute("select fax.write_coverage(%s)", [draw.choice([0, 3, 1000])])
            asked = windows(draw)
            assert answers(connection, asked) == without_stored_days(connection, asked)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_the_gaps_of_a_window_are_those_of_all_time(connection: psycopg.Connection, seed: int) -> None:
    """So a day can be stored: no evidence outside its reach changes it."""
    draw = random.Random(1000 + seed)
    with connection.transaction(force_rollback=True):
        append(connection, list(evidence(draw)))
        append(connection, list(evidence(draw)), collector="two")
        query = "select tstzmultirange(tstzrange(%s, %s, '[]')) * fax.polled_time('pbx', %s, %s)"
        for since, until in windows(draw):
            if since <= until:
                of_all, of_window = (
                    connection.execute(query, [since, until, *asked]).fetchall() for asked in (WHOLE, (since, until))
                )
                assert of_window == of_all
