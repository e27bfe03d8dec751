"""ChannelTies: the session of an event that names only its channel."""

from __future__ import annotations

import pytest

from faxstore.observations import MICROSECONDS, Life, Observation
from faxstore.sessions.channel import LONGEST_WAIT
from faxstore.sessions.fax import AFTER_END, Fax, State
from faxstore.sessions.lookup import Runs
from tests.kit.scripted_ties import (
    ANOTHER,
    ANOTHER_EPOCH,
    CHANNEL,
    EPOCH,
    LIFE,
    SESSION,
    ScriptedTies,
    at,
    keys_and_sessions,
    stored,
    unlisted,
)


def test_an_event_during_a_session_belongs_to_it(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    assert keys_and_sessions(script.happens("FAXStatus", 1)) == [(1, SESSION)]
    assert keys_and_sessions(script.happens("VarSet", 1)) == [(2, SESSION)]
    assert script.pending == 0


def test_an_event_before_the_first_listing_waits_for_the_session(script: ScriptedTies) -> None:
    assert script.happens("FAXStatus", 0) == []
    assert script.happens("VarSet", 1) == []
    assert script.pending == 2
    assert script.lists(SESSION, 20) == [1, 2]
    assert script.pending == 0
    assert script.lists(SESSION, 21) == []


@pytest.mark.parametrize("event", ["SendFAX", "ReceiveFAX"])
def test_a_completion_event_belongs_to_its_session(script: ScriptedTies, event: str) -> None:
    script.lists(SESSION, 0)
    assert keys_and_sessions(script.happens("VarSet", 2)) == [(1, SESSION)]
    assert keys_and_sessions(script.happens(event, 6)) == [(2, SESSION)]  # disable_t38() waits 5 s


def test_an_event_after_the_completion_waits_for_the_next_session_of_the_channel(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    script.happens("SendFAX", 2)
    assert script.happens("VarSet", 3) == []
    assert script.lists(ANOTHER, 5) == [2]
    assert keys_and_sessions(script.happens("SendFAX", 9)) == [(3, ANOTHER)]


def test_an_event_long_after_the_last_listing_waits(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    assert keys_and_sessions(script.happens("FAXStatus", AFTER_END / MICROSECONDS)) == [(1, SESSION)]
    assert script.happens("FAXStatus", AFTER_END / MICROSECONDS + 1) == []


def test_a_completion_without_a_listing_makes_an_unlisted_fax(script: ScriptedTies) -> None:
    script.happens("FAXStatus", 0)
    script.happens("VarSet", 1)
    assert keys_and_sessions(script.happens("SendFAX", 5)) == [(key, unlisted("SendFAX", 0)) for key in (1, 2, 3)]
    assert script.pending == 0


def test_each_unlisted_fax_of_a_channel_has_its_own_id(script: ScriptedTies) -> None:
    first = script.happens("SendFAX", 5)
    second = script.happens("SendFAX", 15)
    third = script.happens("ReceiveFAX", 25)
    assert keys_and_sessions(first + second + third) == [
        (1, unlisted("SendFAX", 0)),
        (2, unlisted("SendFAX", 1)),
        (3, unlisted("ReceiveFAX", 2)),
    ]
    assert len({entry.session_id for entry in first + second + third}) == 3


def test_the_ordinal_of_an_unlisted_fax_counts_listed_sessions(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    script.happens("SendFAX", 2)
    assert keys_and_sessions(script.happens("SendFAX", 40)) == [(2, unlisted("SendFAX", 1))]


def test_after_a_restart_of_faxstore_the_ordinal_counts_stored_runs(script: ScriptedTies) -> None:
    script.stored.runs_of["1.2"] = Runs(None, frozenset({SESSION, ANOTHER, EPOCH}))
    assert keys_and_sessions(script.happens("SendFAX", 5)) == [(1, unlisted("SendFAX", 3))]


def test_a_repeat_of_a_stored_unlisted_fax_has_its_session(script: ScriptedTies) -> None:
    script.stored.runs_of["1.2"] = Runs(ANOTHER, frozenset({ANOTHER}))
    assert keys_and_sessions(script.happens("SendFAX", 5)) == [(1, ANOTHER)]


def test_after_a_restart_of_faxstore_an_event_belongs_to_the_stored_session(script: ScriptedTies) -> None:
    script.stored.faxes[CHANNEL] = stored(SESSION, State.LISTED)
    assert keys_and_sessions(script.happens("SendFAX", 5)) == [(1, SESSION)]
    assert script.stored.asked == [CHANNEL]


@pytest.mark.parametrize("known", [stored(SESSION, State.LISTED, -600, -600), stored(SESSION, State.COMPLETED, 0, -60)])
def test_an_event_does_not_belong_to_a_stored_session_that_is_over(script: ScriptedTies, known: Fax) -> None:
    script.stored.faxes[CHANNEL] = known
    assert script.happens("VarSet", 5) == []
    assert script.lists(ANOTHER, 6) == [1]


def test_a_hangup_makes_pending_events_an_unlisted_fax(script: ScriptedTies) -> None:
    """A fax that fails before it has a session sets FAXSTATUS and raises no completion event."""
    script.clears(0)
    script.fails(0.5)
    assert keys_and_sessions(script.hangs_up(1)) == [(key, unlisted("", 0)) for key in range(1, 8)]
    assert script.pending == 0
    assert script.hangs_up(2) == []
    assert script.hangs_up(2, "PJSIP/never-heard-of") == []


def test_events_wait_for_a_limited_time(script: ScriptedTies) -> None:
    script.happens("FAXStatus", 0)
    script.happens("VarSet", 1)
    longest = LONGEST_WAIT / MICROSECONDS
    assert script.ties.expire(at(longest)) == []
    assert keys_and_sessions(script.ties.expire(at(longest + 0.1))) == [(1, unlisted("", 0)), (2, unlisted("", 0))]
    assert script.pending == 0


def test_a_channel_is_forgotten_some_time_after_its_hangup(script: ScriptedTies) -> None:
    script.lists(SESSION, 0)
    script.hangs_up(1)
    script.ties.expire(at(LONGEST_WAIT / MICROSECONDS + 2))
    script.happens("FAXStatus", 5)  # looked up again
    assert script.stored.asked == [CHANNEL]


def test_a_clock_that_is_set_back_neither_releases_nor_loses_pending_events(script: ScriptedTies) -> None:
    script.happens("VarSet", 0)
    assert script.ties.expire(at(-3600)) == []
    assert script.lists(SESSION, -3599) == [1]


@pytest.mark.parametrize(
    ("operation", "event", "channel"),
    [("V.21", "FAXSession", CHANNEL), ("send", "Gone", CHANNEL), ("send", "FAXSession", None)],
    ids=["detector", "gone", "without a channel"],
)
def test_pending_events_do_not_wait_for_a_detector_or_an_observation_that_is_no_listing(
    script: ScriptedTies, operation: str, event: str, channel: str | None
) -> None:
    """The channel of a gateway has a V.21 session too; a session that was never listed has no channel."""
    script.happens("FAXStatus", 0)
    assert script.sees(SESSION, Observation(LIFE, at(1), event, 7, channel=channel, operation=operation)) == []
    assert script.pending == 1


def test_channels_do_not_mix(script: ScriptedTies) -> None:
    script.happens("VarSet", 0, "PJSIP/a")
    script.happens("VarSet", 0, "PJSIP/b")
    assert script.lists(SESSION, 1, "PJSIP/b") == [2]
    assert script.lists(ANOTHER, 1, "PJSIP/a") == [1]


def test_epochs_do_not_mix(script: ScriptedTies) -> None:
    """Channel names repeat after a restart of the server."""
    script.lists(SESSION, 0)
    seen = Observation(LIFE, at(1), "FAXStatus", channel=CHANNEL)
    assert script.ties.add_event(ANOTHER_EPOCH, 1, seen) == []
    (row,) = script.ties.expire(at(LONGEST_WAIT / MICROSECONDS + 2))
    assert row.session_id != SESSION


@pytest.mark.parametrize(("start", "moved"), [(0, [1]), (-3600, [])])
def test_pending_events_from_just_before_a_reload_move_to_its_epoch_within_one_start(
    script: ScriptedTies, start: float, moved: list[int]
) -> None:
    """Only a session number reveals such a reload; channel names repeat after each start of the server."""
    before = Life("pbx1", at(0), started_at=at(start))
    assert script.ties.add_event(ANOTHER_EPOCH, 1, Observation(before, at(5), "FAXStatus", channel=CHANNEL)) == []
    reloaded = Life("pbx1", at(6), started_at=at(0), reloaded_at=at(6))
    listed = Observation(reloaded, at(6), "FAXSession", 0, channel=CHANNEL, operation="send")
    assert script.sees(SESSION, listed) == moved


def test_without_a_uniqueid_the_channel_name_identifies_the_fax(script: ScriptedTies) -> None:
    first = script.happens("SendFAX", 5, uniqueid=None)
    second = script.happens("SendFAX", 15, uniqueid=None)
    elsewhere = script.happens("SendFAX", 15, "PJSIP/b", uniqueid=None)
    assert len({entry.session_id for entry in first + second + elsewhere}) == 3
    assert keys_and_sessions(ScriptedTies().happens("SendFAX", 5, uniqueid=None)) == keys_and_sessions(
        first
    )  # the same for every observer


def test_without_a_uniqueid_two_epochs_have_two_sessions(script: ScriptedTies) -> None:
    """Channel names repeat after a restart of the server."""
    seen = Observation(LIFE, at(0), "SendFAX", channel=CHANNEL)
    (first,) = script.ties.add_event(EPOCH, 1, seen)
    (second,) = script.ties.add_event(ANOTHER_EPOCH, 2, seen)
    assert first.session_id != second.session_id


def test_a_repeat_of_an_earlier_event_does_not_reopen_a_completed_session(script: ScriptedTies) -> None:
    """Recordings overlap while an event is pending for the next fax."""
    script.lists(SESSION, 0)
    script.happens("FAXStatus", 1)
    script.happens("SendFAX", 2)
    assert script.happens("VarSet", 3) == []
    script.stored.faxes[CHANNEL] = stored(SESSION, State.LISTED)
    assert keys_and_sessions(script.happens("FAXStatus", 1)) == [(4, SESSION)]
    assert script.lists(SESSION, 4) == []
