"""Every real recording, imported into an empty database, gives what really happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from faxstore.ingest.importer import Summary, import_file
from tests.kit import truth
from tests.kit.databases import fresh

Row = dict[str, Any]


@dataclass(frozen=True)
class Imported:
    """A recording, and the database into which only it was imported."""

    recording: str
    database: psycopg.Connection
    summary: Summary


@pytest.fixture(scope="module")
def imported(server: str, template: str, request: pytest.FixtureRequest) -> Iterator[Imported]:
    """Imports the recording that the test's parameter names; all tests of one recording share it."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        path = str(truth.path(request.param))
        yield Imported(request.param, database, import_file(database, path, "pbx", lambda _: None))


EACH = pytest.mark.parametrize("imported", truth.RECORDINGS, indirect=True)
RESTARTED = [name for name in truth.RECORDINGS if name.startswith("restart")]
KILLED = [name for name in RESTARTED if name.startswith("restart-hard")]


@EACH
def test_the_sessions_are_those_of_the_truth(imported: Imported) -> None:
    database, recording, summary = imported.database, imported.recording, imported.summary
    sessions = rows(database, "select * from fax.sessions order by started_at")
    faxes = [row for row in sessions if row["direction"] != "detector"]

    # One row for each session that the wire listed, and one for each fax end that the server logged.
    early = [row for row in faxes if row["snapshots"] == 0]
    listed = [row for row in faxes if row["snapshots"] > 0]
    assert len(sessions) == len(listed_on_the_wire(recording)) + len(early)
    assert all(row["server"] == "pbx" for row in sessions)
    ends = truth.ends(recording)
    if recording == "restart-hard-16":  # a killed server logs no end: the truth lacks the four faxes that were running
        assert len(listed) == len(ends) + 4
    else:
        assert len(listed) == len(ends)
    check_early(early, truth.failed_early(recording))
    assert (summary.repeats, summary.rejected, summary.unfinished) == (0, 0, 0)

    for end in ends:
        row = the_one(listed, end, last_of_its_number=recording.startswith("restart-hard"))
        check_pages(database, recording, row, end)
        check_result(recording, row, end)
        check_bad_lines(database, recording, row)


@EACH
def test_the_servers_own_counters_are_reconciled(imported: Imported) -> None:
    """Between the first and the last FAXStats of a connection no attempt is missing and none is extra."""
    recording = imported.recording
    found = rows(imported.database, "select * from fax.reconciliation order by to_at")
    expected = [line for line in truth.lines(recording) if line["text"].startswith("Event: FAXStats")]
    assert len(found) == max(len(expected) - 1, 0)
    for row in found:
        assert row["attempts_missed"] == 0
        if recording.startswith("no-ecm"):  # recorded without events
            continue
        assert (row["completed_seen"], row["failed_seen"]) == (row["completed"], row["failed"])


@pytest.mark.parametrize("imported", RESTARTED, indirect=True)
def test_a_restart_is_a_gap_that_its_faxes_overlap(imported: Imported) -> None:
    """The gap lasts from the last list before the server stopped to the first list after its start."""
    database, recording = imported.database, imported.recording
    (gap,) = rows(database, "select * from fax.coverage_gaps where ended_at is not null")
    lists = [line["ts"] for line in truth.lines(recording) if line["text"].startswith("Event: FAXSessionsComplete")]
    down = next(line["ts"] for line in truth.lines(recording) if line["text"].startswith("disconnected"))
    assert gap["reason"] == "connection lost"
    assert gap["began_at"].timestamp() == pytest.approx(max(ts for ts in lists if ts < down), abs=0.001)
    assert gap["ended_at"].timestamp() == pytest.approx(min(ts for ts in lists if ts > down), abs=0.001)
    cut = rows(database, "select * from fax.sessions where end_observed_by = 'server_restart'")
    assert all(row["overlaps_gap"] for row in cut)
    for row in cut:  # a killed server ended them when the connection broke
        assert row["ended_not_before"].timestamp() <= down <= row["ended_not_after"].timestamp()


