"""fax.sessions: given AMI records, expect identity, parties, end, result and evidence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Observation
from tests.kit.given import (
    CHANNEL,
    FILE,
    UNIQUEID,
    append,
    at,
    begins,
    channel_status,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    initial_variables,
    life,
    listing,
    moment,
    of,
    of_server,
    receiving,
    result,
    sending,
    sessions,
    snapshot,
    status,
    the_session,
    variable,
)

# -- direction and parties ------------------------------------------------------------------------------------------


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


def test_empty_parties_are_null(database: psycopg.Connection) -> None:
    empty = dict.fromkeys(("CallerIDNum", "Exten", "AccountCode", "Linkedid", "LocalStationID", "RemoteStationID"), "")
    append(database, receiving((0, 1, 0)), completed(2, 1, **empty))
    row = the_session(database)
    names = ("caller_number", "called_number", "account_code", "linkedid", "local_station_id", "remote_station_id")
    assert of(row, *names) == (None,) * 6


def test_parties_of_a_cut_off_fax_come_from_faxstatus(database: psycopg.Connection) -> None:
    append(database, status(0, "Allocating Resources", CallerIDNum="5550001", Exten="5550199"), receiving((1, 1, 0)))
    assert of(the_session(database), "caller_number", "called_number") == ("5550001", "5550199")


def test_all_files_of_a_session_are_listed(database: psycopg.Connection) -> None:
    append(database, snapshot(0, file_name="/b.tif"), snapshot(1, file_name="/a.tif"), snapshot(2, file_name="/b.tif"))
    assert the_session(database)["file_names"] == ["/a.tif", "/b.tif"]


def test_the_parties_come_from_the_channels_status_while_the_call_is_up(database: psycopg.Connection) -> None:
    reply = channel_status(
        0.1, CallerIDNum="5550001", Exten="s", DNID="5550199", AccountCode="law-12", Linkedid="1793.1"
    )
    append(database, receiving((0, 1, 0)), reply, receiving((1, 2, 0)), gone(2))
    row = the_session(database)
    assert of(row, "caller_number", "called_number", "account_code") == ("5550001", "5550199", "law-12")
    assert of(row, "uniqueid", "linkedid", "snapshots") == (UNIQUEID, "1793.1", 2)


def test_the_completion_event_overrides_the_status(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), channel_status(0.1, AccountCode="early", DNID="5550199", Exten="s"))
    append(database, completed(2, 1, AccountCode="final", Exten="h"))
    assert of(the_session(database), "account_code", "called_number") == ("final", "5550199")


# -- end -----------------------------------------------------------------------------------------


def test_a_completion_event_is_the_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(11), completed(11.5, 1))
    assert of(the_session(database), "end_observed_by", "ended_at", "duration_seconds") == (
        "completion", at(11.5), pytest.approx(11.5),
    )  # fmt: skip


def test_absence_from_a_complete_list_is_the_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(11), gone(15))
    assert of(the_session(database), "end_observed_by", "ended_at") == ("gone", at(11))


def test_a_later_snapshot_refutes_an_absence(database: psycopg.Connection) -> None:
    """For example after a list of another observer: later snapshots show that the fax continued."""
    append(database, receiving((0, 1, 0)), gone(5), receiving((10, 2, 0)))
    assert of(the_session(database), "end_observed_by", "ended_at", "duration_seconds") == ("open", None, None)


def test_a_clock_set_back_hides_no_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (100, 2, 0)), gone(50))
    assert of(the_session(database), "end_observed_by", "ended_at", "pages") == ("gone", at(50), 1)


def test_a_restart_ends_open_sessions(database: psycopg.Connection) -> None:
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


def test_an_older_epoch_imported_later_ends_nothing(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(-86400, of=life(started=-90000)))
    assert [row["end_observed_by"] for row in sessions(database)] == ["server_restart", "open"]


def test_a_reload_of_the_module_ends_open_sessions(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(30, of=life(reloaded_at=moment(20))))
    assert [row["end_observed_by"] for row in sessions(database)] == ["server_restart", "open"]


def test_a_listed_session_is_open(database: psycopg.Connection) -> None:
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


def test_a_fax_that_failed_before_it_became_a_session(database: psycopg.Connection) -> None:
    """A missing file: only FAXSTATUS, FAXERROR and FAXSTATUSSTRING."""
    append(
        database,
        begins(0, "SendFAX", AppData="/no-such-file.tif,"),
        result(0.1, "FAILED", "INIT_ERROR", "error starting fax session"),
        result(0.2, "FAILED", "FILE_ERROR", "error reading file"),
        hangup(1),
    )
    row = the_session(database)
    assert of(row, "session_number", "snapshots", "pages", "direction", "channel") == (None, 0, None, "sent", CHANNEL)
    assert of(row, "result", "result_class", "result_text", "result_error") == (
        "failed", "file_error", "error reading file", "FILE_ERROR",
    )  # fmt: skip
    assert of(row, "end_observed_by", "started_at", "ended_at") == ("gone", at(0), at(0.202))
    assert row["file_names"] == ["/no-such-file.tif"]


def test_without_newexten_its_direction_is_unknown(database: psycopg.Connection) -> None:
    failed = result(1, "FAILED", "T38_NEG_ERROR", "failed to negotiate T.38")
    append(database, initial_variables(0), failed, hangup(2))
    row = the_session(database)
    assert of(row, "operation", "direction", "result", "result_class") == (None, None, "failed", "neg_failed")


def test_a_fax_with_only_its_start_has_an_unknown_result(database: psycopg.Connection) -> None:
    append(database, begins(0, "ReceiveFAX"), hangup(9))
    row = the_session(database)
    assert of(row, "direction", "result", "end_observed_by", "snapshots") == ("received", "unknown", "gone", 0)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param([variable(0, "LOCALSTATIONID", "+1 555 0100")], id="a station id"),
        pytest.param(result(0, "DIALFAIL", "No Answer", "nobody answered"), id="a call that nobody answered"),
        pytest.param(result(0, "FAILED", "INIT_ERROR", "error"), id="an error that a fax application sets too"),
    ],
)
def test_variables_alone_make_no_fax(database: psycopg.Connection, variables: list[Observation]) -> None:
    """A dialplan may set any variable to any text; the rows are stored, and no view shows them as a fax."""
    append(database, variables, hangup(1))
    assert sessions(database) == []
    assert database.execute("select count(*) from fax.session_history").fetchone() == (len(variables),)


def test_escaped_quotes_are_unescaped(database: psycopg.Connection) -> None:
    text = r"incompatible \'modems\' and \'maxrate\' settings, \\d, \n"
    append(database, begins(0), result(1, "FAILED", "INVALID_ARGUMENTS", text), hangup(2))
    assert the_session(database)["result_text"] == r"incompatible 'modems' and 'maxrate' settings, \d, \n"


# -- bounds of the end ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "observed_by", "bounds"),
    [
        ([gone(11), completed(11.5, 1)], "completion", (10, 11.5)),
        ([gone(11)], "gone", (10, 11)),
        ([snapshot(30, 1, of=life(started=20))], "server_restart", (10, 20)),
        ([], "open", None),
    ],
)
def test_bounds_of_an_end(
    database: psycopg.Connection, given: list[Any], observed_by: str, bounds: tuple[float, float] | None
) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), given)
    row = sessions(database)[0]
    assert row["end_observed_by"] == observed_by
    expected = (None, None) if bounds is None else (at(bounds[0]), at(bounds[1]))
    assert of(row, "ended_not_before", "ended_not_after") == expected


def test_an_end_by_restart_is_bounded_by_the_next_epoch(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, snapshot(90, of=life(started=80)))
    append(database, snapshot(30, of=life(started=20)))
    assert [row["ended_not_after"] for row in sessions(database)] == [at(20), at(80), None]


def test_an_observer_with_a_clock_ahead_does_not_refute_an_end(database: psycopg.Connection) -> None:
    """Its last snapshot precedes the other observer's list without the session."""
    append(database, receiving((0, 1, 0), (9, 2, 0)), gone(10), collector="one")
    append(database, receiving((1, 1, 0), (12, 2, 0)), collector="two")
    assert of(the_session(database), "end_observed_by", "ended_at") == ("gone", at(10))


