"""fax.session_rate_falls: given snapshots with rates, expect the page and the rates of each fall."""

from __future__ import annotations

import psycopg

from tests.kit.given import append, before_negotiation, read, receiving, sending
from tests.kit.totals import write_totals

FALLS = "select fall, page, rate_before, data_rate from fax.session_rate_falls order by started_at, fall"


def falls(database: psycopg.Connection) -> list[tuple[int, int | None, int, int]]:
    """The falls of all sessions, which are the same with and without totals."""
    live = [tuple(row.values()) for row in read(database, FALLS)]
    write_totals(database)
    assert [tuple(row.values()) for row in read(database, FALLS)] == live
    return live


def test_a_fall_belongs_to_the_page_that_first_has_the_lower_rate(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 0), data_rate=14400), receiving((9, 2, 0), (15, 3, 0), data_rate=9600))
    assert falls(database) == [(1, 2, 14400, 9600)]


def test_each_of_several_falls_on_a_page(database: psycopg.Connection) -> None:
    steps = [receiving((second, 1, 0), data_rate=rate) for second, rate in enumerate((14400, 9600, 12000, 4800))]
    append(database, *steps)
    assert falls(database) == [(1, 1, 14400, 9600), (2, 1, 12000, 4800)]


def test_a_fall_has_the_number_and_direction_of_its_session(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), receiving((9, 2, 0), data_rate=7200))
    append(database, sending((0, 1), number=1), sending((9, 2), number=1, data_rate=7200))
    query = "select session_number, direction from fax.{} order by session_number"
    assert read(database, query.format("session_rate_falls")) == read(database, query.format("sessions"))
    assert len(read(database, FALLS)) == 2


def test_the_default_before_negotiation_is_no_rate(database: psycopg.Connection) -> None:
    append(database, before_negotiation(0), receiving((1, 1, 0), (2, 2, 0), data_rate=9600))
    assert falls(database) == []


def test_one_fall_that_two_observers_saw_is_one(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (9, 1, 0)), receiving((19, 2, 0), data_rate=7200))
    append(database, receiving((0.5, 1, 0), (9.5, 1, 0)), receiving((19.5, 2, 0), data_rate=7200), collector="b")
    assert falls(database) == [(1, 2, 9600, 7200)]


def test_one_observer_may_take_over_from_another(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (9, 1, 0)))
    append(database, receiving((19, 2, 0), (29, 2, 0), data_rate=7200), collector="b")
    assert falls(database) == [(1, 2, 9600, 7200)]
