"""On given rows that are wrong, late, repeated or missing: the page's questions about trust find them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations

import psycopg
import pytest

from faxstore.observations import ServerObservation
from tests.cookbook.given_faxes import fax
from tests.cookbook.statements import ask, lines
from tests.kit.given import append, at, gone, life, of_server, receiving, sending

DAY = date(2026, 11, 2)


@pytest.fixture
def call_records(given: psycopg.Connection) -> psycopg.Connection:
    """A database with the table that Asterisk's cdr_pgsql writes."""
    given.execute(
        "create table cdr (calldate timestamptz, channel text, lastapp text, uniqueid text, peeraccount text)"
    )
    return given


def call(database: psycopg.Connection, second: float, server: str = "pbx", application: str = "SendFAX") -> None:
    """Insert one call record."""
    row = [at(second), "PJSIP/trunk-00000001", application, str(second), server]
    database.execute("insert into cdr values (%s, %s, %s, %s, %s)", row)


def counters(second: float, attempts: int, server: str = "pbx") -> ServerObservation:
    """A FAXStats answer with this number of send attempts since the start of the server."""
    return of_server(second, "FAXStats", server=server, TransmitAttempts=str(attempts), ReceiveAttempts="0")


# -- 15: the server's own counters, and call records --------------------------------------------------------


def test_15_a_fax_that_the_server_counted_and_nobody_observed(call_records: psycopg.Connection) -> None:
    append(call_records, counters(0, 0), fax(10, 1), fax(30, 2), counters(100, 3))
    for second in (10, 30, 60):
        call(call_records, second)
    call(call_records, 70, application="Dial")
    assert lines(ask(call_records, 15)) == [(DAY, "pbx", 3, 2, 3, 1)]


def test_15_more_call_records_than_the_server_counted(call_records: psycopg.Connection) -> None:
    append(call_records, counters(0, 0), fax(10, 1), counters(100, 1))
    call(call_records, 10)
    call(call_records, 50, application="ReceiveFAX")
    assert lines(ask(call_records, 15)) == [(DAY, "pbx", 1, 1, 2, 0)]


def test_15_what_agrees_is_not_listed(call_records: psycopg.Connection) -> None:
    """Each server by itself: a surplus of one does not cancel a deficit of another."""
    other = life("other", -3600)
    append(call_records, counters(0, 0), fax(10, 1), counters(100, 1))
    append(call_records, counters(0, 5, "other"), fax(10, 1, of=other), counters(100, 6, "other"))
    call(call_records, 10)
    call(call_records, 10, "other")
    assert ask(call_records, 15) == []


def test_15_two_observers_count_once(call_records: psycopg.Connection) -> None:
    append(call_records, counters(0, 0), fax(10, 1), counters(100, 1))
    append(call_records, counters(1, 0), counters(101, 1), collector="two")
    call(call_records, 10)
    assert ask(call_records, 15) == []


def test_15_a_day_with_call_records_only(call_records: psycopg.Connection) -> None:
    """The collector was down all day, which is what the question must reveal."""
    call(call_records, 10)
    rows = ask(call_records, 15)
    assert lines(rows, "day", "server", "by_call_records") == [(DAY, "pbx", 1)]


# -- 16, 17: the same numbers -------------------------------------------------------------------------------


def test_16_numbers_begin_again_after_a_restart(given: psycopg.Connection) -> None:
    """Interrupted before the restart, completed after it; number 1 occurred once."""
    append(given, sending((0, 1), (10, 2)), sending((0, 1), number=1), gone(5, 1))
    append(given, sending((300, 1), of=life(started=200)), gone(310, of=life(started=200)))
    assert lines(ask(given, 16)) == [("pbx", 0, 2, 2, 2, ["server_restart", "gone"])]


def test_17_three_servers_in_one_second(given: psycopg.Connection) -> None:
    for number, server in enumerate(("one", "two", "three")):
        append(given, sending((0.1 * number, 1), of=life(server)), sending((5, 1), number=number, of=life(server)))
    assert lines(ask(given, 17)) == [(0, at(0), 3, 3)]


# -- 23: gaps -----------------------------------------------------------------------------------------------


def test_23_a_gap_with_one_fax_in_progress_and_one_missed(given: psycopg.Connection) -> None:
    """Lists until 80 s, the connection lost at 90, the next list at 201; three faxes counted, two of them seen."""
    append(given, counters(0, 0), of_server(0, "Polled"), of_server(60, "Polled"), fax(70, 1, lasts=140), fax(10, 2))
    append(given, of_server(90, "Disconnected", Reason="closed by the server", LastPolled=80))
    append(given, of_server(200, "Connected"), of_server(201, "Polled"), counters(202, 3), of_server(261, "Polled"))
    assert lines(ask(given, 23)) == [
        ("pbx", "08:01:20", "08:03:21", Decimal("121.0"), "connection lost", ["connection lost"], 1, 1)
    ]


# -- 25: order ----------------------------------------------------------------------------------------------


def test_25_any_order_and_any_repetition_have_one_fingerprint(given: psycopg.Connection) -> None:
    """One fax in five batches, in every order; then all of it again."""
    batches = [
        receiving((0, 1, 0), (5, 1, 7)),
        receiving((6, 1, 0), (9, 1, 3)),
        receiving((10, 2, 0), (12, 2, 4)),
        receiving((13, 3, 4)),
        [gone(14)],
    ]
    found = []
    for order in permutations(batches):
        with given.transaction(force_rollback=True):
            append(given, *order)
            found += ask(given, 25)
            append(given, *order)
            found += ask(given, 25)
    assert found == found[:1] * len(found)
    assert lines(found[:1], "sessions", "pages", "bad_lines") == [(1, 2, 7)]