def test_a_list_of_an_observer_with_a_clock_behind_ends_nothing(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), collector="one")
    append(database, gone(1), collector="two")
    append(database, receiving((60, 2, 0)), collector="one")
    assert of(the_session(database), "end_observed_by", "pages") == ("open", 1)


# -- a detector and its fax --------------------------------------------------------------------------


def test_a_detector_names_the_gateway_session_of_its_channel(database: psycopg.Connection) -> None:
    heard = entry(0, 3, operation="V.21", session_type="none")
    append(database, heard, gone(2, 3), gateway((3, 1, 0), (9, 3, 14400), number=4), gone(10, 4))
    detector, fax = sessions(database)
    assert of(detector, "direction", "fax_session_id") == ("detector", fax["session_id"])
    assert of(fax, "direction", "fax_session_id", "pages") == ("gateway", None, 2)


def test_a_later_fax_on_a_reused_channel_name_is_not_the_detectors(database: psycopg.Connection) -> None:
    append(database, entry(0, 3, operation="V.21", session_type="none"), gone(2, 3), receiving((300, 1, 0), number=4))
    assert [row["fax_session_id"] for row in sessions(database)] == [None, None]


# -- result -----------------------------------------------------------------------------------------------


def results(database: psycopg.Connection) -> tuple[Any, ...]:
    return of(the_session(database), "result", "result_class", "result_text")


