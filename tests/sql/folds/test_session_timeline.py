"""fax.session_timeline: one row per change, in order, with what changed and by how much."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from tests.kit.given import (
    CHANNEL,
    FILE,
    Row,
    append,
    at,
    before_negotiation,
    begins,
    channel_status,
    completed,
    entry,
    gone,
    hangup,
    of,
    on_channel,
    read,
    receiving,
    result,
    sending,
    snapshot,
    status,
    the_session,
    variable,
)


def timeline(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.session_timeline order by observed_at, position")


def changes(database: psycopg.Connection) -> list[list[str]]:
    return [row["changes"] for row in timeline(database)]


def test_an_equal_snapshot_is_no_change(database: psycopg.Connection) -> None:
    append(
        database, snapshot(0), snapshot(1), snapshot(2), snapshot(3, total_bad_lines=1), snapshot(4, total_bad_lines=1)
    )
    assert [of(row, "observed_at", "changes") for row in timeline(database)] == [
        (at(0), ["listed"]),
        (at(3), ["bad_lines"]),
    ]


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"state": "Complete"}, ["state"]),
        ({"page_number": 2}, ["page_number"]),
        ({"page_number": 2, "pages_received": 1}, ["page_number", "pages"]),
        ({"total_bad_lines": 3}, ["bad_lines"]),
        ({"data_rate": 7200}, ["data_rate"]),
        ({"error_correction_mode": True}, ["error_correction_mode"]),
        ({"y_resolution": 7700}, ["resolution"]),
        ({"session_type": "T.38"}, ["transport"]),
    ],
)
def test_a_change_names_its_columns(database: psycopg.Connection, fields: dict[str, Any], change: list[str]) -> None:
    append(database, snapshot(0), snapshot(1, **fields), snapshot(2, **fields))
    assert changes(database) == [["listed"], change]
    assert set(change) <= timeline(database)[1].keys()


def test_several_changes_at_once_are_one_row(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(1, page_number=2, pages_received=1, data_rate=7200, total_bad_lines=4))
    assert changes(database) == [["listed"], ["page_number", "pages", "bad_lines", "data_rate"]]


def test_other_columns_make_no_change(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(1, file_name="/other.tif", technology="Other"))
    assert changes(database) == [["listed"]]


def test_negotiation_is_a_change_from_unknown(database: psycopg.Connection) -> None:
    append(database, before_negotiation(0), snapshot(1, data_rate=9600))
    first, second = timeline(database)
    assert of(first, "data_rate", "error_correction_mode", "resolution") == (None, None, None)
    assert second["changes"] == ["data_rate", "error_correction_mode", "resolution"]
    assert of(second, "data_rate", "error_correction_mode", "resolution") == (9600, False, "standard")


def test_deltas_of_pages_and_bad_lines(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 5), (2, 2, 0), (4, 4, 9)))
    assert [
        of(row, "pages", "pages_delta", "bad_lines", "bad_lines_delta", "seconds_since_change")
        for row in timeline(database)
    ] == [(0, None, 0, None, None), (0, 0, 5, 5, 1), (1, 1, 0, -5, 1), (3, 2, 9, 9, 2)]


def test_a_switch_to_t38_shows_restarted_counters(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (1, 3)), sending((2, 1), session_type="T.38"))
    assert [of(row, "changes", "pages", "pages_delta", "transport") for row in timeline(database)] == [
        (["listed"], 0, None, "G.711"),
        (["page_number", "pages"], 2, 2, "G.711"),
        (["page_number", "pages", "transport"], 0, -2, "T.38"),
    ]


def test_events_are_in_order_with_snapshots(database: psycopg.Connection) -> None:
    append(
        database,
        status(0, "FAX Transmission In Progress"),
        receiving((1, 1, 0)),
        result(2, "SUCCESS", "HANGUP", "OK"),
        receiving((3, 2, 0)),
        gone(4),
        completed(5, 2),
    )
    assert [of(row, "event", "changes", "note", "seconds_since_change") for row in timeline(database)] == [
        ("FAXStatus", ["event"], "FAX Transmission In Progress", None),
        ("FAXSession", ["listed"], None, 1),
        ("VarSet", ["event"], "FAXSTATUS=SUCCESS", 1),
        ("FAXSession", ["page_number", "pages"], None, 1),
        ("Gone", ["event"], "no longer listed", 1),
        ("ReceiveFAX", ["event"], "completion event, pages 2", 1),
    ]


def test_snapshots_are_compared_across_events(database: psycopg.Connection) -> None:
    append(database, snapshot(0, total_bad_lines=2), status(1, "T.38 Negotiated"), snapshot(2, total_bad_lines=5))
    last = timeline(database)[-1]
    assert of(last, "changes", "bad_lines_delta", "seconds_since_change") == (["bad_lines"], 3, 1)


def test_only_faxstatus_appears_among_variables(database: psycopg.Connection) -> None:
    append(database, snapshot(0), result(1, "", "", ""), variable(2, "FAXMODE", "audio"), variable(3, "FAXPAGES", "1"))
    assert changes(database) == [["listed"]]


def test_a_list_entry_without_detail_is_a_snapshot(database: psycopg.Connection) -> None:
    append(database, entry(0), entry(1), snapshot(2))
    assert [row["event"] for row in timeline(database)] == ["FAXSessionsEntry", "FAXSession"]
    assert changes(database)[0] == ["listed"]


def test_the_order_is_by_time_not_by_position(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(4, page_number=3, pages_received=2))
    append(database, snapshot(2, page_number=2, pages_received=1))
    assert [of(row, "observed_at", "pages", "pages_delta") for row in timeline(database)] == [
        (at(0), 0, None),
        (at(2), 1, 1),
        (at(4), 2, 1),
    ]


def test_equal_snapshots_of_two_observers_make_one_change(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 2, 0), (2, 3, 0)), collector="one")
    append(database, receiving((0.5, 1, 0), (1.5, 2, 0), (2.5, 3, 0)), collector="two")
    assert changes(database) == [["listed"], ["page_number", "pages"], ["page_number", "pages"]]
    assert {row["collector_id"] for row in timeline(database)} == {"one"}


def test_each_change_has_its_position(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(1), snapshot(2, total_bad_lines=1), collector="host1")
    assert [of(row, "position", "collector_id") for row in timeline(database)] == [(1, "host1"), (3, "host1")]


def test_application_starts_and_channel_status_appear(database: psycopg.Connection) -> None:
    append(database, begins(0, "ReceiveFAX"), receiving((1, 1, 0)), channel_status(1.1, CallerIDNum="5550001"))
    assert [of(row, "event", "note") for row in timeline(database)] == [
        ("Newexten", "ReceiveFAX begins"),
        ("FAXSession", None),
        ("Status", "channel status"),
    ]


def test_a_replaced_channel_is_in_the_timeline(database: psycopg.Connection) -> None:
    """An attended transfer: the fax goes on under another name, and belongs to the account that it began with."""
    new = {"channel": "PJSIP/phone-00000002", "uniqueid": "1793606401.9"}
    called = {"AppData": FILE, "AccountCode": "office"}
    append(database, begins(0, "ReceiveFAX", **called), receiving((1, 1, 0)))
    moved = on_channel(5, "Newexten", {"Application": "ReceiveFAX"} | called, operation="receive", **new)
    append(database, moved, hangup(5.001), receiving((6, 1, 0)))
    ended = on_channel(7, "ReceiveFAX", {"AccountCode": "sales"}, operation="receive", pages_received=2, **new)
    append(database, replace(ended, file_name=FILE), gone(8))
    events = [of(row, "event", "note") for row in timeline(database) if row["event"] != "FAXSession"]
    assert events == [
        ("Newexten", "ReceiveFAX begins"),
        ("Newexten", "ReceiveFAX goes on, Uniqueid 1793606401.9"),
        ("Hangup", "the channel hangs up, the fax goes on"),
        ("ReceiveFAX", "completion event, pages 2, Uniqueid 1793606401.9"),
        ("Gone", "no longer listed"),
    ]
    assert of(the_session(database), "channel", "account_code", "pages") == (CHANNEL, "office", 2)


def test_the_transport_is_in_the_timeline(database: psycopg.Connection) -> None:
    """Audio first, then T.38, in one session: its counters restart, its totals do not."""
    append(database, before_negotiation(0), snapshot(9, session_type="T.38"), snapshot(20, session_type="T.38"))
    assert [of(row, "changes", "transport") for row in timeline(database)][1:] == [
        (["data_rate", "error_correction_mode", "resolution", "transport"], "T.38")
    ]
