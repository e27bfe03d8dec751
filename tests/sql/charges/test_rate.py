"""fax.rate and fax.set_rate(): prices are added, never changed, one at a time for the same faxes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.cookbook.given_faxes import fax
from tests.kit.given import Row, append, at, of, read
from tests.kit.given_rates import charges, rate, the_charge

NOW = datetime.now(UTC)
NEXT_YEAR = NOW + timedelta(days=365)
LAST_YEAR = NOW - timedelta(days=365)


def refused(database: psycopg.Connection, statement: str, *parameters: object) -> str:
    """The message with which a statement is refused."""
    with pytest.raises(psycopg.Error) as error, database.transaction():
        database.execute(statement.encode(), parameters or None)
    return str(error.value.diag.message_primary)


def rates(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.rate order by valid_from, rate_id")


# -- one at a time --------------------------------------------------------------------------------------------

SCOPES: list[dict[str, Any]] = [
    {}, {"account_code": "law"}, {"called_prefix": "+49"}, {"direction": "sent"}, {"server": "pbx"},
    {"account_code": "law", "called_prefix": "+49", "direction": "sent", "server": "pbx"},
]  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES)
def test_two_rates_for_the_same_faxes_at_a_time_are_refused_in_one_line(
    database: psycopg.Connection, scope: dict[str, Any]
) -> None:
    first = rate(database, **scope, valid_from="2026-01-01Z", valid_to="2027-01-01Z")
    with pytest.raises(psycopg.errors.ExclusionViolation) as error, database.transaction():
        rate(database, **scope, valid_from="2026-12-31Z", per_page="1")
    assert str(error.value.diag.message_primary) == (
        f"rate {first} covers the same faxes from 2026-01-01 00:00:00+00 to 2027-01-01 00:00:00+00 (0 EUR):"
        " end it first (fax.set_rate does), or start the new rate after it"
    )
    rate(database, **scope, valid_from="2027-01-01Z")
    rate(database, **scope, valid_to="2026-01-01Z")
    for other in SCOPES:
        if other != scope:
            rate(database, **other)


def test_a_rate_cannot_be_reopened_into_a_later_one(database: psycopg.Connection) -> None:
    first = rate(database, valid_to="2027-01-01Z")
    later = rate(database, valid_from="2027-01-01Z", per_page="0.06")
    assert refused(database, "update fax.rate set valid_to = null where rate_id = %s", first) == (
        f"rate {later} covers the same faxes from 2027-01-01 00:00:00+00 on (0.06 EUR per page):"
        " end it first (fax.set_rate does), or start the new rate after it"
    )


def test_of_two_concurrent_inserts_one_succeeds(dsn: str) -> None:
    """Neither transaction sees the other's row, so only the constraint can refuse it."""
    with psycopg.connect(dsn) as first, psycopg.connect(dsn, autocommit=True) as watching:
        rate(first, account_code="law", per_page="1")
        outcomes: list[str] = []
        second = Thread(target=enter_another, args=(dsn, outcomes))
        second.start()
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while second.is_alive() and not watching.execute(waiting).fetchone():
            second.join(0.05)
        first.commit()
        second.join(60)
        assert outcomes == ['conflicting key value violates exclusion constraint "one_rate_at_a_time"']
        assert len(rates(watching)) == 1


def enter_another(dsn: str, outcomes: list[str]) -> None:
    with psycopg.connect(dsn) as connection:
        try:
            rate(connection, account_code="law", per_page="2")
        except psycopg.errors.ExclusionViolation as error:
            outcomes.append(str(error.diag.message_primary))


# -- allowed values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"per_page": "-0.01"}, "per_page"),
        ({"per_page": "NaN"}, "per_page"),
        ({"per_interval": "infinity"}, "per_interval"),
        ({"first_charge": "-1"}, "first_charge"),
        ({"minimum_charge": "NaN"}, "minimum_charge"),
        ({"interval_seconds": 0}, "interval_seconds"),
        ({"first_seconds": -1}, "first_seconds"),
        ({"direction": "send"}, "direction"),
        ({"direction": "detector"}, "direction"),
        ({"account_code": ""}, "account_code"),
        ({"account_code": "9" * 256}, "account_code"),
        ({"called_prefix": ""}, "called_prefix"),
        ({"called_prefix": "9" * 41}, "called_prefix"),
        ({"server": ""}, "server"),
        ({"charge_partial": "open"}, "charge_partial"),
        ({"charge_failed": "half"}, "charge_failed"),
        ({"charge_unknown": ""}, "charge_unknown"),
    ],
)
def test_an_invalid_value_names_its_column(database: psycopg.Connection, values: dict[str, Any], column: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f'"rate_{column}_check"'):
        rate(database, **values)


