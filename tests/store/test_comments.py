"""Every object of the schema has a comment, and tables.py matches the columns and types of the database."""

from __future__ import annotations

import re

import psycopg
import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from faxstore.store import tables
from tests.kit.given import read

COLUMNS = """
select c.relname || '.' || a.attname as name, c.relkind = 'v' as is_view, a.attname as column,
       coalesce(col_description(c.oid, a.attnum), '') as comment
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'v', 'p') and not c.relispartition
  and has_table_privilege('fax_reader', c.oid, 'select') and c.relname <> 'alembic_version'
order by 1
"""
"""All columns that fax_reader may read."""

NEVER_NULL = {
    "sessions": "session_id server epoch_id started_at end_observed_by bad_lines_measurable result snapshots"
    " first_position last_position overlaps_gap",
    "session_pages": "session_id server started_at page",
    "session_timeline": "session_id started_at observed_at event changes collector_id position",
    "session_rows": "session_id started_at observed_at position collector_id event is_snapshot",
    "page_attempts": "session_id started_at page attempt first_seen_at last_seen_at snapshots kept",
    "usage_daily": "day server sessions successes failures unknown_ends unknown_durations source",
    "quality_by_peer": "sessions measurable_pages resent_pages successes failures unknown_ends",
    "failures": "day server sessions after_a_page faxes share unknown_share",
    "coverage_gaps": "server began_at reason reasons sessions",
    "reconciliation": "server collector_id from_at to_at day restarted transmit_attempts_seen receive_attempts_seen"
    " completed_seen failed_seen",
    "rejected_messages": "server observed_at reason raw collector_id",
    "session_charges": "session_id started_at server result rule",
    "job_attempts": "session_id started_at server names_fax result source",
    "jobs": "job_id server first_attempt_at last_attempt_at in_progress attempts result attempts_without_seconds"
    " last_session_id session_ids source",
}
"""The columns of each view that are never NULL."""


def test_every_table_and_view_has_a_comment(database: psycopg.Connection) -> None:
    found = read(
        database,
        "select relname, coalesce(obj_description(oid, 'pg_class'), '') as comment from pg_class"
        " where relnamespace = 'fax'::regnamespace and relkind in ('r', 'v', 'p') and not relispartition"
        " and relname <> 'alembic_version' order by 1",
    )
    assert len(found) >= 13
    assert [row["relname"] for row in found if len(row["comment"]) < 20] == []


def test_every_readable_column_has_a_comment(database: psycopg.Connection) -> None:
    found = read(database, COLUMNS)
    assert len(found) > 150
    assert [row["name"] for row in found if len(row["comment"]) < 8] == []


def test_every_function_has_a_comment(database: psycopg.Connection) -> None:
    found = read(
        database,
        "select oid::regprocedure::text as name, coalesce(obj_description(oid, 'pg_proc'), '') as comment"
        " from pg_proc where pronamespace = 'fax'::regnamespace order by 1",
    )
    assert len(found) > 10
    assert [row["name"] for row in found if len(row["comment"]) < 20] == []


def test_every_partition_repeats_the_comments_of_the_history(database: psycopg.Connection) -> None:
    found = read(
        database,
        "select count(*) as columns, count(col_description(c.oid, a.attnum)) as commented"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relname ~ '^observation_[0-9]' and c.relkind = 'r'",
    )
    assert found[0]["columns"] == found[0]["commented"] > 0


@pytest.mark.parametrize("view", NEVER_NULL)
def test_a_column_comment_says_when_it_is_null_or_it_never_is(database: psycopg.Connection, view: str) -> None:
    found = [row for row in read(database, COLUMNS) if row["name"].startswith(f"{view}.")]
    silent = {str(row["column"]) for row in found if not re.search(r"NULL (if|for)\b", row["comment"])}
    assert silent == set(NEVER_NULL[view].split())


@pytest.mark.parametrize(
    ("relation", "base", "mark"),
    [
        ("sessions_masked", "sessions", "(masked)"),
        ("jobs_masked", "jobs", "(masked)"),
        ("export_line", "sessions", "(personal)"),
    ],
)
def test_derived_columns_have_the_comments_of_their_view(
    database: psycopg.Connection, relation: str, base: str, mark: str
) -> None:
    comments = {str(row["name"]): str(row["comment"]) for row in read(database, COLUMNS)}
    shared = [name for name in comments if name.startswith(f"{relation}.") and f"{base}.{column(name)}" in comments]
    assert len(shared) > 20
    for name in shared:
        assert comments[name].startswith(comments[f"{base}.{column(name)}"].replace("(personal)", mark)), name


