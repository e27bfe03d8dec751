"""fax.failures: given the ends of sessions, expect one row per server, class and day, with the unknown share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import psycopg

from faxstore.observations import Record
from tests.kit.given import append, begins, completed, entry, gateway, gone, hangup, of, read, receiving, result

CUT = "The call dropped prematurely"


def fax(second: float, number: int, pages: int, status: str, error: str, text: str) -> Sequence[Record]:
    """A received fax of ten seconds with a result on the wire."""
    rows = [(second, 1, 0), (second + 8, pages + 1, 0)]
    ending = result(second + 9, status, error, text)
    return [*receiving(*rows, number=number), *ending, completed(second + 9.5, pages), hangup(second + 9.6)]


def test_each_class_has_a_row_with_its_share(database: psycopg.Connection) -> None:
    append(database, fax(0, 0, 1, "SUCCESS", "HANGUP", "OK"))
    append(database, fax(20, 1, 0, "FAILED", "HANGUP", CUT))
    append(database, fax(40, 2, 2, "FAILED", "HANGUP", CUT))
    append(database, fax(60, 3, 0, "FAILED", "x", "No such text"))
    append(database, receiving((80, 1, 0), number=4), gone(90, 4))
    found = read(database, "select * from fax.failures order by sessions desc, result_class")
    assert [of(row, "result_class", "sessions", "after_a_page", "faxes") for row in found] == [
        ("call_dropped", 2, 1, 5),
        ("unknown_error", 1, 0, 5),
        (None, 1, 0, 5),
    ]
    assert [row["share"] for row in found] == [Decimal("0.4"), Decimal("0.2"), Decimal("0.2")]
    assert {of(row, "day", "server", "unknown_share") for row in found} == {(date(2026, 11, 2), "pbx", Decimal("0.5"))}


def test_with_a_reason_for_each_failure_nothing_is_unknown(database: psycopg.Connection) -> None:
    append(database, fax(0, 0, 0, "FAILED", "HANGUP", CUT))
    (row,) = read(database, "select * from fax.failures")
    assert of(row, "share", "unknown_share") == (1, 0)


def test_a_fax_that_failed_before_it_became_a_session_counts(database: psycopg.Connection) -> None:
    append(database, begins(0), result(1, "FAILED", "FILE_ERROR", "error reading file"), hangup(2))
    (row,) = read(database, "select * from fax.failures")
    assert of(row, "result_class", "sessions", "faxes") == ("file_error", 1, 1)


def test_an_open_fax_has_not_failed(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    assert read(database, "select * from fax.failures") == []


def test_a_detector_is_no_failure(database: psycopg.Connection) -> None:
    append(database, entry(0, 1, operation="V.21", session_type="none"), gone(3, 1))
    assert read(database, "select * from fax.failures") == []


def test_native_t38_is_no_failure(database: psycopg.Connection) -> None:
    """A gateway between two ends that both speak T.38 (res_fax.c, fax_gateway_framehook)."""
    append(database, gateway((0, 1, 0)), result(1, "FAILED", "NATIVE_T38", "no gateway necessary"), gone(2))
    assert read(database, "select * from fax.failures") == []
    assert read(database, "select result, result_class, result_text from fax.sessions") == [
        {"result": "success", "result_class": "success", "result_text": "no gateway necessary"}
    ]


def test_days_are_independent(database: psycopg.Connection) -> None:
    append(database, fax(0, 0, 0, "FAILED", "HANGUP", CUT), receiving((86400, 1, 0), number=1), gone(86410, 1))
    found = read(database, "select * from fax.failures order by day")
    assert [of(row, "day", "faxes", "unknown_share") for row in found] == [
        (date(2026, 11, 2), 1, 0),
        (date(2026, 11, 3), 1, 1),
    ]
    assert len(read(database, "select * from fax.failures where day = '2026-11-03'")) == 1
