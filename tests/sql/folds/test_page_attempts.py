"""fax.page_attempts: each attempt at a page."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from faxstore.observations import Observation
from tests.kit.given import append, at, before_negotiation, completed, entry, of, read, receiving, sending, snapshot


def attempts(database: psycopg.Connection) -> list[tuple[int, int, int | None]]:
    """(page, attempt, bad_lines)"""
    rows = read(database, "select * from fax.page_attempts order by page, attempt")
    return [(row["page"], row["attempt"], row["bad_lines"]) for row in rows]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 1, 0)], [(1, 1, 0)], id="one snapshot"),
        pytest.param([(0, 1, 0), (1, 1, 5), (2, 2, 0)], [(1, 1, 5), (2, 1, 0)], id="the page advances"),
        pytest.param([(0, 1, 5), (1, 1, 5), (2, 1, 5)], [(1, 1, 5)], id="the count does not change"),
        pytest.param([(0, 1, 5), (1, 1, 0)], [(1, 1, 5), (1, 2, 0)], id="the count falls: sent again"),
        pytest.param(
            [(0, 1, 5), (1, 1, 0), (2, 1, 7), (3, 1, 6), (4, 2, 0)],
            [(1, 1, 5), (1, 2, 7), (1, 3, 6), (2, 1, 0)],
            id="sent again twice",
        ),
        pytest.param([(0, 1, 5), (1, 3, 5), (2, 3, 6)], [(1, 1, 5), (3, 1, 6)], id="a page that no poll observed"),
        pytest.param([(0, 2, 5), (1, 1, 9), (2, 2, 6)], [(2, 1, 6)], id="an earlier page cannot become current again"),
    ],
)
def test_attempts(
    database: psycopg.Connection, given: list[tuple[float, int, int]], expected: list[tuple[int, int, int]]
) -> None:
    append(database, receiving(*given))
    assert attempts(database) == expected


def test_an_attempt_has_its_times_and_measurements(database: psycopg.Connection) -> None:
    append(
        database,
        [before_negotiation(0), before_negotiation(1)],
        receiving((2, 1, 0), (3, 1, 4)),
        receiving((4, 1, 6), data_rate=7200, y_resolution=7700),
    )
    (row,) = read(database, "select * from fax.page_attempts")
    assert of(row, "first_seen_at", "first_measured_at", "last_seen_at", "snapshots") == (at(0), at(2), at(4), 5)
    assert of(row, "bad_lines", "data_rate", "y_resolution") == (6, 7200, 7700)


def test_events_are_no_attempts(database: psycopg.Connection) -> None:
    append(database, snapshot(0), entry(1), completed(2, 1))
    assert attempts(database) == [(1, 1, 0)]


def test_a_senders_pages_are_attempts_without_bad_lines(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (1, 2)))
    assert attempts(database) == [(1, 1, 0), (2, 1, 0)]


# -- two observers ----------------------------------------------------------------------------------------


def two(database: psycopg.Connection, one: list[Observation], other: list[Observation]) -> None:
    """Appends the rows of two observers of the same session in the order of their clocks."""
    streams = [(each.observed_at, each, "one") for each in one] + [(each.observed_at, each, "two") for each in other]
    for _, each, collector in sorted(streams, key=lambda row: row[0]):
        append(database, each, collector=collector)


TWO: list[Any] = [
    pytest.param(
        receiving((0, 1, 0), (1, 1, 9), (2, 2, 0)),
        receiving((0.5, 1, 4), (1.5, 1, 12), (2.5, 2, 1)),
        [(1, 1, 12), (2, 1, 1)],
        id="no page was sent again",
    ),
    pytest.param(
        receiving((0, 1, 0), (1, 1, 63), (2, 1, 0), (3, 1, 4), (4, 2, 0)),
        receiving((0.5, 1, 40), (1.5, 1, 63), (2.5, 1, 1), (3.5, 1, 5), (4.5, 2, 0)),
        [(1, 1, 63), (1, 2, 5), (2, 1, 0)],
        id="a page was sent again once, and both observed it",
    ),
    pytest.param(
        receiving((0, 1, 0), (1, 1, 40), (1.4, 1, 63), (3, 1, 4)),
        receiving((0.5, 1, 20)),
        [(1, 1, 63), (1, 2, 4)],
        id="one of them stopped before it",
    ),
    pytest.param(
        receiving((0, 1, 0), (1, 1, 63)),
        receiving((2, 1, 0), (3, 1, 4)),
        [(1, 1, 63), (1, 2, 4)],
        id="the other took over between the attempts",
    ),
    pytest.param(
        receiving((0, 1, 0), (1, 1, 63), (2, 1, 0), (3, 1, 4)),
        receiving((3.5, 1, 4), (4.5, 1, 6)),
        [(1, 1, 63), (1, 2, 6)],
        id="the other took over in the second attempt",
    ),
    pytest.param(
        receiving((0, 1, 3), (1, 1, 9), (2, 2, 0), (3, 2, 8)),
        receiving((0.2, 1, 3), (1.2, 1, 7), (2.2, 1, 9), (3.2, 2, 6)),
        [(1, 1, 9), (2, 1, 8)],
        id="the clock of one is ahead",
    ),
]


@pytest.mark.parametrize(("one", "other", "expected"), TWO)
def test_two_observers_give_the_real_attempts(
    database: psycopg.Connection, one: list[Observation], other: list[Observation], expected: list[tuple[int, int, int]]
) -> None:
    two(database, one, other)
    assert attempts(database) == expected