@pytest.mark.parametrize("imported", KILLED, indirect=True)
def test_what_a_crash_cut_off_ends_with_the_server(imported: Imported) -> None:
    database = imported.database
    cut = rows(database, "select * from fax.sessions where end_observed_by = 'server_restart' order by session_number")
    assert [row["session_number"] for row in cut] == [0, 1, 2, 3]
    assert {row["result"] for row in cut} == {"unknown"}
    later = rows(database, "select * from fax.sessions where end_observed_by <> 'server_restart'")
    assert {row["end_observed_by"] for row in later} == {"completion"}
    assert {row["epoch_id"] for row in cut}.isdisjoint(row["epoch_id"] for row in later)


def check_early(early: list[Row], ends: list[truth.End]) -> None:
    """A fax that failed before Asterisk created a session is known from its events: its kind and its error."""
    told = sorted((row["operation"], row["channel"], row["result"], row["result_text"], row["pages"]) for row in early)
    assert told == sorted((end.operation, end.channel, "failed", end.text, None) for end in ends)
    assert [row["result_error"] for row in early] == [end.error for end in ends]
    assert {row["session_number"] for row in early} <= {None}


def rows(database: psycopg.Connection, query: str, *parameters: object) -> list[Row]:
    return database.cursor(row_factory=dict_row).execute(query, parameters).fetchall()


def listed_on_the_wire(recording: str) -> set[tuple[int, str]]:
    """The sessions in all FAXSessionsEntry events, by connection and number, read without faxstore."""
    found, connection = set(), 0
    for line in truth.lines(recording):
        connection += line["dir"] == "mark" and line["text"] == "connected"
        if line["dir"] == "in" and line["text"].startswith("Event: FAXSessionsEntry"):
            found.add((connection, re.findall(r"SessionNumber: (\d+)", line["text"])[0]))
    return found


def the_one(faxes: list[Row], end: truth.End, *, last_of_its_number: bool) -> Row:
    """The one row of an end; among two with the same number and channel (a restart), the one that ended then."""
    found = [
        row
        for row in faxes
        if (row["session_number"], row["operation"], row["channel"]) == (end.session_number, end.operation, end.channel)
    ]
    if last_of_its_number:
        found = found[-1:]
    if len(found) > 1:
        found = [row for row in found if abs(seconds_of(row) - seconds_of_day(end.ended)) < 5]
    assert len(found) == 1, end
    return found[0]


def seconds_of(row: Row) -> float:
    ended: datetime = row["ended_at"].astimezone(UTC)
    return ended.hour * 3600 + ended.minute * 60 + ended.second + ended.microsecond / 1e6


def seconds_of_day(text: str) -> float:
    hours, minutes, seconds = text.split(" ")[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def check_pages(database: psycopg.Connection, recording: str, row: Row, end: truth.End) -> None:
    if (
        end.operation == "gateway"
    ):  # FAXOPT(pages) of a gateway is always 0: its pages are those of the fax that it relayed
        sent = [other for other in truth.truth_of(recording)["ends"] if other["op"] == "send"]
        assert row["pages"] == int(sent[0]["pages"])
    else:
        assert row["pages"] == end.pages
    assert row["pages_observed"] <= row["pages"]
    query = "select count(*) as pages from fax.session_pages where session_id = %s"
    assert rows(database, query, row["session_id"])[0]["pages"] == row["pages"]


def check_result(recording: str, row: Row, end: truth.End) -> None:
    if recording.startswith("no-ecm"):  # recorded without events: FAXSTATUS was not on the wire
        assert (row["result"], row["result_text"], row["end_observed_by"]) == ("unknown", None, "gone")
        return
    assert row["result"] == {"SUCCESS": "success", "FAILED": "failed"}[end.status]
    assert row["result_text"] == end.text
    assert row["end_observed_by"] == ("gone" if end.operation == "gateway" else "completion")


def check_bad_lines(database: psycopg.Connection, recording: str, row: Row) -> None:
    """The bad lines that the receiver without ECM counted per page are in its TIFF."""
    if row["operation"] != "receive" or row["error_correction_mode"] is not False:
        assert row["bad_lines"] is None
        assert not row["bad_lines_measurable"]
        return
    noted = truth.bad_lines_by_page(recording, row["file_names"][0])
    assert noted is not None
    query = "select bad_lines from fax.session_pages where session_id = %s order by page"
    counted = [page["bad_lines"] for page in rows(database, query, row["session_id"])]
    assert counted == noted
    assert (row["bad_lines"], row["worst_page_bad_lines"]) == (sum(noted), max(noted))
