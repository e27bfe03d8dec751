"""ChannelTies where a channel runs several fax applications, and where a fax is never listed."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS, Observation
from faxstore.sessions.channel import LONGEST_FAX, LONGEST_WAIT
from faxstore.sessions.fax import BEHIND_THE_LIST, State
from faxstore.sessions.resolved import Resolved
from tests.kit.scripted_ties import (
    ANOTHER,
    CHANNEL,
    EPOCH,
    LIFE,
    SESSION,
    VARIABLES,
    ScriptedTies,
    at,
    keys_and_sessions,
    listed,
    stored,
    unlisted,
)


def test_the_beginning_of_a_run_ends_the_one_that_was_never_listed(script: ScriptedTies) -> None:
    """A file is missing, and the dialplan tries another one on the same call."""
    assert script.begins(0) == []
    script.happens("VarSet", 0.1)
    assert keys_and_sessions(script.begins(5)) == [(1, unlisted("SendFAX", 0)), (2, unlisted("SendFAX", 0))]
    assert script.lists(SESSION, 6) == [3]


def test_newexten_names_the_application_of_a_run_without_completion(script: ScriptedTies) -> None:
    script.begins(0, "receive")
    assert keys_and_sessions(script.hangs_up(1)) == [(1, unlisted("ReceiveFAX", 0))]


def test_faxstatus_names_the_application_too(script: ScriptedTies) -> None:
    status = Observation(LIFE, at(0), "FAXStatus", channel=CHANNEL, uniqueid="1.2", operation="send")
    script.ties.add_event(EPOCH, 1, status)
    assert keys_and_sessions(script.ties.expire(at(200))) == [(1, unlisted("SendFAX", 0))]


def test_a_variable_that_the_dialplan_sets_for_the_next_fax_is_no_run(script: ScriptedTies) -> None:
    script.sets("LOCALSTATIONID", "+1 555 0100", 0)
    assert script.begins(1) == []
    rows = script.ties.list_session(EPOCH, SESSION, listed(2))
    assert keys_and_sessions(rows) == [(1, VARIABLES), (2, SESSION)]


def test_a_new_run_does_not_belong_to_a_session_that_was_first_listed_long_before(script: ScriptedTies) -> None:
    """A fax ends without a completion event, and another one begins on the same call."""
    script.lists(SESSION, 0)
    script.lists(SESSION, 9)
    assert script.begins(10) == []
    assert script.happens("VarSet", 10.1) == []
    assert script.lists(ANOTHER, 11) == [1, 2]


@pytest.mark.parametrize(("after", "own"), [(0.0, True), (1.9, True), (2.0, False), (60.0, False)])
def test_the_newexten_of_a_session_may_follow_the_list_that_first_shows_it(
    script: ScriptedTies, after: float, own: bool
) -> None:
    """AMI queues events while it answers."""
    assert BEHIND_THE_LIST == 2 * MICROSECONDS
    script.lists(SESSION, 0)
    assert keys_and_sessions(script.begins(after)) == ([(1, SESSION)] if own else [])


def test_after_a_restart_of_faxstore_the_first_listing_is_looked_up(script: ScriptedTies) -> None:
    script.stored.faxes[CHANNEL] = stored(SESSION, State.LISTED, 9, 8)
    assert keys_and_sessions(script.begins(9.5)) == [(1, SESSION)]


def test_a_newexten_after_the_completion_announces_another_fax(script: ScriptedTies) -> None:
    """A short fax, and the next one immediately."""
    script.lists(SESSION, 0)
    script.happens("SendFAX", 0.5)
    assert script.begins(1) == []
    assert script.lists(ANOTHER, 2) == [2]


def test_a_superseded_session_that_is_listed_again_goes_on(script: ScriptedTies) -> None:
    """Its own Newexten came later than BEHIND_THE_LIST allows."""
    script.lists(SESSION, 0)
    assert script.begins(3) == []
    assert script.lists(SESSION, 4) == [1]
    assert keys_and_sessions(script.happens("VarSet", 5)) == [(2, SESSION)]


def test_a_completed_session_that_is_listed_again_gets_no_events(script: ScriptedTies) -> None:
    """The lists and events of two collectors need not arrive in one order."""
    script.lists(SESSION, 0)
    script.happens("SendFAX", 5)
    script.begins(6)
    assert script.lists(SESSION, 6.1) == []
    assert script.lists(ANOTHER, 7) == [2]


@pytest.mark.parametrize("event", ["Status", "Gone", "Newexten"])
def test_an_observation_that_is_no_listing_does_not_extend_the_session(script: ScriptedTies, event: str) -> None:
    """A Status carries the number of its session, and comes from no list."""
    script.happens("FAXStatus", 0)
    assert script.sees(SESSION, Observation(LIFE, at(1), event, 7, channel=CHANNEL)) == []
    script.lists(ANOTHER, 2)
    script.sees(ANOTHER, Observation(LIFE, at(30), event, 7, channel=CHANNEL))
    assert script.happens("VarSet", 31) == [], "the last listing is too long ago"


# -- runs without Newexten ----------------------------------------------------------------------------


def test_the_variables_that_a_run_clears_mark_its_beginning(script: ScriptedTies) -> None:
    assert script.clears(0) == []
    script.sets("FAXERROR", "FILE_ERROR", 0.1)
    assert keys_and_sessions(script.clears(5)) == [(key, unlisted("", 0)) for key in range(1, 7)]
    assert script.lists(SESSION, 6) == [7, 8, 9, 10, 11]


def test_a_second_init_error_is_a_result_and_no_beginning(script: ScriptedTies) -> None:
    """The session could not be reserved (tests/captures/names-22)."""
    script.clears(0)
    script.sets("FAXSTATUS", "FAILED", 0.1)
    script.sets("FAXERROR", "INIT_ERROR", 0.2)
    assert script.sets("FAXSTATUSSTRING", "error reserving fax session", 0.3) == []
    assert keys_and_sessions(script.hangs_up(1)) == [(key, unlisted("", 0)) for key in range(1, 9)]


def test_newexten_and_the_cleared_variables_mark_one_beginning(script: ScriptedTies) -> None:
    assert script.begins(0) + script.clears(0.001) == []
    assert script.lists(SESSION, 1) == [1, 2, 3, 4, 5, 6]


# -- an unlisted fax that lasts longer than events wait -----------------------------------------------


def wait_too_long(script: ScriptedTies) -> list[Resolved]:
    """A fax begins, the AMI user may not list it, and its first event has waited for LONGEST_WAIT."""
    script.begins(0)
    return script.ties.expire(at(LONGEST_WAIT / MICROSECONDS + 1))


def test_its_end_belongs_to_the_same_session(script: ScriptedTies) -> None:
    assert keys_and_sessions(wait_too_long(script)) == [(1, unlisted("SendFAX", 0))]
    script.happens("VarSet", 600)
    assert keys_and_sessions(script.happens("SendFAX", 601)) == [(key, unlisted("SendFAX", 0)) for key in (2, 3)]
    assert keys_and_sessions(script.happens("SendFAX", 700)) == [(4, unlisted("SendFAX", 1))]


def test_the_next_run_is_another_session(script: ScriptedTies) -> None:
    wait_too_long(script)
    script.begins(600)
    assert keys_and_sessions(script.happens("SendFAX", 601)) == [(key, unlisted("SendFAX", 1)) for key in (2, 3)]


def test_a_session_that_is_listed_later_is_another_session(script: ScriptedTies) -> None:
    wait_too_long(script)
    script.lists(SESSION, 590)
    assert keys_and_sessions(script.happens("SendFAX", 601)) == [(2, SESSION)]


def test_after_a_restart_of_faxstore_its_end_belongs_to_the_stored_session(script: ScriptedTies) -> None:
    script.stored.faxes[CHANNEL] = stored(ANOTHER, State.UNLISTED, 0, None)
    assert keys_and_sessions(script.happens("SendFAX", 600)) == [(1, ANOTHER)]


def test_its_channel_is_remembered_for_longest_fax(script: ScriptedTies) -> None:
    wait_too_long(script)
    script.ties.expire(at(LONGEST_FAX / MICROSECONDS - 1))
    script.happens("VarSet", LONGEST_FAX / MICROSECONDS)
    assert script.stored.asked == [CHANNEL], "one look-up, at the beginning"
