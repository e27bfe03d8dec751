"""fax.sessions: given what the wire said, expect what fax it was, how it ended, and the evidence for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.views.given import (
    FILE,
    UNIQUEID,
    append,
    at,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    life,
    listing,
    moment,
    of,
    receiving,
    result,
    sending,
    sessions,
    snapshot,
    status,
    the_session,
)

# -- what it was ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "operation", "direction"),
    [
        (sending((0, 1)), "send", "sent"),
        (receiving((0, 1, 0)), "receive", "received"),
        (gateway((0, 1, 0)), "gateway", "gateway"),
        ([entry(0, operation="V.21", session_type="none")], "V.21", "detector"),
        ([entry(0, operation="none")], "none", None),
        ([entry(0, operation="receive"), snapshot(1)], "receive", "received"),
        ([completed(0, 1, "SendFAX"), hangup(1)], "send", "sent"),
    ],
)
def test_direction(database: psycopg.Connection, given: list[Any], operation: str, direction: str | None) -> None:
    append(database, given)
    assert of(the_session(database), "operation", "direction") == (operation, direction)


def test_the_parties_come_from_the_channels_events(database: psycopg.Connection) -> None:
    parties = {
        "CallerIDNum": "5550001",
        "ConnectedLineNum": "<unknown>",
        "Exten": "5550199",
        "AccountCode": "law-12",
        "Linkedid": "1793606400.1",
        "LocalStationID": "+1 555 0199",
        "RemoteStationID": "+1 555 0100",
    }
    append(database, receiving((0, 1, 0), (1, 2, 0)), completed(2, 1, **parties))
    row = the_session(database)
    assert of(row, "caller_number", "called_number", "account_code") == ("5550001", "5550199", "law-12")
    assert of(row, "uniqueid", "linkedid") == (UNIQUEID, "1793606400.1")
    assert of(row, "local_station_id", "remote_station_id") == ("+1 555 0199", "+1 555 0100")
    assert row["file_names"] == [FILE]


def test_parties_that_are_empty_are_null(database: psycopg.Connection) -> None:
    empty = dict.fromkeys(("CallerIDNum", "Exten", "AccountCode", "Linkedid", "LocalStationID", "RemoteStationID"), "")
    append(database, receiving((0, 1, 0)), completed(2, 1, **empty))
    row = the_session(database)
    names = ("caller_number", "called_number", "account_code", "linkedid", "local_station_id", "remote_station_id")
    assert of(row, *names) == (None,) * 6


def test_a_fax_that_is_cut_off_has_its_parties_from_its_status(database: psycopg.Connection) -> None:
    append(database, status(0, "Allocating Resources", CallerIDNum="5550001", Exten="5550199"), receiving((1, 1, 0)))
    assert of(the_session(database), "caller_number", "called_number") == ("5550001", "5550199")


def test_all_files_of_a_session_are_named(database: psycopg.Connection) -> None:
    append(database, snapshot(0, file_name="/b.tif"), snapshot(1, file_name="/a.tif"), snapshot(2, file_name="/b.tif"))
    assert the_session(database)["file_names"] == ["/a.tif", "/b.tif"]


# -- how it ended -----------------------------------------------------------------------------------------


def test_a_completion_event_is_the_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(11), completed(11.5, 1))
    assert of(the_session(database), "end_observed_by", "ended_at", "duration_seconds") == (
        "completion", at(11.5), pytest.approx(11.5),
    )  # fmt: skip


def test_absence_from_a_complete_list_is_the_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(11), gone(15))
    assert of(the_session(database), "end_observed_by", "ended_at") == ("gone", at(11))


def test_a_snapshot_that_comes_after_a_list_refutes_it(database: psycopg.Connection) -> None:
    """A list that was told by another observer, say: later snapshots show that the fax went on."""
    append(database, receiving((0, 1, 0)), gone(5), receiving((10, 2, 0)))
    assert of(the_session(database), "end_observed_by", "ended_at", "duration_seconds") == ("open", None, None)


def test_a_clock_that_was_set_back_hides_no_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (100, 2, 0)), gone(50))
    assert of(the_session(database), "end_observed_by", "ended_at", "pages") == ("gone", at(50), 1)


def test_a_restart_ends_what_was_under_way(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)))
    append(database, snapshot(30, of=life(started=20)))
    cut, later = sessions(database)
    assert of(cut, "end_observed_by", "ended_at", "result") == ("server_restart", at(10), "unknown")
    assert of(later, "end_observed_by", "ended_at", "session_number") == ("open", None, 0)
    assert cut["epoch_id"] != later["epoch_id"]


def test_a_restart_of_another_server_ends_nothing(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(30, of=life("pbx2", started=20)))
    assert [row["end_observed_by"] for row in sessions(database)] == ["open", "open"]


def test_an_older_life_that_is_imported_later_ends_nothing(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(-86400, of=life(started=-90000)))
    assert [row["end_observed_by"] for row in sessions(database)] == ["server_restart", "open"]


def test_a_reload_of_the_module_ends_what_was_under_way(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(30, of=life(reloaded_at=moment(20))))
    assert [row["end_observed_by"] for row in sessions(database)] == ["server_restart", "open"]


def test_what_is_still_listed_is_open(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), listing(1, 0))
    assert of(the_session(database), "end_observed_by", "ended_at", "result", "state") == (
        "open",
        None,
        "unknown",
        "Active",
    )


def test_a_fax_that_was_never_listed_has_no_snapshots(database: psycopg.Connection) -> None:
    end = completed(0.5, 2, "SendFAX", CallerIDNum="5550001")
    append(database, result(0, "SUCCESS", "", "OK"), end, hangup(1))
    row = the_session(database)
    assert of(row, "session_number", "snapshots", "pages", "pages_observed", "state") == (None, 0, 2, None, None)
    assert of(row, "end_observed_by", "result", "caller_number", "channel") == (
        "completion", "success", "5550001", "PJSIP/trunk-0000001a",
    )  # fmt: skip


def test_variables_of_a_fax_that_never_came_to_be_are_no_session(database: psycopg.Connection) -> None:
    """A file that is not there: FAXSTATUS, FAXERROR, FAXSTATUSSTRING, and nothing else."""
    append(database, result(0, "FAILED", "FILE_ERROR", "file does not exist"), hangup(1))
    assert sessions(database) == []


# -- result -----------------------------------------------------------------------------------------------


def results(database: psycopg.Connection) -> tuple[Any, ...]:
    return of(the_session(database), "result", "result_class", "result_text")


def test_the_result_is_in_the_variables_before_the_completion_event(database: psycopg.Connection) -> None:
    """FAILED before there is a session, blank when it begins, the result at its end."""
    append(
        database,
        result(0, "FAILED", "INIT_ERROR", "error starting fax session"),
        receiving((1, 1, 0)),
        result(2, "", "", ""),
        receiving((3, 2, 0)),
        result(4, "SUCCESS", "HANGUP", "OK"),
        completed(5, 1),
    )
    assert results(database) == ("success", "success", "OK")


def test_hangup_beside_success_is_success(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), result(1, "SUCCESS", "HANGUP", ""), completed(2, 1))
    assert results(database) == ("success", "success", "HANGUP")


@pytest.mark.parametrize(
    ("status", "error", "text", "result_class"),
    [
        ("FAILED", "HANGUP", "The call dropped prematurely", "call_dropped"),
        ("FAILED", "", "Failed to train with any of the compatible modems", "failed_to_train"),
        ("FAILED", "T38_NEG_ERROR", "", "neg_failed"),
        ("FAILED", "", "something new", "unknown_error"),
    ],
)
def test_a_failure_has_a_class(
    database: psycopg.Connection, status: str, error: str, text: str, result_class: str
) -> None:
    append(database, receiving((0, 1, 0)), result(1, status, error, text), completed(2, 0))
    assert results(database) == ("failed", result_class, text or error)


def test_the_variables_of_the_completion_event_come_first(database: psycopg.Connection) -> None:
    """manager.conf: channelvars=FAXSTATUS,FAXERROR,FAXSTATUSSTRING"""
    values = ["FAXSTATUS=FAILED", "FAXERROR=HANGUP", "FAXSTATUSSTRING=Received no response to DCS or TCF"]
    append(database, receiving((0, 1, 0)), completed(1, 0, ChanVariable=values))
    assert results(database) == ("failed", "tx_protocol_error", "Received no response to DCS or TCF")


def test_one_channel_variable_alone_is_no_list(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), completed(1, 1, ChanVariable="FAXSTATUS=SUCCESS"))
    assert results(database) == ("success", "success", None)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([completed(1, 1)], id="no variable on the wire"),
        pytest.param([*result(1, "", "", ""), completed(2, 1)], id="blank"),
        pytest.param([gone(2)], id="nothing but absence"),
    ],
)
def test_a_result_that_was_not_on_the_wire_is_unknown(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, receiving((0, 1, 0)), given)
    assert results(database) == ("unknown", None, None)


def test_the_next_fax_on_the_channel_does_not_touch_the_one_that_ended(database: psycopg.Connection) -> None:
    append(
        database,
        receiving((0, 1, 0)),
        result(1, "SUCCESS", "", "OK"),
        completed(2, 1),
        result(3, "FAILED", "INIT_ERROR", "error starting fax session"),
        result(3.1, "", "", ""),
        receiving((4, 1, 0), number=1),
        result(5, "FAILED", "HANGUP", "The call dropped prematurely"),
        completed(6, 0),
    )
    first, second = sessions(database)
    assert of(first, "session_number", "result", "result_text", "ended_at") == (0, "success", "OK", at(2))
    assert of(second, "session_number", "result", "result_class", "ended_at") == (1, "failed", "call_dropped", at(6))


def test_what_is_set_after_the_completion_event_is_not_its_own(database: psycopg.Connection) -> None:
    """Tied to the session all the same: there is no other."""
    session = [*receiving((0, 1, 0)), *result(1, "SUCCESS", "", "OK"), completed(2, 1)]
    late = [replace(one, session_number=0) for one in result(3, "FAILED", "HANGUP", "not this one")]
    append(database, session, late)
    assert results(database) == ("success", "success", "OK")


# -- evidence ---------------------------------------------------------------------------------------------


def test_the_evidence_is_counted(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 7))
    append(database, receiving((1, 1, 0), (2, 2, 0)), [entry(3)], completed(4, 1))
    _, row = sessions(database)
    assert of(row, "snapshots", "first_position", "last_position") == (3, 2, 5)
    assert of(row, "session_number", "server", "started_at") == (0, "pbx", at(1))
