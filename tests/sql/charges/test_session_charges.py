"""fax.session_charges: given a rate and a fax, expect its charge and the rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.cookbook.given_faxes import DROPPED, SUCCESS, fax, open_fax
from tests.kit.given import append, begins, completed, entry, gone, hangup, of, read, receiving, result, the_session
from tests.kit.given_rates import charges, rate, the_charge

FAILED_BEFORE = ("FAILED", "FILE_ERROR", "error opening output file")
AMOUNTS = ("pages_charge", "time_charge", "charge")


def amounts(*figures: str | None) -> tuple[Decimal | None, ...]:
    return tuple(figure if figure is None else Decimal(figure) for figure in figures)


# -- per page and per time ---------------------------------------------------------------------------------


def test_pages_cost_per_page(database: psycopg.Connection) -> None:
    used = rate(database, per_page="0.05")
    append(database, fax(0, 1, 3, AccountCode="law", ConnectedLineNum="+49301234"))
    row = the_charge(database)
    assert of(row, "server", "account_code", "direction", "called_number") == ("pbx", "law", "sent", "+49301234")
    assert of(row, "result", "pages", "seconds", "rate_id", "currency") == ("success", 3, 10, used, "EUR")
    assert of(row, "rule", "charged", "minimum_applied") == ("success", "full", False)
    assert of(row, *AMOUNTS) == amounts("0.15", "0", "0.15")


@pytest.mark.parametrize(
    ("seconds", "charge"),
    [(1, "0.09"), (60, "0.09"), (60.001, "0.10"), (66, "0.10"), (66.5, "0.11"), (120, "0.19"), (3600, "5.99")],
)
def test_the_first_minute_then_each_started_six_seconds(
    database: psycopg.Connection, seconds: float, charge: str
) -> None:
    rate(database, first_seconds=60, first_charge="0.09", interval_seconds=6, per_interval="0.01")
    append(database, fax(0, 1, 1, lasts=seconds))
    assert of(the_charge(database), *AMOUNTS) == amounts("0", charge, charge)


@pytest.mark.parametrize(("seconds", "charge"), [(0.5, "0.06"), (59, "0.06"), (60, "0.06"), (61, "0.12")])
def test_each_started_minute(database: psycopg.Connection, seconds: float, charge: str) -> None:
    rate(database, per_interval="0.06", charge_unknown="time")
    append(database, receiving((0, 1, 0)), gone(seconds))
    assert the_charge(database)["seconds"] == Decimal(str(seconds))
    assert the_charge(database)["time_charge"] == Decimal(charge)


def test_pages_time_and_a_price_per_call_add_up(database: psycopg.Connection) -> None:
    rate(database, per_page="0.02", first_charge="0.10", interval_seconds=30, per_interval="0.03")
    append(database, fax(0, 1, 4, lasts=61))
    assert of(the_charge(database), *AMOUNTS) == amounts("0.08", "0.19", "0.27")


def test_a_smaller_sum_is_raised_to_the_minimum(database: psycopg.Connection) -> None:
    rate(database, per_page="0.02", minimum_charge="0.05")
    append(database, fax(0, 1, 2), fax(100, 2, 3))
    assert [of(row, "pages_charge", "minimum_applied", "charge") for row in charges(database)] == [
        (Decimal("0.04"), True, Decimal("0.05")),
        (Decimal("0.06"), False, Decimal("0.06")),
    ]


@pytest.mark.parametrize(
    ("per_page", "currency", "charge"),
    [
        ("0.005", "EUR", "0.01"),  # half up, not to the even digit
        ("0.015", "EUR", "0.02"),
        ("0.0249", "EUR", "0.02"),
        ("0.5", "JPY", "1"),
        ("12.4", "JPY", "12"),
        ("0.0125", "KWD", "0.013"),
        ("0.00005", "CLF", "0.0001"),
    ],
)
def test_only_the_charge_is_rounded_half_up_to_the_minor_unit(
    database: psycopg.Connection, per_page: str, currency: str, charge: str
) -> None:
    rate(database, per_page=per_page, currency=currency)
    append(database, fax(0, 1, 1))
    row = the_charge(database)
    assert row["pages_charge"] == Decimal(per_page)
    assert str(row["charge"]) == charge


def test_no_amount_is_a_float(database: psycopg.Connection) -> None:
    found = read(
        database,
        "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.oid in ('fax.rate'::regclass, 'fax.session_charges'::regclass) and a.attnum > 0"
        " and a.atttypid in ('real'::regtype, 'double precision'::regtype)",
    )
    assert found == []
    rate(database, per_page="0.1")
    append(database, fax(0, 1, 3))
    assert str(the_charge(database)["charge"]) == "0.30"


# -- partial, failed, unknown ---------------------------------------------------------------------------------

PRICES: dict[str, Any] = {"per_page": "0.10", "per_interval": "0.01", "interval_seconds": 1, "minimum_charge": "0.15"}


@pytest.mark.parametrize(
    ("charge_partial", "expected"),
    [
        ("full", amounts("0.20", "0.10", "0.30")),
        ("pages", amounts("0.20", "0", "0.20")),
        ("time", amounts("0", "0.10", "0.15")),
        ("none", amounts("0", "0", "0")),
    ],
)
def test_a_fax_that_failed_after_a_page(database: psycopg.Connection, charge_partial: str, expected: Any) -> None:
    rate(database, **PRICES, charge_partial=charge_partial, charge_failed="none")
    append(database, fax(0, 1, 2, DROPPED))
    row = the_charge(database)
    assert of(row, "rule", "charged", *AMOUNTS) == ("partial", charge_partial, *expected)
    assert row["minimum_applied"] is (charge_partial == "time")


@pytest.mark.parametrize(
    ("charge_failed", "expected"),
    [
        ("full", amounts("0", "0.10", "0.15")),
        ("pages", amounts("0", "0", "0.15")),
        ("time", amounts("0", "0.10", "0.15")),
        ("none", amounts("0", "0", "0")),
    ],
)
def test_a_fax_that_failed_without_a_page(database: psycopg.Connection, charge_failed: str, expected: Any) -> None:
    rate(database, **PRICES, charge_partial="full", charge_failed=charge_failed)
    append(database, fax(0, 1, 0, DROPPED))
    assert of(the_charge(database), "rule", "charged", *AMOUNTS) == ("failed", charge_failed, *expected)


@pytest.mark.parametrize(
    ("charge_unknown", "expected"),
    [
        ("full", amounts("0.20", "0.10", "0.30")),
        ("pages", amounts("0.20", "0", "0.20")),
        ("time", amounts("0", "0.10", "0.15")),
        ("none", amounts("0", "0", "0")),
        ("open", amounts(None, None, None)),
    ],
)
def test_a_fax_without_a_result_on_the_wire(database: psycopg.Connection, charge_unknown: str, expected: Any) -> None:
    rate(database, **PRICES, charge_unknown=charge_unknown)
    append(database, fax(0, 1, 2, None))
    row = the_charge(database)
    assert row["charged"] == (None if charge_unknown == "open" else charge_unknown)
    assert of(row, "rule", *AMOUNTS) == ("result unknown", *expected)


def test_default_rules_for_partial_failed_and_unknown(database: psycopg.Connection) -> None:
    rate(database, per_page="0.10")
    append(database, fax(0, 1, 2, DROPPED), fax(100, 2, 0, DROPPED), fax(200, 3, 2, None))
    assert [of(row, "rule", "charge") for row in charges(database)] == [
        ("partial", Decimal("0.20")), ("failed", Decimal(0)), ("result unknown", None),
    ]  # fmt: skip


def test_a_fax_without_a_session_failed_without_a_page(database: psycopg.Connection) -> None:
    """Its pages are not reported, but it cannot have any."""
    rate(database, **PRICES, charge_failed="time")
    append(database, begins(0), result(1, *FAILED_BEFORE), hangup(1.5))
    row = the_charge(database)
    assert of(row, "pages", "rule") == (None, "failed")
    assert row["pages_charge"] == 0
    assert row["charge"] > 0


# -- unknown is never zero -----------------------------------------------------------------------


def pages_not_reported(end: tuple[str, str, str]) -> list[Any]:
    return [entry(0), entry(5), *result(9, *end), completed(10, None), hangup(10.5)]


@pytest.mark.parametrize("end", [SUCCESS, DROPPED])
def test_unreported_pages_make_no_charge(database: psycopg.Connection, end: tuple[str, str, str]) -> None:
    rate(database, per_page="0.05", minimum_charge="0.10")
    append(database, pages_not_reported(end))
    assert the_session(database)["pages"] is None
    row = the_charge(database)
    assert of(row, "rule", "pages_charge", "minimum_applied", "charge") == ("pages unknown", None, None, None)


def test_pages_without_a_price_need_not_be_known(database: psycopg.Connection) -> None:
    rate(database, interval_seconds=10, per_interval="0.07")
    append(database, pages_not_reported(SUCCESS))
    assert of(the_charge(database), "rule", *AMOUNTS) == ("success", *amounts("0", "0.07", "0.07"))


def test_a_clock_set_back_makes_no_time_charge(database: psycopg.Connection) -> None:
    rate(database, per_interval="0.07", charge_unknown="full")
    append(database, receiving((100, 1, 0), (101, 2, 0)))
    append(database, gone(40))
    assert the_session(database)["duration_seconds"] is None
    assert of(the_charge(database), "rule", *AMOUNTS) == ("seconds unknown", *amounts("0", None, None))


def test_a_fax_without_a_rate_has_no_charge(database: psycopg.Connection) -> None:
    rate(database, account_code="law", per_page="0.05")
    append(database, fax(0, 1, 1))
    row = the_charge(database)
    assert of(row, "rule", "rate_id", "currency", "charged", *AMOUNTS) == ("no rate", *[None] * 6)


# -- charged faxes ----------------------------------------------------------------------------------


def test_an_open_fax_has_no_row(database: psycopg.Connection) -> None:
    rate(database, per_page="0.05")
    append(database, open_fax(0, 1, 3))
    assert charges(database) == []
    append(database, fax(0, 1, 3))
    assert the_charge(database)["charge"] == Decimal("0.15")


def test_a_detector_has_no_row(database: psycopg.Connection) -> None:
    rate(database, first_charge="1")
    append(database, entry(0, 1, operation="V.21", session_type="none"), gone(3, 1))
    assert charges(database) == []


def test_late_rows_change_the_charge_with_the_fax(database: psycopg.Connection) -> None:
    rate(database, per_page="0.05", charge_unknown="pages")
    append(database, fax(0, 1, 2, None))
    assert the_charge(database)["charge"] == Decimal("0.10")
    append(database, fax(0, 1, 2, SUCCESS))
    assert of(the_charge(database), "rule", "charge") == ("success", Decimal("0.10"))


def test_a_fax_known_only_from_its_end_has_no_time_charge(database: psycopg.Connection) -> None:
    rate(database, per_page="0.02", first_seconds=60, first_charge="0.09", per_interval="0.07", charge_unknown="full")
    append(database, result(89, *SUCCESS), completed(90, 10, "SendFAX"), hangup(91))
    assert of(the_charge(database), "seconds", "rule") == (None, "seconds unknown")
    assert of(the_charge(database), *AMOUNTS) == amounts("0.2", None, None)


def test_a_price_per_call_needs_no_duration(database: psycopg.Connection) -> None:
    rate(database, per_page="0.02", first_charge="0.09", charge_unknown="full")
    append(database, result(89, *SUCCESS), completed(90, 10, "SendFAX"), hangup(91))
    assert of(the_charge(database), "seconds", "rule") == (None, "success")
    assert of(the_charge(database), *AMOUNTS) == amounts("0.2", "0.09", "0.29")


@pytest.mark.parametrize("number", [" +49301234", "\xa0+49301234", "\\x00+49301234 "], ids=ascii)
def test_padding_is_no_part_of_a_prefix(database: psycopg.Connection, number: str) -> None:
    rate(database, per_page="1")
    german = rate(database, called_prefix="+49", per_page="0.05")
    append(database, fax(0, 1, 3, ConnectedLineNum=number))
    assert of(the_charge(database), "rate_id", "called_number") == (german, number)
