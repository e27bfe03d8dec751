"""The most specific matching rate applies, among those valid when the fax started."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.cookbook.given_faxes import fax
from tests.kit.databases import fresh
from tests.kit.given import append, at, read
from tests.kit.given_rates import charges, rate, the_charge

LAW = {"account_code": "law"}
SENT = {"direction": "sent"}
PBX = {"server": "pbx"}


def to(prefix: str) -> dict[str, Any]:
    return {"called_prefix": prefix}


RISING: list[dict[str, Any]] = [
    {}, PBX, SENT, SENT | PBX,
    LAW, LAW | PBX, LAW | SENT, LAW | SENT | PBX,
    to("+"), to("+4930"), to("+4930") | PBX, to("+4930") | SENT, to("+4930555"),
    LAW | to("+"), LAW | to("+49") | SENT, LAW | to("+4930"), LAW | to("+4930") | SENT | PBX, LAW | to("+4930555"),
]  # fmt: skip
"""Each wins over those before it: none, server, direction, account, longest prefix, account and prefix."""

OTHERS: list[dict[str, Any]] = [
    {"account_code": "shop"}, to("+4931"), to("+49305556"), to("4930"), {"direction": "received"}, {"server": "pbx2"},
    LAW | to("+33"),
]  # fmt: skip
"""None of them matches."""


@pytest.mark.parametrize("most", range(1, len(RISING) + 1))
def test_the_most_specific_rate_wins(database: psycopg.Connection, most: int) -> None:
    """In any order of entry, and among many others."""
    for other in OTHERS:
        rate(database, **other)
    given = {}
    for place in (most - 1, *reversed(range(most - 1))) if most % 2 else (*range(most),):
        given[place] = rate(database, **RISING[place])
    append(database, fax(0, 1, 1, AccountCode="law", ConnectedLineNum="+4930555"))
    assert the_charge(database)["rate_id"] == given[most - 1]


def test_a_fax_without_account_or_number_gets_a_general_rate(database: psycopg.Connection) -> None:
    rate(database, **LAW)
    rate(database, **to("+49"))
    used = rate(database, **SENT)
    append(database, fax(0, 1, 1))
    assert the_charge(database)["rate_id"] == used


def test_the_prefix_of_a_received_fax_is_of_the_called_number(database: psycopg.Connection) -> None:
    used = rate(database, called_prefix="555")
    append(database, fax(0, 1, 1, operation="receive", Exten="5550199", CallerIDNum="777"))
    assert the_charge(database)["rate_id"] == used


def test_a_number_of_any_length_is_looked_up(database: psycopg.Connection) -> None:
    """Numbers are arbitrary text from the wire."""
    used = rate(database, called_prefix="9" * 40)
    append(database, fax(0, 1, 1, ConnectedLineNum="9" * 50_000))
    assert the_charge(database)["rate_id"] == used


def test_a_rate_is_valid_from_its_start_until_before_its_end(database: psycopg.Connection) -> None:
    first = rate(database, valid_from=at(0), valid_to=at(100), per_page="1")
    second = rate(database, valid_from=at(100), per_page="2")
    append(database, fax(-0.000001, 1), fax(0, 2), fax(99.999999, 3), fax(100, 4), fax(86_400, 5))
    assert [row["rate_id"] for row in charges(database)] == [None, first, first, second, second]


def test_a_fax_across_a_price_change_has_the_price_of_its_start(database: psycopg.Connection) -> None:
    rate(database, valid_to=at(5), per_interval="1", interval_seconds=10)
    rate(database, valid_from=at(5), per_interval="2", interval_seconds=10)
    append(database, fax(0, 1, 1, lasts=3600))
    assert the_charge(database)["charge"] == Decimal("360.00")


def test_a_less_specific_rate_applies_while_a_more_specific_one_is_not_valid(database: psycopg.Connection) -> None:
    general = rate(database)
    special = rate(database, **LAW, valid_from=at(50), valid_to=at(150))
    append(database, *[fax(moment, place, AccountCode="law") for place, moment in enumerate((0, 100, 200))])
    assert [row["rate_id"] for row in charges(database)] == [general, special, general]


@pytest.mark.parametrize(
    ("account", "prefix"), [(None, "+"), ("law", None), ("law", "+")], ids=["prefixes", "accounts", "pairs"]
)
def test_an_index_finds_one_of_two_thousand_rates(
    server: str, template: str, account: str | None, prefix: str | None
) -> None:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into fax.rate (account_code, called_prefix, currency, valid_from)"
            " select %s || n, %s || n, 'EUR', '-infinity' from generate_series(12000, 13999) n",
            [account, prefix],
        )
        rate(connection)
        append(connection, fax(0, 1, 1, ConnectedLineNum="+12345678", AccountCode="law12345"))
        connection.execute("vacuum analyze fax.rate")
        used = "select q.account_code, q.called_prefix from fax.session_charges join fax.rate q using (rate_id)"
        expected = {"account_code": account and "law12345", "called_prefix": prefix and "+12345"}
        assert read(connection, used) == [expected]
        plan = connection.execute("explain (analyze, format json) select * from fax.session_charges").fetchone()
        assert plan is not None
        assert 1 <= rows_of_rate(plan[0][0]["Plan"]) <= 20


def rows_of_rate(node: dict[str, Any]) -> float:
    """The highest number of rows that one scan of fax.rate read."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if node.get("Relation Name") == "rate" else 0
    return max([own, *(rows_of_rate(child) for child in node.get("Plans", []))])