def column(name: str) -> str:
    return name.partition(".")[2]


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("sessions.duration_seconds", "seconds"),
        ("sessions.first_data_rate", "bit/s"),
        ("sessions.last_data_rate", "bit/s"),
        ("sessions.lowest_data_rate", "bit/s"),
        ("sessions.x_resolution", "pixels per metre"),
        ("sessions.y_resolution", "pixels per metre"),
        ("session_pages.seconds", "seconds"),
        ("session_pages.data_rate", "bit/s"),
        ("session_timeline.seconds_since_change", "seconds"),
        ("session_timeline.data_rate", "bit/s"),
        ("session_history.data_rate", "bit/s"),
        ("session_history.x_resolution", "pixels per metre"),
        ("session_history.y_resolution", "pixels per metre"),
        ("sessions.poll_gap_seconds", "seconds"),
        ("session_pages.poll_gap_seconds", "seconds"),
        ("session_pages.bad_line_ratio_estimated", "ratio"),
        ("usage_daily.seconds", "seconds"),
        ("job_attempts.duration_seconds", "seconds"),
        ("job_window.hours", "hours"),
        ("jobs.seconds", "seconds"),
        ("quality_by_peer.seconds_per_page", "seconds"),
        ("quality_by_peer.bad_line_ratio_estimated", "ratio"),
        ("failures.unknown_share", "ratio"),
        ("coverage_gaps.seconds", "seconds"),
        ("quality_class.bad_line_ratio_below", "ratio"),
        ("rate.per_page", "currency"),
        ("rate.first_seconds", "seconds"),
        ("rate.first_charge", "currency"),
        ("rate.interval_seconds", "seconds"),
        ("rate.per_interval", "currency"),
        ("rate.minimum_charge", "currency"),
        ("session_charges.seconds", "seconds"),
        ("session_charges.pages_charge", "currency"),
        ("session_charges.time_charge", "currency"),
        ("session_charges.charge", "currency"),
    ],
)
def test_the_comment_of_a_measure_contains_its_unit(database: psycopg.Connection, column: str, unit: str) -> None:
    (comment,) = [row["comment"] for row in read(database, COLUMNS) if row["name"] == column]
    assert unit in comment.lower()


PERSONAL = """
export_line: called_number caller_number local_station_id remote_station_id
exportable_faxes: called_number caller_number local_station_id remote_station_id
folded_total: called_number caller_number channel file_names local_station_id remote_station_id
job_attempts: called_number caller_number file_names job_key remote_station_id
jobs: called_number caller_number file_names remote_station_id
peer_sessions: peer peer_key
pseudonym: value
quality_by_peer: peer
recording_part: reader_state
rejected_message: raw
rejected_messages: raw
reported_fax: called_number caller_number local_station_id raw remote_station_id
session: channel
session_charges: called_number
session_events: arguments channel_event channel_status channel_variable completion dial settings
session_evidence: events session snapshots
session_facts: called_number caller_number channel file_names local_station_id remote_station_id
session_fold: called_number caller_number channel file_names local_station_id remote_station_id
session_history: details file_name
session_pack: rows
observation: details file_name
session_rows: details file_name
session_snapshots: file_names
session_total: called_number caller_number channel file_names local_station_id remote_station_id
sessions: called_number caller_number channel file_names local_station_id remote_station_id
waiting_record: body
"""
"""Columns with numbers, station ids, names, file names, or headers as sent."""


def test_personal_columns_and_no_others_are_marked(database: psycopg.Connection) -> None:
    found = read(
        database,
        "select c.relname, string_agg(a.attname, ' ' order by a.attname) as columns"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'v', 'p') and not c.relispartition"
        " and col_description(c.oid, a.attnum) like '%%(personal%%' group by 1 order by 1",
    )
    expected = dict(line.split(": ") for line in PERSONAL.strip().splitlines())
    assert {row["relname"]: row["columns"] for row in found} == expected


# -- tables.py --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", tables.METADATA.sorted_tables, ids=lambda table: str(table.name))
def test_tables_py_matches_the_database(database: psycopg.Connection, table: Table) -> None:
    found = database.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [f"fax.{table.name}"],
    ).fetchall()
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert [(column.name, column.type.compile(dialect).lower()) for column in table.columns] == found


def test_tables_py_has_the_three_views_and_the_history() -> None:
    assert {"sessions", "session_pages", "session_timeline", "session_history"} <= {
        table.name for table in tables.METADATA.sorted_tables
    }
