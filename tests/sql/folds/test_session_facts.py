"""fax.session_facts: what the rows of one session show together."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from faxstore.observations import Record
from tests.kit.given import (
    CHANNEL,
    FILE,
    UNIQUEID,
    Row,
    append,
    at,
    before_negotiation,
    begins,
    channel_status,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    life,
    of,
    read,
    receiving,
    result,
    sending,
    snapshot,
    status,
    variable,
)


def facts(database: psycopg.Connection, *records: Record | list[Any]) -> Row:
    """Appends the records and returns the one row that they make."""
    append(database, *records)
    (row,) = read(database, "select * from fax.session_facts")
    return row


def test_without_rows_there_is_no_session(database: psycopg.Connection) -> None:
    assert read(database, "select * from fax.session_facts") == []


def test_a_polled_and_completed_fax(database: psycopg.Connection) -> None:
    row = facts(
        database,
        status(0, "Allocating Resources"),
        before_negotiation(1),
        receiving((2, 1, 0), (3, 2, 0)),
        receiving((4, 3, 0), data_rate=7200),
        result(5, "SUCCESS", "HANGUP", "OK"),
        completed(6, 3),
        gone(7),
    )
    assert of(row, "server", "session_number", "channel", "uniqueid", "technology") == (
        "pbx", 0, CHANNEL, UNIQUEID, "Spandsp",
    )  # fmt: skip
    assert of(row, "operation", "state", "transport", "file_names") == ("receive", "Active", "G.711", [FILE])
    assert of(row, "snapshots", "pages_observed", "pages") == (4, 2, 3)
    assert of(row, "first_snapshot_at", "last_snapshot_at", "completed_at", "gone_at", "last_row_at") == (
        at(1), at(4), at(6), at(7), at(7),
    )  # fmt: skip
    assert of(row, "error_correction_mode", "bad_lines_measurable", "bad_lines_counted_by") == (False, True, "page")
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (9600, 7200, 7200, 1)
    assert of(row, "x_resolution", "y_resolution") == (8031, 3850)
    assert of(row, "completed", "status", "error", "status_text") == (True, "SUCCESS", "HANGUP", "OK")
    assert of(row, "is_fax", "first_position", "last_position") == (True, 1, 10)


def test_nothing_is_measured_before_negotiation(database: psycopg.Connection) -> None:
    row = facts(database, before_negotiation(0), before_negotiation(1))
    names = ("error_correction_mode", "first_data_rate", "last_data_rate", "lowest_data_rate")
    assert of(row, *names) == (None, None, None, None)
    assert of(row, "rate_falls", "bad_lines_measurable", "pages_observed", "pages") == (None, False, 0, 0)


def test_an_entry_without_detail_is_a_snapshot_without_measurements(database: psycopg.Connection) -> None:
    row = facts(database, entry(0))
    assert of(row, "snapshots", "state", "transport") == (1, "Active", "G.711")
    assert of(row, "pages", "last_data_rate", "x_resolution") == (None, None, None)


@pytest.mark.parametrize(
    ("records", "measurable"),
    [
        pytest.param(receiving((0, 1, 0)), True, id="a receiver without ECM"),
        pytest.param(receiving((0, 1, 0), error_correction_mode=True), False, id="a receiver with ECM"),
        pytest.param(sending((0, 1)), False, id="a sender"),
        pytest.param(gateway((0, 1, 9600)), False, id="a gateway"),
    ],
)
def test_bad_lines_measurable(database: psycopg.Connection, records: list[Any], measurable: bool) -> None:
    assert facts(database, records)["bad_lines_measurable"] is measurable


def test_a_technology_that_counts_per_session(database: psycopg.Connection) -> None:
    database.execute("insert into fax.technology (technology, bad_lines_counted_by) values ('Other', 'session')")
    row = facts(database, snapshot(0, technology="Other"))
    assert of(row, "technology", "bad_lines_counted_by") == ("Other", "session")


def test_a_completion_without_a_count_leaves_the_observed_pages(database: psycopg.Connection) -> None:
    row = facts(database, receiving((0, 1, 0), (1, 3, 0)), completed(2, None))
    assert of(row, "pages_observed", "pages", "completed") == (2, 2, True)


def test_a_fax_that_was_never_listed(database: psycopg.Connection) -> None:
    row = facts(
        database,
        begins(0, AppData="/a.tif&/b.tif,z", CallerIDNum="5550001"),
        result(1, "FAILED", "FILE_ERROR", "error reading file"),
        hangup(2),
    )
    assert of(row, "session_number", "snapshots", "operation", "technology") == (None, 0, "send", None)
    assert of(row, "is_fax", "completed", "file_names") == (True, False, ["/a.tif", "/b.tif"])
    assert of(row, "status", "error", "status_text") == ("FAILED", "FILE_ERROR", "error reading file")
    assert row["caller_number"] == "5550001"


def test_channel_headers_prefer_completion_to_status_to_start(
    database: psycopg.Connection,
) -> None:
    begun, asked = begins(0, CallerIDNum="1"), channel_status(2, CallerIDNum="2", DNID="5550177")
    row = facts(database, begun, snapshot(1), asked)
    assert of(row, "caller_number", "called_number") == ("2", "5550177")
    row = facts(database, completed(3, 0, CallerIDNum="3"))
    assert of(row, "caller_number", "called_number") == ("3", "5550177")


def test_station_ids_come_from_variables_if_no_event_has_them(database: psycopg.Connection) -> None:
    variables = [variable(1, "LOCALSTATIONID", "+1 555"), variable(1.1, "REMOTESTATIONID", 'the \\"fax\\"')]
    row = facts(database, snapshot(0), variables)
    assert of(row, "local_station_id", "remote_station_id") == ("+1 555", 'the "fax"')
    row = facts(database, completed(2, 0, LocalStationID="ours", RemoteStationID=""))
    assert of(row, "local_station_id", "remote_station_id") == ("ours", 'the "fax"')


def test_blank_is_not_reported(database: psycopg.Connection) -> None:
    row = facts(database, snapshot(0), result(1, "", "", ""))
    assert of(row, "status", "error", "status_text") == (None, None, None)


def test_the_next_life_ends_a_session_without_another_end(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(100, of=life(started=50)))
    rows = read(database, "select * from fax.session_facts order by started_at")
    assert [row["next_life_at"] for row in rows] == [at(50), None]
    assert [row["gone_at"] for row in rows] == [None, None]
