"""fax.minor_digits(): the currencies in which a rate can be, as in the list of ISO 4217."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit import iso_4217
from tests.kit.given_rates import rate
from tests.sql.charges.test_rate import refused


def test_the_file_has_every_active_code() -> None:
    assert iso_4217.function() == iso_4217.FILE.read_text("utf-8"), "run make currencies"
    assert len(iso_4217.stored()) > 160


def test_the_database_has_the_digits_of_the_list(database: psycopg.Connection) -> None:
    codes = iso_4217.active()
    found = database.execute("select c, fax.minor_digits(c) from unnest(%s::text[]) c", [list(codes)]).fetchall()
    assert dict(found) == codes
    assert {"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}.items() <= codes.items()


@pytest.mark.parametrize(
    ("currency", "why"),
    [
        ("EUU", "no code"),
        ("eur", "lower case"),
        ("EURO", "four letters"),
        ("", "empty"),
        ("XAU", "gold has no minor unit"),
        ("XDR", "special drawing rights have none"),
        ("XXX", "no currency"),
        ("DEM", "withdrawn in 2002"),
        ("BGN", "withdrawn in 2026"),
    ],
)
def test_a_rate_needs_a_currency_of_the_list(database: psycopg.Connection, currency: str, why: str) -> None:
    said = f"currency {currency} is not a code of ISO 4217 with a minor unit: give one, for example EUR"
    values = "insert into fax.rate (currency, valid_from) values (%s, now())"
    assert refused(database, values, currency) == said, why
    assert refused(database, "select fax.set_rate(currency => %s)", currency) == said, why


def test_every_code_of_the_list_is_accepted(database: psycopg.Connection) -> None:
    for currency in iso_4217.active():
        rate(database, currency=currency, account_code=currency)


def test_the_table_itself_refuses_other_currencies(database: psycopg.Connection) -> None:
    """Even if its triggers are off, as in a replica."""
    database.execute("set local session_replication_role = replica")
    with pytest.raises(psycopg.errors.CheckViolation, match='"rate_currency_check"'), database.transaction():
        rate(database, currency="EUU")
