"""On given faxes: cases of the page's questions that the recordings do not contain."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest

from tests.cookbook.given_faxes import BEGAN, DROPPED, OTHER, SUCCESS, fax, open_fax, second
from tests.cookbook.statements import ask, lines
from tests.kit.given import (
    append,
    at,
    before_negotiation,
    begins,
    completed,
    entry,
    gone,
    hangup,
    result,
    snapshot,
    status,
)

# -- counting and billing -----------------------------------------------------------------------------------


def test_1_a_month_begins_and_ends_at_midnight_in_berlin(given: psycopg.Connection) -> None:
    """An hour before midnight in UTC.  A session counts as a whole where it began; received faxes do not count."""
    append(given, fax(second(datetime(2026, 10, 31, 22, 59, 55, tzinfo=UTC)), 1, 100, AccountCode="law"))
    append(given, fax(second(datetime(2026, 10, 31, 23, 0, tzinfo=UTC)), 2, 1, AccountCode="law"))
    append(given, fax(second(datetime(2026, 11, 30, 22, 59, 55, tzinfo=UTC)), 3, 2, AccountCode="law"))
    append(given, fax(second(datetime(2026, 11, 30, 23, 0, tzinfo=UTC)), 4, 100, AccountCode="law"))
    append(given, fax(0, 5, 4, AccountCode="shop"), fax(20, 6, 8, AccountCode="shop"), fax(40, 7, 16))
    append(given, fax(60, 8, 100, operation="receive", AccountCode="shop"))
    assert lines(ask(given, 1)) == [("law", 2, 3), ("shop", 2, 12), (None, 1, 16)]


def test_2_each_account_has_a_line_for_each_day(given: psycopg.Connection) -> None:
    """2 to 4 November: there are no faxes on the third; an account with faxes on other days only has no row."""
    day = 24 * 3600
    append(given, fax(0, 1, 3, AccountCode="law"), fax(20, 2, 2, operation="receive", AccountCode="law"))
    append(given, fax(2 * day, 3, 5, AccountCode="shop"), fax(9 * day, 4, 7, AccountCode="bank"))
    append(given, fax(2 * day + 100, 5, None, DROPPED, AccountCode="shop"))
    rows = ask(given, 2, {"2026-11-22": "2026-11-02", "2026-11-24": "2026-11-04"})
    assert lines(rows) == [
        (date(2026, 11, 2), "law", 3, 2),
        (date(2026, 11, 2), "shop", 0, 0),
        (date(2026, 11, 3), "law", 0, 0),
        (date(2026, 11, 3), "shop", 0, 0),
        (date(2026, 11, 4), "law", 0, 0),
        (date(2026, 11, 4), "shop", 5, 0),
    ]


@pytest.mark.parametrize(
    ("seconds", "amount"),
    [(20, "0.0900"), (60, "0.0900"), (60.1, "0.1000"), (66, "0.1000"), (66.000001, "0.1100"), (3600, "5.9900")],
)
def test_26_a_failed_fax_with_a_page_is_charged_by_time(given: psycopg.Connection, seconds: float, amount: str) -> None:
    append(given, fax(0, 1, 1, DROPPED, lasts=seconds))
    (row,) = ask(given, 26, {"failures-22": "pbx"})
    assert row["amount"] == Decimal(amount)


def test_26_a_successful_fax_is_charged_per_page(given: psycopg.Connection) -> None:
    append(given, fax(0, 1, 3), fax(20, 2, 3, operation="receive"), fax(40, 3, 0, DROPPED))
    assert lines(ask(given, 26, {"failures-22": "pbx"}), "result", "pages", "amount") == [
        ("success", 3, Decimal("0.1500")),
        ("success", 3, Decimal("0.0600")),
        ("failed", 0, 0),
    ]


# -- how faxes ended ----------------------------------------------------------------------------------------


def test_10_attempts_at_one_number_until_one_succeeds(given: psycopg.Connection) -> None:
    def sent(at: float, number: int, to: str, how: tuple[str, str, str] | None = SUCCESS) -> None:
        append(given, fax(at + number / 1000, number, 1, how, ConnectedLineNum=to))  # each event has its own moment

    sent(0, 1, "111", DROPPED)
    sent(600, 2, "111", DROPPED)
    sent(1200, 3, "111")
    sent(0, 4, "222")
    sent(100, 5, "222")  # succeeds at once, twice
    sent(0, 6, "333", DROPPED)
    sent(24 * 3600 + 1, 7, "333")  # over a day later: another job
    sent(0, 8, "444", None)  # its result is unknown
    sent(60, 9, "444")
    append(given, fax(0.01, 10, 1, DROPPED, operation="receive", ConnectedLineNum="111"))
    assert lines(ask(given, 10)) == [
        (1, 4, 3, Decimal("0.5000")),
        (2, 1, 1, Decimal("0.1667")),
        (3, 1, 1, Decimal("0.1667")),
    ]


def test_11_numbers_that_never_succeeded(given: psycopg.Connection) -> None:
    """Listed: five failures and no success.  Not listed: four failures, or one success."""
    for number in range(5):
        append(given, fax(number * 60, number, 0, DROPPED, ConnectedLineNum="666"))
        append(given, fax(number * 60, number + 10, 0, DROPPED, ConnectedLineNum="777"))
        if number < 4:
            append(given, fax(number * 60, number + 20, 0, DROPPED, ConnectedLineNum="888"))
    append(given, fax(600, 30, 1, ConnectedLineNum="777"))
    assert lines(ask(given, 11)) == [("666", 5, at(240), "call_dropped")]


def test_11_an_unknown_result_is_no_failure(given: psycopg.Connection) -> None:
    for number in range(5):
        append(given, fax(number * 60, number, 0, DROPPED, ConnectedLineNum="666"))
    append(given, fax(600, 30, 1, None, ConnectedLineNum="666"))
    assert lines(ask(given, 11), "called_number", "failures") == [("666", 5)]


def test_24_a_fax_too_short_for_a_poll(given: psycopg.Connection) -> None:
    """Only its events are known; the others were polled at least once."""
    begun = [begins(0, "ReceiveFAX"), status(0.1, "Allocating Resources")]
    append(given, begun, result(0.8, "SUCCESS", "", "OK"), completed(0.9, 1), hangup(1), fax(20, 2))
    append(given, snapshot(40, 3), gone(40.5, 3))
    assert lines(ask(given, 24)) == [
        ("pbx", "received", "completion", 1, "success", "success", "OK", ["/var/spool/asterisk/fax/1.tif"])
    ]


# -- quality and load ---------------------------------------------------------------------------------------


def test_5_a_peer_with_v29_only_has_no_drop(given: psycopg.Connection) -> None:
    append(given, before_negotiation(0), snapshot(5, data_rate=9600), snapshot(9, page_number=2, data_rate=9600))
    append(
        given,
        before_negotiation(20, 1),
        snapshot(25, 1, data_rate=14400),
        snapshot(29, 1, page_number=2, data_rate=9600),
    )
    assert lines(ask(given, 5), "no", "page", "rate_before", "data_rate") == [(1, 2, 14400, 9600)]


def test_5_two_observers_record_one_drop(given: psycopg.Connection) -> None:
    """Their clocks are a second apart: one still reports the old rate after the other reported the new one."""
    one = [snapshot(second, data_rate=rate) for second, rate in ((0, 9600), (10.2, 7200), (12, 7200))]
    two = [snapshot(second, data_rate=rate) for second, rate in ((0.5, 9600), (10.7, 9600), (11.5, 7200))]
    append(given, one)
    append(given, two, collector="two")
    assert lines(ask(given, 5), "no", "rate_before", "data_rate") == [(0, 9600, 7200)]


def test_14_ten_at_once_are_listed_and_nine_are_not(given: psycopg.Connection) -> None:
    """Detectors do not count, and servers are not added up."""
    for number in range(10):
        append(given, open_fax(number, number, 1, lasts=60), gone(80 - number, number, of=BEGAN))
        append(given, entry(30, 20 + number, of=BEGAN, operation="V.21"), gone(31, 20 + number, of=BEGAN))
        if number < 9:
            append(given, open_fax(number, number, 1, lasts=60, of=OTHER), gone(80, number, of=OTHER))
    assert lines(ask(given, 14)) == [("pbx", datetime(2026, 11, 2, 8, tzinfo=UTC), 10)]


def test_14_sessions_in_progress_at_the_full_hour(given: psycopg.Connection) -> None:
    """Ten from a second before nine until a second past ten, and one that begins when another ends."""
    for number in range(10):
        append(given, open_fax(3599, number, 1, lasts=3602), gone(7201, number, of=BEGAN))
    append(given, open_fax(7201, 20, 1), gone(7211, 20, of=BEGAN))
    hours = [datetime(2026, 11, 2, hour, tzinfo=UTC) for hour in (8, 9, 10)]
    found = {row["hour"]: row["peak"] for row in ask(given, 14)}
    assert found.keys() == set(hours)
    assert (found[hours[0]], found[hours[1]]) == (10, 10)


# -- one file, one number -----------------------------------------------------------------------------------


def test_18_sessions_with_a_number_or_a_file(given: psycopg.Connection) -> None:
    """As caller, called number or station id of either end; as a file; and no other."""
    append(given, fax(0, 1, CallerIDNum="5559999"), fax(20, 2, ConnectedLineNum="5559999"))
    append(given, fax(40, 3, operation="receive", Exten="5559999"), fax(60, 4, RemoteStationID="5559999"))
    append(given, fax(80, 5, LocalStationID="5559999"), fax(100, 6, CallerIDNum="15559999"))
    append(given, fax(120, 7, file_name="/var/spool/asterisk/fax/out/séance: no 1.tif"))
    append(given, fax(140, 8, file_name="/var/spool/asterisk/fax/out/seance.tif"))
    rows = ask(given, 18)
    assert lines(rows, "started_at") == [(at(begin),) for begin in (0, 20, 40, 60, 80, 120)]
    query = "select min(position), max(position) from fax.session_history where session_id = %s"
    for row in rows:
        assert given.execute(query, [row["session_id"]]).fetchone() == (row["first_position"], row["last_position"])
