"""fax.sessions: given what the wire said, expect what happened (one fax, one row)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from faxstore.observations import Observation
from tests.views.given import (
    FILE,
    LIFE,
    UNIQUEID,
    Row,
    append,
    at,
    before_agreement,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    life,
    listing,
    moment,
    of,
    read,
    receiving,
    result,
    sending,
    sessions,
    snapshot,
    status,
    the_session,
    variable,
)

# -- bad lines --------------------------------------------------------------------------------------------

BAD_LINES = [
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 3), (2, 1, 5), (3, 2, 0), (4, 2, 7), (5, 3, 1)), completed(6, 3)],
        {"bad_lines": 13, "bad_lines_discarded": 0, "worst_page_bad_lines": 7},
        id="the last count of each page",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 40), (2, 1, 63), (3, 1, 0), (4, 1, 2), (5, 2, 0), (6, 3, 0)), completed(7, 2)],
        {"bad_lines": 2, "bad_lines_discarded": 63, "worst_page_bad_lines": 2, "pages": 2},
        id="a page that was sent again: 63 to 0 with PageNumber still 1",
    ),
    pytest.param(
        [*receiving((0, 1, 30), (1, 1, 9), (2, 1, 20), (3, 1, 4), (4, 2, 1), (5, 2, 0), (6, 3, 0)), completed(7, 2)],
        {"bad_lines": 4, "bad_lines_discarded": 51, "worst_page_bad_lines": 4},
        id="sent again more than once",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 5), (2, 2, 5), (3, 2, 5), (4, 2, 5)), completed(5, 1)],
        {"bad_lines": 5, "bad_lines_discarded": 0, "pages": 1},
        id="the count stands still after the last page",
    ),
    pytest.param(
        [*receiving((0, 1, 4), (1, 2, 0), (2, 2, 8)), completed(3, 2)],
        {"bad_lines": 12, "worst_page_bad_lines": 8, "pages": 2, "pages_observed": 1},
        id="the last page was in hand at the last poll",
    ),
    pytest.param(
        [*receiving((0, 1, 4), (1, 4, 2), (2, 5, 2)), gone(3)],
        {"bad_lines": 6, "worst_page_bad_lines": 4, "pages": 4},
        id="pages that no poll saw add nothing",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 8)), completed(2, 0)],
        {"bad_lines": 0, "bad_lines_discarded": 0, "worst_page_bad_lines": 0, "pages": 0},
        id="cut off within the first page: no page was kept",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 2, 0)), completed(2, 1)],
        {"bad_lines": 0, "bad_lines_discarded": 0, "worst_page_bad_lines": 0, "bad_lines_measurable": True},
        id="none at all is zero, not unknown",
    ),
]


@pytest.mark.parametrize(("given", "expected"), BAD_LINES)
def test_bad_lines(database: psycopg.Connection, given: list[Observation], expected: Row) -> None:
    append(database, given)
    row = the_session(database)
    assert {name: row[name] for name in expected} == expected
    assert row["bad_lines_measurable"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([*sending((0, 1), (1, 2)), completed(2, 1, "SendFAX")], id="a sender counts none"),
        pytest.param(receiving((0, 1, 0), (1, 2, 0), error_correction_mode=True), id="with ECM lines are sent again"),
        pytest.param(gateway((0, 1, 9600), (1, 2, 9600)), id="a gateway says nothing of them"),
        pytest.param([before_agreement(0), before_agreement(1)], id="the two ends never agreed"),
        pytest.param([entry(0), entry(1)], id="only listed, never asked"),
        pytest.param([completed(0, 2), hangup(1)], id="known only from its event"),
    ],
)
def test_bad_lines_that_nobody_counts_are_null(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, given)
    row = the_session(database)
    names = ("bad_lines", "bad_lines_discarded", "worst_page_bad_lines", "bad_lines_measurable")
    assert of(row, *names) == (None, None, None, False)


def test_ecm_that_is_agreed_on_later_decides(database: psycopg.Connection) -> None:
    """Before negotiation every receiver says No."""
    given = [before_agreement(0), *receiving((2, 1, 0), (3, 2, 0), error_correction_mode=True)]
    append(database, given)
    assert of(the_session(database), "error_correction_mode", "bad_lines_measurable", "bad_lines") == (True, False, None)


# -- pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "pages", "observed"),
    [
        pytest.param([*sending((0, 1), (1, 2), (2, 3)), gone(3)], 2, 2, id="PageNumber is one more than the pages"),
        pytest.param([*sending((0, 1), (1, 2)), completed(3, 2, "SendFAX")], 2, 1, id="the poll missed the last page"),
        pytest.param([*sending((0, 1), (1, 3)), completed(3, 1, "SendFAX")], 1, 2, id="the event's count is the truth"),
        pytest.param([*sending((0, 1), (1, 3)), completed(3, None, "SendFAX")], 2, 2, id="an event without a count"),
        pytest.param(gateway((0, 1, 0), (1, 2, 9600), (2, 3, 9600)), 2, 2, id="a gateway has PageNumber only"),
        pytest.param([before_agreement(0)], 0, 0, id="none yet"),
        pytest.param([entry(0)], None, None, id="only listed: not told"),
        pytest.param([completed(0, 3), hangup(1)], 3, None, id="never listed"),
        pytest.param(
            [*sending((0, 1), (1, 4), (2, 1), (3, 2)), gone(4)], 3, 3, id="counters that start again do not take pages back"
        ),
    ],
)
def test_pages(
    database: psycopg.Connection, given: list[Any], pages: int | None, observed: int | None
) -> None:
    append(database, given)
    assert of(the_session(database), "pages", "pages_observed") == (pages, observed)


def test_a_switch_to_t38_starts_the_counters_again_but_not_the_totals(database: psycopg.Connection) -> None:
    append(
        database,
        sending((0, 1), (1, 3)),
        sending((2, 1), (3, 1), session_type="T.38"),
        gone(4),
    )
    assert of(the_session(database), "pages", "transport") == (2, "T.38")


# -- rates, ECM, resolution -------------------------------------------------------------------------------


def test_defaults_before_negotiation_are_no_measurements(database: psycopg.Connection) -> None:
    append(database, [before_agreement(0), before_agreement(1)], receiving((2, 1, 0), (3, 2, 0), data_rate=7200))
    row = the_session(database)
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (7200, 7200, 7200, 0)
    assert of(row, "error_correction_mode", "x_resolution", "y_resolution") == (False, 8031, 3850)


def test_a_session_that_never_negotiated_has_no_measurements(database: psycopg.Connection) -> None:
    append(database, before_agreement(0), before_agreement(1), gone(2))
    row = the_session(database)
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "error_correction_mode") == (None,) * 4
    assert of(row, "x_resolution", "y_resolution", "resolution", "rate_falls") == (None, None, None, 0)


def test_a_gateway_has_measurements_from_its_first_rate_on(database: psycopg.Connection) -> None:
    given = gateway((0, 1, 0), (1, 1, 0)) + gateway((2, 1, 14400), (3, 2, 9600), error_correction_mode=True)
    append(database, given)
    row = the_session(database)
    assert of(row, "first_data_rate", "lowest_data_rate", "last_data_rate", "rate_falls") == (14400, 9600, 9600, 1)
    assert of(row, "error_correction_mode", "resolution", "transport", "direction") == (True, None, None, "gateway")


@pytest.mark.parametrize(
    ("rates", "falls", "lowest"),
    [
        ((9600, 9600, 9600), 0, 9600),
        ((14400, 12000, 12000, 9600), 2, 9600),
        ((9600, 14400, 9600), 1, 9600),
        ((4800, 2400, 4800), 1, 2400),
    ],
)
def test_only_real_falls_of_the_rate_count(
    database: psycopg.Connection, rates: tuple[int, ...], falls: int, lowest: int
) -> None:
    append(database, before_agreement(0), [snapshot(second, data_rate=rate) for second, rate in enumerate(rates, 1)])
    assert of(the_session(database), "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (
        rates[0], rates[-1], lowest, falls,
    )  # fmt: skip


def test_defaults_in_the_middle_are_not_a_fall(database: psycopg.Connection) -> None:
    """The modem is set up anew at the switch to T.38: 14400 and 0x0 for a moment."""
    append(
        database,
        snapshot(0, data_rate=9600),
        before_agreement(1, session_type="T.38"),
        snapshot(2, data_rate=9600, session_type="T.38"),
    )
    assert of(the_session(database), "lowest_data_rate", "rate_falls") == (9600, 0)


@pytest.mark.parametrize(
    ("y_resolution", "name"),
    [(3850, "standard"), (7700, "fine"), (15400, "superfine"), (3937, "standard"), (7874, "fine"), (12000, None), (1, None)],
)
def test_resolutions_have_names(database: psycopg.Connection, y_resolution: int, name: str | None) -> None:
    append(database, snapshot(0, y_resolution=y_resolution))
    assert of(the_session(database), "y_resolution", "resolution") == (y_resolution, name)


def test_a_completion_event_fills_in_what_no_poll_saw(database: psycopg.Connection) -> None:
    append(database, before_agreement(0), completed(1, 1))
    row = the_session(database)
    assert of(row, "last_data_rate", "x_resolution", "y_resolution", "resolution") == (9600, 8031, 3850, "standard")
    assert of(row, "first_data_rate", "lowest_data_rate") == (None, None)


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


def test_a_list_of_a_slower_clock_before_the_last_snapshot_is_no_end(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(5))
    assert of(the_session(database), "end_observed_by", "ended_at", "duration_seconds") == ("open", None, None)


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
    assert of(the_session(database), "end_observed_by", "ended_at", "result", "state") == ("open", None, "unknown", "Active")


def test_a_fax_that_was_never_listed_has_no_snapshots(database: psycopg.Connection) -> None:
    given = [*result(0, "SUCCESS", "", "OK"), completed(0.5, 2, "SendFAX", CallerIDNum="5550001"), hangup(1)]
    append(database, given)
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
    assert results(database) == ("failed", "nofax", "Received no response to DCS or TCF")


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


# -- any order, any repetition, two observers ---------------------------------------------------------------

WHOLE = [
    before_agreement(0),
    *receiving((1, 1, 0), (2, 1, 40), (3, 1, 63), (4, 1, 2), (5, 2, 0), (6, 2, 5), (7, 3, 5), data_rate=9600),
    *receiving((6.5, 2, 6), data_rate=7200),
    *[replace(one, session_number=0) for one in result(0.5, "", "", "") + result(7.5, "SUCCESS", "HANGUP", "OK")],
    replace(status(0.2, "Allocating Resources", CallerIDNum="5550001"), session_number=0),
    gone(8),
    replace(completed(8.5, 2, Exten="5550199", CallerIDNum="5550001"), session_number=0),
]
"""A fax in all its parts, each of them with its session number so that the order is free."""

PLACES = ("first_position", "last_position")


def fold(database: psycopg.Connection) -> tuple[Row, list[Row], list[Row]]:
    """The three views, without the places in the history: those are the order of appending."""
    session = {name: value for name, value in the_session(database).items() if name not in PLACES}
    pages = read(database, "select * from fax.session_pages order by page")
    timeline = read(database, "select * from fax.session_timeline order by observed_at")
    for row in timeline:
        del row["position"], row["collector_id"]
    return session, pages, timeline


@pytest.fixture
def expected(database: psycopg.Connection) -> tuple[Row, list[Row], list[Row]]:
    """The fold of the rows in their order; the database is empty again."""
    with database.transaction(force_rollback=True):
        append(database, sorted(WHOLE, key=lambda one: one.observed_at))
        return fold(database)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_within_a_batch_gives_the_same(
    database: psycopg.Connection, expected: tuple[Row, list[Row], list[Row]], seed: int
) -> None:
    given = random.Random(seed).sample(WHOLE, len(WHOLE))
    append(database, given)
    assert fold(database) == expected
    assert of(expected[0], "bad_lines", "bad_lines_discarded", "rate_falls") == (8, 63, 1)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_batches_any_repetition_and_two_observers_give_the_same(
    database: psycopg.Connection, expected: tuple[Row, list[Row], list[Row]], seed: int
) -> None:
    rng = random.Random(seed)
    rest = [one for one in WHOLE if one.observed_at > moment(0)]
    append(database, WHOLE[0])
    for _ in range(3):
        for one in rng.sample(rest, len(rest)):
            append(database, [one, rng.choice(WHOLE)], collector=rng.choice(["one", "two"]))
    assert fold(database) == expected
    assert read(database, "select count(*) from fax.session_history") == [{"count": len(WHOLE)}]


def test_two_observers_of_one_fax_see_one_fax(database: psycopg.Connection) -> None:
    """Their polls lie between each other's, and one of them is half a second behind the wire."""
    one = [*receiving((0, 1, 0), (1, 1, 9), (2, 2, 0), (3, 2, 4), (4, 3, 4)), gone(5)]
    two = [*receiving((0.4, 1, 3), (1.4, 1, 12), (2.6, 2, 2), (3.4, 2, 4)), gone(4.4)]
    append(database, one, collector="one")
    append(database, two, collector="two")
    row = the_session(database)
    assert of(row, "pages", "bad_lines", "bad_lines_discarded", "snapshots") == (2, 16, 0, 9)
    assert of(row, "end_observed_by", "ended_at") == ("gone", at(4.4))


def test_a_late_snapshot_of_a_second_observer_is_no_attempt(database: psycopg.Connection) -> None:
    """It was taken before the page was left, and stamped by a clock that goes ahead."""
    append(database, receiving((0, 1, 0), (1, 1, 9), (2, 2, 0), (3, 2, 4), (4, 3, 4)), gone(5), collector="one")
    append(database, receiving((2.3, 1, 8)), collector="two")
    assert of(the_session(database), "bad_lines", "bad_lines_discarded") == (13, 0)


def test_a_number_that_begins_again_in_another_life_is_another_fax(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 5), (1, 2, 0)), gone(2))
    append(database, receiving((100, 1, 1), (101, 2, 0), of=life(started=50)), gone(102, of=life(started=50)))
    assert [of(row, "session_number", "bad_lines") for row in sessions(database)] == [(0, 5), (0, 1)]
    assert LIFE.server == "pbx"
