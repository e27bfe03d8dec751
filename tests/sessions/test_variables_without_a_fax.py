"""Fax variables that a dialplan sets: they prove no fax, and add only to one that exists."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS
from faxstore.sessions.channel import LONGEST_WAIT
from faxstore.sessions.lookup import Stored
from tests.kit.scripted_ties import (
    CHANNEL,
    EPOCH,
    SESSION,
    VARIABLES,
    ScriptedTies,
    at,
    keys_and_sessions,
    listed,
    unlisted,
)

TOO_LONG = LONGEST_WAIT / MICROSECONDS + 1


def set_by_dialplan(script: ScriptedTies, when: float) -> None:
    """Let the dialplan report a failed call as the fax modules of PBX distributions do."""
    for place, (variable, value) in enumerate(
        [("FAXSTATUS", "FAILED"), ("FAXERROR", "No Answer"), ("FAXSTATUSSTRING", "FAILED: error: No Answer")]
    ):
        assert script.sets(variable, value, when + place / 1000) == []


@pytest.mark.parametrize("ends", ["hangup", "expiry"])
def test_variables_of_a_call_without_a_fax_are_no_fax(script: ScriptedTies, ends: str) -> None:
    set_by_dialplan(script, 0)
    rows = script.hangs_up(1) if ends == "hangup" else script.ties.expire(at(TOO_LONG))
    assert keys_and_sessions(rows) == [(key, VARIABLES) for key in (1, 2, 3)]
    assert not any(row.is_fax for row in rows)


def test_variables_before_a_fax_do_not_belong_to_it(script: ScriptedTies) -> None:
    set_by_dialplan(script, 0)
    assert script.begins(5) == []
    rows = script.happens("SendFAX", 20)
    assert keys_and_sessions(rows) == [(1, VARIABLES), (2, VARIABLES), (3, VARIABLES)] + [
        (key, unlisted("SendFAX", 0)) for key in (4, 5)
    ]
    assert [row.is_fax for row in rows] == [False, False, False, True, True]


def test_variables_after_a_fax_belong_to_it(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    script.happens("SendFAX", 2)
    set_by_dialplan(script, 3)
    rows = script.hangs_up(9)
    assert keys_and_sessions(rows) == [(key, SESSION) for key in (2, 3, 4)]
    assert all(row.is_fax for row in rows)


def test_variables_between_two_faxes_of_a_call_belong_to_the_first(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    script.happens("SendFAX", 2)
    set_by_dialplan(script, 3)
    script.begins(8)
    assert keys_and_sessions(script.happens("SendFAX", 20)) == [
        *((key, SESSION) for key in (2, 3, 4)),
        *((key, unlisted("SendFAX", 1)) for key in (5, 6)),
    ]


def test_variables_of_a_later_call_on_a_reused_channel_do_not_belong_to_the_fax(script: ScriptedTies) -> None:
    """The names of DAHDI channels repeat."""
    script.lists(SESSION, 0)
    script.happens("SendFAX", 2)
    script.happens("VarSet", 50, uniqueid="9.9", details={"Variable": "FAXSTATUS", "Value": "FAILED"})
    (row,) = script.ties.expire(at(50 + TOO_LONG))
    assert not row.is_fax


def test_the_initial_variables_of_an_application_prove_a_fax(script: ScriptedTies) -> None:
    script.clears(0)
    script.fails(0.5)
    rows = script.hangs_up(1)
    assert {row.session_id for row in rows} == {unlisted("", 0)}
    assert all(row.is_fax and not row.is_prelude for row in rows)


def test_a_beginning_without_a_result_whose_channel_hangs_up_is_no_fax(script: ScriptedTies) -> None:
    """An application sets its result whatever happens; this one goes on under another name, where a list shows it."""
    script.clears(0)
    assert not any(row.is_fax for row in script.hangs_up(1))


@pytest.mark.parametrize("missing", ["FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"])
def test_some_of_the_initial_variables_prove_nothing(script: ScriptedTies, missing: str) -> None:
    """An event filter may let only some variables through, and a dialplan may set one of these values."""
    initial = {"FAXSTATUS": "FAILED", "FAXERROR": "INIT_ERROR", "FAXSTATUSSTRING": "error starting fax session"}
    for place, (variable, value) in enumerate(initial.items()):
        if variable != missing:
            script.sets(variable, value, place / 1000)
    assert not any(row.is_fax for row in script.hangs_up(1))


@pytest.mark.parametrize("first", ["FAXSTATUS", "FAXPAGES"])
def test_an_application_clears_its_variables_first(script: ScriptedTies, first: str) -> None:
    """Its start is the first of them that the event filter lets through; what was set before belongs to no fax."""
    script.sets("LOCALSTATIONID", "+1 555 0100", 0)
    for place, variable in enumerate(["FAXSTATUS", "FAXPAGES"][first == "FAXPAGES" :]):
        script.sets(variable, "FAILED" if variable == "FAXSTATUS" else "0", 1 + place / 1000)
    script.sets("FAXSTATUS", "FAILED", 2)
    script.sets("FAXERROR", "INIT_ERROR", 2.1)
    script.sets("FAXSTATUSSTRING", "error starting fax session", 2.2)
    script.fails(2.5)
    rows = script.hangs_up(3)
    assert [row.is_fax for row in rows] == [False] + [True] * (len(rows) - 1)
    assert not any(row.is_prelude for row in rows)


def test_without_a_visible_start_variables_are_the_prelude_of_the_listed_session(script: ScriptedTies) -> None:
    set_by_dialplan(script, 0)
    rows = script.ties.list_session(EPOCH, SESSION, listed(5))
    assert keys_and_sessions(rows) == [(key, SESSION) for key in (1, 2, 3)]
    assert all(row.is_prelude for row in rows)


def test_the_dialled_number_belongs_to_the_fax_that_follows_and_precedes_its_start(script: ScriptedTies) -> None:
    script.happens("DialBegin", 0, details={"DialString": "4711@trunk"})
    set_by_dialplan(script, 1)
    script.begins(6)
    rows = script.ties.list_session(EPOCH, SESSION, listed(7))
    assert sorted(keys_and_sessions(rows)) == [
        (1, SESSION),
        (2, VARIABLES),
        (3, VARIABLES),
        (4, VARIABLES),
        (5, SESSION),
    ]
    assert [row.key for row in rows if row.is_prelude] == [1]


def test_a_stored_event_belongs_to_the_session_that_it_is_stored_in(script: ScriptedTies) -> None:
    """The record identifies itself: what else is known of the channel does not matter."""
    script.lists(SESSION, 0)
    script.stored.stored_in[("pbx1", at(1), "VarSet", CHANNEL)] = Stored(VARIABLES, EPOCH, unlisted=True, is_fax=False)
    script.ties.begin_batch([])
    (row,) = script.sets("FAXSTATUS", "FAILED", 1)
    assert (row.session_id, row.is_fax) == (VARIABLES, False)
    assert keys_and_sessions(script.happens("SendFAX", 2)) == [(2, SESSION)]