def test_the_result_comes_from_variables_before_the_completion_event(database: psycopg.Connection) -> None:
    """FAILED before the session exists, blank when it starts, the result at its end."""
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


def test_success_with_hangup_is_success(database: psycopg.Connection) -> None:
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


def test_variables_of_the_completion_event_win(database: psycopg.Connection) -> None:
    """manager.conf: channelvars=FAXSTATUS,FAXERROR,FAXSTATUSSTRING"""
    values = ["FAXSTATUS=FAILED", "FAXERROR=HANGUP", "FAXSTATUSSTRING=Received no response to DCS or TCF"]
    append(database, receiving((0, 1, 0)), completed(1, 0, ChanVariable=values))
    assert results(database) == ("failed", "tx_protocol_error", "Received no response to DCS or TCF")


def test_a_single_channel_variable_header(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), completed(1, 1, ChanVariable="FAXSTATUS=SUCCESS"))
    assert results(database) == ("success", "success", None)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([completed(1, 1)], id="no variable on the wire"),
        pytest.param([*result(1, "", "", ""), completed(2, 1)], id="blank"),
        pytest.param([gone(2)], id="only an absence"),
    ],
)
def test_a_result_that_was_not_on_the_wire_is_unknown(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, receiving((0, 1, 0)), given)
    assert results(database) == ("unknown", None, None)


def test_the_next_fax_on_the_channel_does_not_change_the_previous_one(database: psycopg.Connection) -> None:
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


def test_variables_after_the_completion_event_are_ignored(database: psycopg.Connection) -> None:
    """They are tied to the session because there is no other."""
    session = [*receiving((0, 1, 0)), *result(1, "SUCCESS", "", "OK"), completed(2, 1)]
    late = [replace(one, session_number=0) for one in result(3, "FAILED", "HANGUP", "not this one")]
    append(database, session, late)
    assert results(database) == ("success", "success", "OK")


def test_what_a_dialplan_sets_changes_no_result(database: psycopg.Connection) -> None:
    """FreePBX sets FAXSTATUS again after each failed fax, here before the completion event arrives."""
    late = [
        replace(variable(5 + second, "FAXSTATUS", text), session_number=0)
        for second, text in enumerate(("SUCCESS", "FAILED: busy", ""))
    ]
    append(database, receiving((0, 1, 0)), result(1, "", "", ""), receiving((2, 1, 0)))
    append(
        database,
        result(3, "FAILED", "HANGUP", "remote channel hungup"),
        result(3.02, "FAILED", "HANGUP", "The call dropped prematurely"),
    )
    append(database, gone(4), late)
    assert results(database) == ("failed", "call_dropped", "The call dropped prematurely")
    append(database, completed(8, 0))
    assert results(database) == ("failed", "call_dropped", "The call dropped prematurely")


@pytest.mark.parametrize(
    "carried", [["FAXSTATUS=FAILED: busy", "FAXERROR=HANGUP"], ["FAXSTATUS="], ["FAXMODE=audio"], None]
)
def test_a_value_of_a_dialplan_in_the_completion_event_decides_nothing(
    database: psycopg.Connection, carried: list[str] | None
) -> None:
    """Set while Asterisk still ended the fax: then its own VarSet events decide."""
    variables: dict[str, Any] = {} if carried is None else {"ChanVariable": carried}
    append(database, receiving((0, 1, 0)), result(1, "SUCCESS", "", "OK"), completed(2, 1, **variables))
    assert results(database) == ("success", "success", "OK")