def test_a_rate_ends_after_it_starts(database: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="is not after valid_from"):
        rate(database, valid_from="2026-02-01Z", valid_to="2026-02-01Z")


# -- prices are never changed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["per_page = 2", "currency = 'USD'", "account_code = 'x'", "valid_from = 'infinity'", "note = 'x'"]
)
def test_even_a_superuser_changes_only_the_end_of_a_rate(database: psycopg.Connection, change: str) -> None:
    only = rate(database, per_page="1")
    assert refused(database, f"update fax.rate set {change}") == (
        f"only valid_to of rate {only} can be changed: end it and enter a new rate (fax.set_rate does both)"
    )


def test_only_a_future_rate_can_be_deleted(database: psycopg.Connection) -> None:
    begun = rate(database, valid_to=NEXT_YEAR)
    rate(database, valid_from=NEXT_YEAR)
    assert refused(database, "delete from fax.rate where rate_id = %s", begun) == (
        f"rate {begun} is already valid and cannot be deleted: set its valid_to instead"
    )
    database.execute("delete from fax.rate where valid_from > now()")
    assert [row["rate_id"] for row in rates(database)] == [begun]
    assert refused(database, "truncate fax.rate") == "fax.rate is append-only: truncate is refused"


def test_entered_by_and_entered_at_cannot_be_set(database: psycopg.Connection) -> None:
    rate(database, entered_by="nobody", entered_at="2020-01-01Z")
    (row,) = rates(database)
    assert row["entered_by"] == database.info.user
    assert row["entered_at"] > NOW - timedelta(hours=1)


# -- fax.set_rate() -------------------------------------------------------------------------------------------


def test_a_new_price_ends_the_old_one_and_keeps_other_values(database: psycopg.Connection) -> None:
    values = {"per_page": "0.05", "interval_seconds": 6, "charge_failed": "time", "note": "Law, 2026"}
    old = rate(database, account_code="law", direction="sent", **values)
    rate(database, account_code="law", per_page="9")
    made = database.execute(
        "select fax.set_rate(account_code => 'law', direction => 'sent', per_page => 0.06, valid_from => %s)", [at(0)]
    ).fetchone()
    before, _, after = rates(database)
    assert of(before, "rate_id", "per_page", "valid_to") == (old, Decimal("0.05"), at(0))
    assert made == (after["rate_id"],)
    assert of(after, "account_code", "direction", "currency", "per_page") == ("law", "sent", "EUR", Decimal("0.06"))
    assert of(after, "interval_seconds", "charge_failed", "note") == (6, "time", "Law, 2026")
    assert of(after, "valid_from", "valid_to") == (at(0), None)


def test_old_charges_do_not_change(database: psycopg.Connection) -> None:
    rate(database, per_page="0.05")
    append(database, fax(0, 1), fax(100, 2), fax(200, 3))
    assert [row["charge"] for row in charges(database)] == [Decimal("0.05")] * 3
    database.execute("select fax.set_rate(per_page => 0.07, valid_from => %s)", [at(100)])
    assert [row["charge"] for row in charges(database)] == [Decimal("0.05"), Decimal("0.07"), Decimal("0.07")]


def test_a_price_between_two_is_valid_until_the_next(database: psycopg.Connection) -> None:
    rate(database, per_page="1", valid_from="2026-01-01Z")
    for price, since in ((3, "2028-01-01Z"), (2, "2027-01-01Z")):
        database.execute("select fax.set_rate(per_page => %s, valid_from => %s)", [price, since])
    found = rates(database)
    assert [(row["per_page"], row["valid_from"].year) for row in found] == [(1, 2026), (2, 2027), (3, 2028)]
    assert [row["valid_to"] for row in found] == [found[1]["valid_from"], found[2]["valid_from"], None]


def test_the_first_price_needs_a_currency(database: psycopg.Connection) -> None:
    assert refused(database, "select fax.set_rate(per_page => 1)").startswith("currency is missing, and no rate")
    assert refused(database, "select fax.set_rate(valid_from => null)").startswith("valid_from is null")
    database.execute("select fax.set_rate(currency => 'EUR', per_page => 0.05)")
    (row,) = rates(database)
    assert of(row, "per_page", "first_charge", "interval_seconds", "valid_to") == (Decimal("0.05"), 0, 60, None)
    assert of(row, "charge_partial", "charge_failed", "charge_unknown") == ("full", "none", "open")


