"""fax.session_rows: one interpreted row of the history."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.kit.given import (
    FILE,
    append,
    before_negotiation,
    completed,
    entry,
    gateway,
    gone,
    of,
    read,
    receiving,
    sending,
    snapshot,
    status,
    variable,
)


@pytest.mark.parametrize(
    ("given", "pages"),
    [
        (receiving((0, 3, 0)), 2),
        (sending((0, 3)), 2),
        (sending((0, 3), pages_received=9), 2),
        (gateway((0, 3, 9600)), 2),
        ([entry(0)], None),
        ([entry(0, operation="V.21")], None),
        ([snapshot(0, operation="none", page_number=3)], None),
        ([snapshot(0, pages_received=None)], None),
    ],
)
def test_pages_are_counters_or_page_number_minus_one(
    database: psycopg.Connection, given: list[Any], pages: int | None
) -> None:
    append(database, given)
    assert [row["pages"] for row in read(database, "select pages from fax.session_rows")] == [pages]


@pytest.mark.parametrize(
    ("given", "measured"),
    [
        ([snapshot(0)], True),
        ([before_negotiation(0)], False),
        ([snapshot(0, x_resolution=0)], True),
        ([entry(0)], None),
        (gateway((0, 1, 0)), False),
        (gateway((0, 1, 9600)), True),
    ],
)
def test_measurements_count_after_negotiation(
    database: psycopg.Connection, given: list[Any], measured: bool | None
) -> None:
    append(database, given)
    (row,) = read(database, "select * from fax.session_rows")
    assert row["measured"] is measured
    assert of(row, "data_rate", "error_correction_mode") == ((9600, False) if measured else (None, None))


def test_the_history_contains_defaults_as_sent(database: psycopg.Connection) -> None:
    append(database, before_negotiation(0))
    (row,) = read(database, "select data_rate, x_resolution, error_correction_mode from fax.session_history")
    assert tuple(row.values()) == (14400, 0, False)


def test_polls_are_snapshots_and_events_are_not(database: psycopg.Connection) -> None:
    append(database, snapshot(0), entry(1), status(2, "x"), variable(3, "FAXMODE", "audio"), completed(4, 1), gone(5))
    rows = read(database, "select event, is_snapshot from fax.session_rows order by observed_at")
    assert [row["event"] for row in rows if row["is_snapshot"]] == ["FAXSession", "FAXSessionsEntry"]
    assert [row["event"] for row in rows if not row["is_snapshot"]] == ["FAXStatus", "VarSet", "ReceiveFAX", "Gone"]


def test_other_columns_are_as_observed(database: psycopg.Connection) -> None:
    append(database, snapshot(0, details={"Unheard": "of"}), collector="host1")
    (row,) = read(database, "select * from fax.session_rows")
    assert of(row, "state", "session_type", "page_number", "total_bad_lines", "file_name", "details") == (
        "Active", "G.711", 1, 0, FILE, {"Unheard": "of"},
    )  # fmt: skip
    assert of(row, "collector_id", "position", "operation") == ("host1", 1, "receive")
