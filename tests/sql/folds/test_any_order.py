"""Any order of appending, any repetition and two observers of one server give the same fold."""

from __future__ import annotations

import random

import psycopg
import pytest
from msgspec.structs import replace

from tests.kit.given import (
    Row,
    append,
    at,
    before_negotiation,
    completed,
    gone,
    life,
    of,
    read,
    receiving,
    result,
    sessions,
    status,
    the_session,
)

# -- any order, any repetition, two observers ---------------------------------------------------------------

ONE = [
    before_negotiation(0),
    *receiving((1, 1, 0), (2, 1, 40), (3, 1, 63), (4, 1, 2), (5, 2, 0), (6, 2, 5), (7, 3, 5), data_rate=9600),
    *receiving((6.5, 2, 5), data_rate=7200),
    *[replace(one, session_number=0) for one in result(0.5, "", "", "") + result(7.5, "SUCCESS", "HANGUP", "OK")],
    replace(status(0.2, "Allocating Resources", CallerIDNum="5550001"), session_number=0),
    gone(8),
    replace(completed(8.5, 2, Exten="5550199", CallerIDNum="5550001"), session_number=0),
]
"""A complete fax. Each record has its session number, so that any order works."""

TWO = [
    *receiving((1.3, 1, 10), (2.3, 1, 50), (3.3, 1, 63), (4.3, 1, 3), (5.3, 2, 1), (6.3, 2, 5), data_rate=9600),
    gone(8.3),
]
"""The same fax as observed by another collector."""

STREAMS = [(one, "one") for one in ONE] + [(two, "two") for two in TWO]
PLACES = ("first_position", "last_position")
Fold = tuple[Row, list[Row], list[Row]]


def fold(database: psycopg.Connection) -> Fold:
    """The three views without positions, which depend on the order of appending."""
    session = {name: value for name, value in the_session(database).items() if name not in PLACES}
    pages = read(database, "select * from fax.session_pages order by page")
    timeline = read(database, "select * from fax.session_timeline order by observed_at")
    for row in timeline:
        del row["position"]
    return session, pages, timeline


@pytest.fixture
def expected(database: psycopg.Connection) -> Fold:
    """The fold of the rows appended in order of time; the database is empty again afterwards."""
    with database.transaction(force_rollback=True):
        for seen, collector in sorted(STREAMS, key=lambda row: row[0].observed_at):
            append(database, seen, collector=collector)
        return fold(database)


def test_the_fold_of_two_observers_is_that_of_one(database: psycopg.Connection, expected: Fold) -> None:
    session, pages, _ = expected
    names = ("pages", "bad_lines", "bad_lines_discarded", "rate_falls", "result", "end_observed_by", "caller_number")
    assert of(session, *names) == (2, 8, 63, 1, "success", "completion", "5550001")
    assert [of(page, "attempts", "bad_lines", "bad_lines_discarded") for page in pages] == [(2, 3, 63), (1, 5, 0)]
    append(database, ONE)
    assert of(the_session(database), *names) == (2, 7, 63, 1, "success", "completion", "5550001")


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_any_repetition_give_the_same(database: psycopg.Connection, expected: Fold, seed: int) -> None:
    """In batches of any size. The first record is in the first batch: it determines started_at."""
    rng = random.Random(seed)
    append(database, ONE[0])
    rest = rng.choices(STREAMS, k=20) + rng.sample(STREAMS, len(STREAMS))
    while rest:
        batch, rest = rest[: (size := rng.randint(1, 6))], rest[size:]
        for collector in ("one", "two"):
            append(database, [seen for seen, who in batch if who == collector], collector=collector)
    assert fold(database) == expected
    assert read(database, "select count(*) from fax.session_history") == [{"count": len(STREAMS)}]


def test_two_observers_of_one_fax_see_one_fax(database: psycopg.Connection) -> None:
    """Their polls alternate, and one of them is half a second late."""
    one = [*receiving((0, 1, 0), (1, 1, 9), (2, 2, 0), (3, 2, 4), (4, 3, 4)), gone(5)]
    two = [*receiving((0.4, 1, 3), (1.4, 1, 12), (2.6, 2, 2), (3.4, 2, 4)), gone(4.4)]
    append(database, one, collector="one")
    append(database, two, collector="two")
    row = the_session(database)
    assert of(row, "pages", "bad_lines", "bad_lines_discarded", "snapshots") == (2, 16, 0, 9)
    assert of(row, "end_observed_by", "ended_at") == ("gone", at(4.4))


def test_a_late_snapshot_of_a_second_observer_is_no_attempt(database: psycopg.Connection) -> None:
    """It was taken before the page ended, and stamped by a clock that is ahead."""
    append(database, receiving((0, 1, 0), (1, 1, 9), (2, 2, 0), (3, 2, 4), (4, 3, 4)), gone(5), collector="one")
    append(database, receiving((2.3, 1, 8)), collector="two")
    assert of(the_session(database), "bad_lines", "bad_lines_discarded") == (13, 0)


def test_the_same_number_in_another_epoch_is_another_fax(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 5), (1, 2, 0)), gone(2))
    append(database, receiving((100, 1, 1), (101, 2, 0), of=life(started=50)), gone(102, of=life(started=50)))
    assert [of(row, "session_number", "bad_lines") for row in sessions(database)] == [(0, 5), (0, 1)]