def test_a_second_price_from_the_same_time_states_the_first(database: psycopg.Connection) -> None:
    future = rate(
        database, valid_from="2100-01-01Z", valid_to="2101-01-01Z", per_page="0.05", first_charge="0.03",
        first_seconds=60, per_interval="0.002", interval_seconds=6, minimum_charge="0.1",
    )  # fmt: skip
    again = "select fax.set_rate(currency => 'USD', per_page => 1, valid_from => %s)"
    assert refused(database, again, "2100-01-01Z") == (
        f"rate {future} for these faxes is valid from 2100-01-01 00:00:00+00 to 2101-01-01 00:00:00+00 already:"
        " 0.05 EUR per page, 0.03 EUR for the first 60 s, 0.002 EUR per 6 s, at least 0.1 EUR;"
        f" give another valid_from, or remove it first: delete from fax.rate where rate_id = {future}"
    )
    begun = rate(database, valid_from="2026-01-01Z", direction="sent")
    again = again.replace("currency", "direction => 'sent', currency")
    assert refused(database, again, "2026-01-01Z") == (
        f"rate {begun} for these faxes is valid from 2026-01-01 00:00:00+00 on already: 0 EUR; give another valid_from"
    )


def test_a_price_that_replaces_a_removed_one_keeps_the_other_values(database: psycopg.Connection) -> None:
    """The rate before it ends where the removed one started."""
    rate(database, per_page="0.05", interval_seconds=6, note="2026")
    database.execute("select fax.set_rate(per_page => 0.06, valid_from => %s)", [NEXT_YEAR])
    database.execute("delete from fax.rate where valid_from = %s", [NEXT_YEAR])
    database.execute("select fax.set_rate(per_page => 0.07, valid_from => %s)", [NEXT_YEAR])
    before, after = rates(database)
    assert of(before, "per_page", "valid_to") == (Decimal("0.05"), NEXT_YEAR)
    assert of(after, "currency", "per_page", "interval_seconds") == ("EUR", Decimal("0.07"), 6)
    assert of(after, "note", "valid_from", "valid_to") == ("2026", NEXT_YEAR, None)


# -- the record of changes ------------------------------------------------------------------------------------


