"""JSON Lines: the columns of CSV, with JSON types."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from faxstore.export import datasets
from faxstore.export.selection import Selection
from tests.export.test_csv import HOSTILE
from tests.kit.exported import append_stations, csv_rows, csv_text, jsonl_rows, written
from tests.kit.given import append, completed, receiving

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
EVERY = datasets.sessions(Selection())


def test_values_are_typed(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (30, 1, 3)), completed(30.25, 1))
    (row,) = jsonl_rows(dsn, EVERY, tmp_path, "Asia/Kathmandu")
    assert row["started_at"] == "2026-11-02T13:45:00.000000+05:45"
    assert (row["pages"], row["duration_seconds"], row["bad_lines_measurable"]) == (1, 30.25, True)
    assert row["file_names"] == ["/var/spool/asterisk/fax/1.tif"]
    assert row["account_code"] is None


def test_columns_are_those_of_csv(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 3)), completed(12, 2))
    selections = (datasets.sessions, datasets.pages, datasets.timeline, datasets.history)
    for rows in [*(make(Selection()) for make in selections), datasets.usage(Selection(), "day")]:
        objects = jsonl_rows(dsn, rows, tmp_path)
        assert [list(row) for row in objects] == [list(row) for row in csv_rows(csv_text(dsn, rows, tmp_path))]
        assert len(objects) > 0


def test_details_of_an_event_are_an_object(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0)), completed(2, 1, RemoteStationID="a"))
    assert jsonl_rows(dsn, datasets.history(Selection()), tmp_path)[-1]["details"] == {"RemoteStationID": "a"}


def test_hostile_station_ids_break_no_line_and_steer_no_terminal(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    append_stations(database, HOSTILE)
    rows = jsonl_rows(dsn, EVERY, tmp_path)
    assert [row["remote_station_id"] for row in rows] == [row["account_code"] for row in rows] == HOSTILE
    assert STEERING.findall(written(dsn, EVERY, tmp_path, "jsonl").read_bytes().decode()) == []


def test_without_rows_the_file_is_empty(dsn: str, tmp_path: Path) -> None:
    assert jsonl_rows(dsn, EVERY, tmp_path) == []
