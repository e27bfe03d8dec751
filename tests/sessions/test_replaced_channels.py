"""A fax whose channel gets another name while it runs (masquerade) stays one session.

The events are those of real Asterisk 22 and 16: tests/field has recordings of them.
"""

from __future__ import annotations

import pytest

from faxstore.observations import Details, Hangup, Observation
from faxstore.sessions.resolved import Resolved
from tests.kit.scripted_ties import (
    ANOTHER,
    CHANNEL,
    EPOCH,
    LIFE,
    SESSION,
    ScriptedTies,
    at,
    keys_and_sessions,
    unlisted,
)

NEW = "PJSIP/phone-00000002"
ANOTHER_OLD, ANOTHER_NEW = "PJSIP/trunk-0000001b", "PJSIP/phone-00000003"
FILE = "/out/1.tif"
APP_DATA: Details = {"Application": "SendFAX", "AppData": f"{FILE},f"}


def runs(
    script: ScriptedTies, when: float, channel: str = CHANNEL, file: str = FILE, session: object = SESSION
) -> None:
    """Let a fax begin on a channel and be listed a second later."""
    uniqueid = "1.2" if channel == CHANNEL else f"of {channel}"
    details: Details = {"Application": "SendFAX", "AppData": f"{file},f"}
    script.happens("Newexten", when, channel, uniqueid, operation="send", details=details)
    is_listed(script, when + 1, channel, file, session)


def is_listed(
    script: ScriptedTies, when: float, channel: str = CHANNEL, file: str = FILE, session: object = SESSION
) -> list[Resolved]:
    """Let a poll show the session of a channel."""
    number = 7 if session is SESSION else 8
    seen = Observation(LIFE, at(when), "FAXSession", number, channel, operation="send", state="Active", file_name=file)
    return script.ties.list_session(EPOCH, SESSION if session is SESSION else ANOTHER, seen)


def goes_on(script: ScriptedTies, when: float, name: str = NEW, file: str = FILE) -> list[Resolved]:
    """Let Newexten report the same application under another name."""
    details: Details = {"Application": "SendFAX", "AppData": f"{file},f"}
    return script.happens("Newexten", when, name, f"of {name}", operation="send", details=details)


def hangs_up(script: ScriptedTies, when: float, channel: str = CHANNEL) -> list[Resolved]:
    """Let a name of the channel hang up."""
    uniqueid = "1.2" if channel == CHANNEL else f"of {channel}"
    return script.ties.hang_up(EPOCH, Hangup(LIFE, at(when), channel, uniqueid))


def completes(script: ScriptedTies, when: float, name: str = NEW, file: str = FILE, pages: int = 2) -> list[Resolved]:
    """Let the completion event come under another name."""
    script.key += 1
    ended = Observation(
        LIFE, at(when), "SendFAX", None, name, f"of {name}", operation="send", pages_transmitted=pages, file_name=file
    )
    return script.ties.add_event(EPOCH, script.key, ended)


def test_newexten_under_another_name_and_a_hangup_move_the_run(script: ScriptedTies) -> None:
    runs(script, 0)
    assert goes_on(script, 5) == []
    moved, hung_up = hangs_up(script, 5.001)
    assert (moved.key, moved.session_id, moved.observation.event) == (2, SESSION, "Newexten")
    assert moved.observation.details["Channel"] == NEW
    assert (hung_up.key, hung_up.session_id, hung_up.observation.event) == (None, SESSION, "Hangup")
    is_listed(script, 300)
    assert keys_and_sessions(completes(script, 301)) == [(3, SESSION)]


def test_without_newexten_the_completion_event_finds_the_session_whose_channel_hung_up(script: ScriptedTies) -> None:
    """An AMI user without class dialplan."""
    runs(script, 0)
    hangs_up(script, 5)
    is_listed(script, 60)
    (row,) = completes(script, 61)
    assert row.session_id == SESSION
    assert (row.observation.details["Channel"], row.observation.details["Uniqueid"]) == (NEW, f"of {NEW}")


def test_a_later_variable_under_the_new_name_belongs_to_the_session(script: ScriptedTies) -> None:
    runs(script, 0)
    hangs_up(script, 5)
    is_listed(script, 60)
    completes(script, 61)
    details: Details = {"Variable": "FAXSTATUS", "Value": "FAILED"}
    (row,) = script.happens("VarSet", 61.5, NEW, f"of {NEW}", details=details) + hangs_up(script, 62, NEW)
    assert row.session_id == SESSION


@pytest.mark.parametrize("gone_first", [True, False])
def test_without_a_hangup_the_moment_at_which_the_session_leaves_the_list_shows_it(
    script: ScriptedTies, gone_first: bool
) -> None:
    """An event filter lets neither Newexten nor Hangup through."""
    runs(script, 0)
    is_listed(script, 60)
    gone = Observation(LIFE, at(60.9 if gone_first else 61.2), "Gone", 7, CHANNEL)
    rows = script.ties.session_gone(EPOCH, SESSION, gone) if gone_first else []
    rows += completes(script, 61)
    rows += script.ties.hang_up(EPOCH, Hangup(LIFE, at(61.1), NEW, f"of {NEW}"))
    rows += [] if gone_first else script.ties.session_gone(EPOCH, SESSION, gone)
    assert keys_and_sessions(rows) == [(2, SESSION)]


def test_a_completion_event_beside_a_listed_session_waits_and_is_a_fax_of_its_own(script: ScriptedTies) -> None:
    """The same file goes to many recipients, and no event shows the beginning of a short one."""
    runs(script, 0)
    is_listed(script, 60)
    assert completes(script, 61) == []
    is_listed(script, 62)
    (row,) = script.ties.expire(at(61 + 151))
    assert row.session_id not in (SESSION, ANOTHER)