def changes(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.rate_change order by change_id")


def test_a_removed_rate_leaves_a_record(database: psycopg.Connection) -> None:
    future = rate(database, account_code="law", per_page="0.05", valid_from="2100-01-01Z", note="Law, 2100")
    assert changes(database) == []
    database.execute("delete from fax.rate")
    (change,) = changes(database)
    assert of(change, "rate_id", "change", "changed_by", "valid_to") == (
        future, "removal", database.info.user, None,
    )  # fmt: skip
    assert change["changed_at"] > NOW - timedelta(hours=1)
    removed = change["rate"]
    assert of(removed, "rate_id", "account_code", "per_page", "note") == (future, "law", 0.05, "Law, 2100")
    assert of(removed, "valid_from", "entered_by") == ("2100-01-01T00:00:00+00:00", database.info.user)


def test_each_new_end_of_a_rate_leaves_a_record(database: psycopg.Connection) -> None:
    first = rate(database, per_page="0.05")
    database.execute("select fax.set_rate(per_page => 0.06, valid_from => %s)", [NEXT_YEAR])
    database.execute("update fax.rate set valid_to = valid_to")
    database.execute("delete from fax.rate where valid_from = %s", [NEXT_YEAR])
    database.execute("update fax.rate set valid_to = null")
    found = changes(database)
    assert [of(row, "change", "valid_to") for row in found] == [("end", NEXT_YEAR), ("removal", None), ("end", None)]
    assert [row["rate_id"] == first for row in found] == [True, False, True]
    assert [row["rate"]["valid_to"] is None for row in found] == [True, True, False]


def test_fax_billing_cannot_write_the_record(billing: psycopg.Connection) -> None:
    billing.execute("select fax.set_rate(per_page => 0.06, valid_from => %s)", [NEXT_YEAR])
    assert [of(row, "change", "changed_by") for row in changes(billing)] == [("end", billing.info.user)]
    forged = "insert into fax.rate_change (rate_id, change, rate) values (1, 'removal', '{}')"
    assert refused(billing, forged) == "permission denied for table rate_change"
    assert refused(billing, "delete from fax.rate_change") == "permission denied for table rate_change"


# -- many rates -----------------------------------------------------------------------------------------------


def test_entering_a_rate_reads_only_the_rates_for_the_same_faxes(database: psycopg.Connection) -> None:
    """Even without statistics: the table was empty when it was analysed last."""
    read_before = rows_read(database)
    many = "copy fax.rate (called_prefix, currency, per_page, valid_from) from stdin (format csv)"
    with database.cursor().copy(many.encode()) as copy:
        for number in range(2_000):
            copy.write(f"+{number:05},EUR,0.05,2026-01-01\n")
    for number in range(20):
        database.execute(
            "select fax.set_rate(called_prefix => %s, per_page => 0.06, valid_from => %s)", [f"+{number:05}", NEXT_YEAR]
        )
    assert rows_read(database) - read_before < 5_000
    assert len(rates(database)) == 2_020


def rows_read(database: psycopg.Connection) -> int:
    """The rows of fax.rate that this transaction has read, by scanning all of it or from an index."""
    counters = "seq_tup_read + coalesce(idx_tup_fetch, 0) as number"
    query = f"select {counters} from pg_stat_xact_user_tables where relid = 'fax.rate'::regclass"
    return int(read(database, query)[0]["number"])


# -- rights --------------------------------------------------------------------------------------------


@pytest.fixture
def billing(database: psycopg.Connection) -> psycopg.Connection:
    """The connection as fax_billing, with a rate that the owner entered for the past."""
    database.execute("set local role fax_owner")
    rate(database, per_page="0.05")
    database.execute("set local role fax_billing")
    return database


def test_fax_billing_sets_prices_from_now_on(billing: psycopg.Connection) -> None:
    billing.execute("select fax.set_rate(per_page => 0.06)")
    billing.execute("select fax.set_rate(per_page => 0.07, valid_from => %s)", [NEXT_YEAR])
    rate(billing, account_code="law", valid_from=NEXT_YEAR)
    billing.execute("delete from fax.rate where account_code = 'law'")
    assert [row["per_page"] for row in rates(billing)] == [Decimal("0.05"), Decimal("0.06"), Decimal("0.07")]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("insert into fax.rate (account_code, currency, valid_from) values ('law', 'EUR', now() - interval '1 second')",
         "would change past charges: only fax_owner may enter it"),
        ("select fax.set_rate(per_page => 1, valid_from => now() - interval '1 day')", "would change past charges"),
        ("update fax.rate set valid_to = now() - interval '1 day'", "would change past charges"),
        ("update fax.rate set per_page = 1", "permission denied for table rate"),
        ("truncate fax.rate", "permission denied for table rate"),
    ],
)  # fmt: skip
def test_fax_billing_cannot_change_the_past(billing: psycopg.Connection, statement: str, message: str) -> None:
    assert message in refused(billing, statement)


def test_a_past_end_cannot_be_removed(database: psycopg.Connection) -> None:
    rate(database, valid_to=LAST_YEAR)
    database.execute("set local role fax_billing")
    assert "would change past charges" in refused(database, "update fax.rate set valid_to = null")


@pytest.mark.parametrize("role", ["fax_reader", "fax_ingest"])
def test_other_roles_cannot_enter_prices(database: psycopg.Connection, role: str) -> None:
    rate(database)
    database.execute(f"set local role {role}".encode())
    assert "permission denied" in refused(database, "insert into fax.rate (currency, valid_from) values ('EUR', now())")
    assert "permission denied" in refused(database, "select fax.set_rate(currency => 'EUR')")


def test_a_reader_sees_rates_and_charges(database: psycopg.Connection) -> None:
    rate(database, per_page="0.05")
    append(database, fax(0, 1, 2))
    database.execute("set local role fax_reader")
    assert len(rates(database)) == 1
    assert the_charge(database)["charge"] == Decimal("0.10")


def test_fax_billing_loads_a_file_of_rates(billing: psycopg.Connection) -> None:
    """As psql's \\copy sends it: an empty field matches any."""
    header = "account_code,called_prefix,direction,currency,per_page,valid_from"
    lines = ["law,,sent,EUR,0.05,2100-01-01 00:00 Europe/Berlin", ",+49,sent,EUR,0.04,2100-01-01 00:00 Europe/Berlin"]
    with billing.cursor().copy(f"copy fax.rate ({header}) from stdin (format csv, header)".encode()) as copy:
        copy.write("\n".join([header, *lines]) + "\n")
    _, law, german = rates(billing)
    assert of(law, "account_code", "called_prefix", "per_page") == ("law", None, Decimal("0.05"))
    assert of(german, "account_code", "called_prefix", "per_page") == (None, "+49", Decimal("0.04"))
    assert law["valid_from"] == datetime(2099, 12, 31, 23, tzinfo=UTC)