def test_a_variable_set_later_does_not_move_the_end(database: psycopg.Connection) -> None:
    """In the extension h, or in another dialplan of the same call."""
    failed = result(0.2, "FAILED", "FILE_ERROR", "error reading file")
    append(database, begins(0), initial_variables(0.1), failed, variable(30, "FAXSTATUS", "FAILED: busy"), hangup(31))
    assert of(the_session(database), "ended_at", "duration_seconds", "result_error") == (
        at(0.202), Decimal("0.202"), "FILE_ERROR",
    )  # fmt: skip


@pytest.mark.parametrize("value", ["FAILED: error: busy", "DIALFAIL", "success", "NATIVE_T38"])
def test_another_text_is_no_result(database: psycopg.Connection, value: str) -> None:
    append(
        database,
        receiving((0, 1, 0)),
        variable(1, "FAXSTATUS", value),
        completed(2, 1, ChanVariable=f"FAXSTATUS={value}"),
    )
    assert results(database) == ("unknown", None, None)


# -- a start that was not observed ------------------------------------------------------------------------


def durations(database: psycopg.Connection) -> tuple[Any, ...]:
    return of(the_session(database), "started_at", "ended_at", "duration_seconds", "started_not_before")


def test_a_fax_known_only_from_its_end_has_no_duration(database: psycopg.Connection) -> None:
    append(database, result(89, "SUCCESS", "NO_ERROR", "OK"), completed(90, 10, "SendFAX"), hangup(90.1))
    assert durations(database) == (at(90), at(90), None, None)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param([begins(0, "ReceiveFAX")], id="Newexten"),
        pytest.param([status(0, "Allocating Resources")], id="FAXStatus"),
        pytest.param([entry(0), entry(89)], id="lists"),
        pytest.param(
            result(0, "FAILED", "INIT_ERROR", "error starting fax session"), id="the variables of its application"
        ),
    ],
)
def test_a_duration_needs_one_sign_of_the_start(database: psycopg.Connection, start: list[Any]) -> None:
    append(
        database, of_server(-60, "Polled"), of_server(0, "Polled"), of_server(60, "Polled"), of_server(120, "Polled")
    )
    append(database, start, completed(90, 10))
    assert durations(database) == (at(0), at(90), 90, None)


@pytest.mark.parametrize(
    ("polled", "expected"),
    [
        pytest.param([0, 60, 120], 60, id="a list before its end"),
        pytest.param([0, 75, 120], 75, id="at least 15 s before its end"),
        pytest.param([0, 76, 120], 0, id="a later one may follow the fax"),
        pytest.param([76, 120], None, id="none early enough"),
        pytest.param([], None, id="no list"),
        pytest.param([0, 200], None, id="no list for 150 s: a gap"),
    ],
)
def test_the_start_of_a_fax_that_no_list_contains(
    database: psycopg.Connection, polled: list[float], expected: float | None
) -> None:
    append(database, [of_server(second, "Polled") for second in polled], completed(90, 10), hangup(91))
    assert durations(database) == (at(90), at(90), None, None if expected is None else at(expected))


def test_lists_of_a_failed_poll_or_another_server_bound_no_start(database: psycopg.Connection) -> None:
    append(database, of_server(60, "Polled", server="pbx2"), of_server(120, "Polled", server="pbx2"))
    append(database, of_server(60, "Polled"), of_server(70, "PollFailed", LastPolled=65), of_server(80, "Polled"))
    append(database, of_server(120, "Polled"), completed(90, 10), hangup(91))
    assert durations(database)[3] is None


# -- evidence ---------------------------------------------------------------------------------------------


def test_the_evidence_is_counted(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 7))
    append(database, receiving((1, 1, 0), (2, 2, 0)), [entry(3)], completed(4, 1))
    _, row = sessions(database)
    assert of(row, "snapshots", "first_position", "last_position") == (3, 2, 5)
    assert of(row, "session_number", "server", "started_at") == (0, "pbx", at(1))