def test_the_final_variables_come_along(script: ScriptedTies) -> None:
    runs(script, 0)
    hangs_up(script, 5)
    is_listed(script, 60)
    script.happens("VarSet", 61, NEW, f"of {NEW}", details={"Variable": "FAXSTATUS", "Value": "SUCCESS"})
    assert keys_and_sessions(completes(script, 61.1)) == [(2, SESSION), (3, SESSION)]


@pytest.mark.parametrize("order", [(NEW, ANOTHER_NEW), (ANOTHER_NEW, NEW)])
def test_two_transfers_at_once_differ_by_their_files(script: ScriptedTies, order: tuple[str, str]) -> None:
    runs(script, 0)
    runs(script, 0.1, ANOTHER_OLD, "/out/2.tif", ANOTHER)
    goes_on(script, 5)
    hangs_up(script, 5.001)
    goes_on(script, 5.002, ANOTHER_NEW, "/out/2.tif")
    hangs_up(script, 5.003, ANOTHER_OLD)
    is_listed(script, 19)
    is_listed(script, 19, ANOTHER_OLD, "/out/2.tif", ANOTHER)
    files = {NEW: FILE, ANOTHER_NEW: "/out/2.tif"}
    found = {name: completes(script, 20, name, files[name])[0].session_id for name in order}
    assert found == {NEW: SESSION, ANOTHER_NEW: ANOTHER}


def test_two_transfers_of_one_file_differ_by_their_pages(script: ScriptedTies) -> None:
    runs(script, 0)
    runs(script, 0.1, ANOTHER_OLD, session=ANOTHER)
    for old in (CHANNEL, ANOTHER_OLD):
        hangs_up(script, 5, old)
    seen = Observation(
        LIFE, at(19), "FAXSession", 8, ANOTHER_OLD, operation="send", pages_transmitted=9, file_name=FILE
    )
    is_listed(script, 19)
    script.ties.list_session(EPOCH, ANOTHER, seen)
    assert completes(script, 20, NEW, pages=9)[0].session_id == ANOTHER
    assert completes(script, 20.1, ANOTHER_NEW, pages=1)[0].session_id == SESSION


def test_a_run_that_was_not_listed_yet_moves_too(script: ScriptedTies) -> None:
    """The session begins under the new name, up to 20 s after Newexten if T.38 is negotiated."""
    script.happens("Newexten", 0, operation="send", details=APP_DATA)
    script.clears(0.01)
    goes_on(script, 3)
    assert hangs_up(script, 3.001) == []
    script.happens("FAXStatus", 9, NEW, f"of {NEW}", operation="send", details={"Status": "Allocating Resources"})
    rows = is_listed(script, 10, NEW)
    assert {row.session_id for row in rows} == {SESSION}
    assert [row.key for row in rows] == list(range(1, 9))
    is_listed(script, 29, NEW)
    assert completes(script, 30)[0].session_id == SESSION


def test_a_fax_of_its_own_is_not_taken_for_a_replaced_one(script: ScriptedTies) -> None:
    """The same file goes to many recipients, and the channel of one of them was replaced."""
    runs(script, 0)
    hangs_up(script, 5)
    script.happens("FAXStatus", 6, NEW, f"of {NEW}", operation="send", details={"Status": "Allocating Resources"})
    assert {row.session_id for row in completes(script, 20)} != {SESSION}


@pytest.mark.parametrize(
    ("file", "listed_at"), [("/out/another.tif", 19), (FILE, None)], ids=["another file", "not listed for long"]
)
def test_another_fax_does_not_end_the_session(script: ScriptedTies, file: str, listed_at: float | None) -> None:
    runs(script, 0)
    hangs_up(script, 2)
    if listed_at:
        is_listed(script, listed_at)
    assert SESSION not in {row.session_id for row in completes(script, 40, file=file)}


def test_after_a_restart_of_faxstore_the_stored_hangup_shows_the_session(script: ScriptedTies) -> None:
    script.stored.open_adrift = SESSION
    assert keys_and_sessions(completes(script, 60)) == [(1, SESSION)]


def test_a_later_call_under_the_old_name_is_another_call(script: ScriptedTies) -> None:
    runs(script, 0)
    goes_on(script, 5)
    hangs_up(script, 5.001)
    is_listed(script, 19)
    script.happens("FAXStatus", 19.5, uniqueid="9.9", operation="send")
    assert completes(script, 20)[0].session_id == SESSION


# -- Newexten that announces nothing new (AMI Redirect of a channel whose dialplan runs SendFAX) --------------


def test_a_repeated_newexten_without_a_beginning_is_no_other_run(script: ScriptedTies) -> None:
    runs(script, 0)
    script.happens("Newexten", 5, operation="send", details=APP_DATA)
    script.sets("FAXSTATUS", "FAILED", 5.001)
    assert keys_and_sessions(script.happens("SendFAX", 5.1)) == [(key, SESSION) for key in (2, 3, 4)]


def test_a_repeated_newexten_before_a_list_is_no_other_run(script: ScriptedTies) -> None:
    for when in (0, 1):
        script.happens("Newexten", when, operation="send", details=APP_DATA)
    assert keys_and_sessions(script.happens("SendFAX", 9)) == [(key, unlisted("SendFAX", 0)) for key in (1, 2, 3)]


def test_a_repeated_newexten_with_a_beginning_is_another_run(script: ScriptedTies) -> None:
    script.happens("Newexten", 0, operation="send", details=APP_DATA)
    script.clears(0.01)
    script.happens("Newexten", 5, operation="send", details=APP_DATA)
    rows = script.clears(5.01) + script.happens("SendFAX", 9)
    assert [row.session_id for row in rows] == [unlisted("SendFAX", 0)] * 6 + [unlisted("SendFAX", 1)] * 7
