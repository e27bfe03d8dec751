"""The charge of an erased fax: the rates that its number matched then."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.given import of, sessions
from tests.kit.given_attempts import Attempt, append_attempts
from tests.kit.given_rates import rate, the_charge

SUCCESS = Attempt(at=0, result="success", called="+4930123456", pages=2)


@pytest.fixture
def erased(database: psycopg.Connection) -> psycopg.Connection:
    """A fax to +49 30, with rates for +49 and +49 30, which is then erased."""
    rate(database, called_prefix=None, per_page=1)
    rate(database, called_prefix="+49", per_page=2)
    rate(database, called_prefix="+4930", per_page=3)
    rate(database, called_prefix="+4940", per_page=4)
    append_attempts(database, SUCCESS)
    before = the_charge(database)
    database.execute("select fax.erase_session(%s, 'asked for')", [sessions(database)[0]["session_id"]])
    assert the_charge(database) == {**before, "called_number": None}
    assert before["charge"] == 6
    return database


def test_a_rate_of_a_known_prefix_applies_that_is_entered_for_the_past(erased: psycopg.Connection) -> None:
    """fax_owner ends the rate in the past and enters a new one."""
    erased.execute("update fax.rate set valid_to = '2001-01-01Z' where called_prefix = '+4930'")
    assert of(the_charge(erased), "charge") == (4,)
    rate(erased, called_prefix="+4930", per_page=5, valid_from="2001-01-01Z")
    assert of(the_charge(erased), "charge") == (10,)


def test_a_rate_of_a_new_prefix_does_not_apply(erased: psycopg.Connection) -> None:
    """Whether the number matches it is not known any more."""
    rate(erased, called_prefix="+493", per_page=9)
    rate(erased, called_prefix="+49301", per_page=9)
    assert of(the_charge(erased), "charge") == (6,)


def test_a_rate_of_its_server_applies(erased: psycopg.Connection) -> None:
    rate(erased, called_prefix="+49", server="pbx", per_page=7)
    assert of(the_charge(erased), "charge") == (6,)
    rate(erased, called_prefix="+4930", server="pbx", per_page=8)
    assert of(the_charge(erased), "charge") == (16,)
