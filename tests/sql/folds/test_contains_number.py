"""A number is found in whatever way it is written, and a longer number is not taken for it."""

from __future__ import annotations

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.store.erasure import digits_of

MOBILE = "4915199999992"
CONTAIN_IT = [
    "PJSIP/4915199999992-00000000;1",
    "PJSIP/+4915199999992-0000001a",
    "Local/4915199999992@from-internal-00000001;2",
    "DAHDI/i1/4915199999992-2a",
    "IAX2/4915199999992-12",
    "+49 151 99999992",
    "+49\u00a0151\u00a099999992",
    "+49\u2011151\u201199999992",
    "+49 (0)151 / 9999-9992",
    "49.151.99999992",
    "(49151)99999992",
    "0049 151 99999992",
    "0004915199999992",  # behind the 0 of a trunk
    "sip:+4915199999992@10.0.0.5;user=phone",
    "tel:+49-151-9999-9992",
    "sip:%2B4915199999992@example.org",
    "sip:%2B49%20151%2099999992",
    "x%404915199999992",
    '"Ada" <4915199999992>',
    "/fax/20261125-143000-4915199999992-1.tif",
    "4915199999992,30,tT",
    r"\x004915199999992",
    r"49151\xa099999992",
    "".join(chr(0xFF10 + int(digit)) for digit in MOBILE),  # full-width digits
    "+4930111222 4915199999992",  # too long for one number
]
OTHER_NUMBERS = [
    *("49151999999921", "14915199999992", "4915199999993", "491519999999", "+1 4915199999992"),
    *("015199999992", "+49 15 199999992", "1795423501.49151"),
]
SHORT = "5550177"
CONTAIN_SHORT = [
    *("555-0177", "555\u00a00177", r"\x005550177", r"5550177\x00", "\x015550177", r"\x1b5550177\x1b"),
    *("PJSIP/5550177-00000001", "SIP/5550177-00000abc;1", "Local/5550177@x", "DAHDI/i1/5550177-2", "/fax/5550177.tif"),
]
LONGER_THAN_SHORT = ["+1 (555) 01-77", "+1 212 555-0177", "(212) 555-0177", "212.555.0177", "5550177-12", "55501770"]


def contains(database: psycopg.Connection, value: str, number: str) -> bool:
    row = database.execute("select fax.contains_number(%s, fax.number_digits(%s))", [value, number]).fetchone()
    assert row is not None
    return bool(row[0])


def test_every_spelling_is_found(database: psycopg.Connection) -> None:
    assert [value for value in CONTAIN_IT if not contains(database, value, MOBILE)] == []
    assert [value for value in CONTAIN_SHORT if not contains(database, value, SHORT)] == []


@pytest.mark.parametrize(
    "number", ["+49 151 9999-9992", "004915199999992", "+49 (0)151 99999992", "49\u2011151 99999992"]
)
def test_the_number_itself_may_be_written_in_any_way(database: psycopg.Connection, number: str) -> None:
    assert [value for value in CONTAIN_IT if not contains(database, value, number)] == []


def test_another_number_is_not_found(database: psycopg.Connection) -> None:
    expected = ["+49 15 199999992"]  # the same digits, grouped in another way
    assert [value for value in OTHER_NUMBERS if contains(database, value, MOBILE)] == expected
    assert [value for value in LONGER_THAN_SHORT if contains(database, value, SHORT)] == []
    assert not contains(database, "PJSIP/4915199999992-00000000", "00000000")
    assert not contains(database, "+49 151 99999992", "49151")


def test_a_number_without_its_country_code_is_another_number(database: psycopg.Connection) -> None:
    assert contains(database, "0151/999 999-92", "0151 99999992")
    assert contains(database, "+49 (0)151 99999992", "0151 99999992")
    assert not contains(database, "+4915199999992", "0151 99999992")


NUMBERS = [
    *("+49 151 9999 9992", "004915199999992", "49 (0)151 9999", "+49 (0)151 9999", "0049(0)151/9999", "0151/99999992"),
    *("12", "+12", "0012", "00123", "001234", "x", "12 3", "", "123456789012345678901", "+", "1-2-3-4", "٤٩١٥١"),
]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_command_reads_a_number_as_the_database_does(database: psycopg.Connection, number: str) -> None:
    (digits,) = database.execute("select fax.number_digits(%s)", [number]).fetchone() or (None,)
    if digits is None:
        with pytest.raises(UsageError, match="expected 4 to 20 digits"):
            digits_of(number)
    else:
        assert digits_of(number) == digits
