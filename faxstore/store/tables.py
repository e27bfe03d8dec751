"""The tables and views that queries are built from, as SQLAlchemy sees them: their columns, in order, with their types.

The schema itself is in faxstore/sql; a test compares these columns with the database.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, DateTime, Integer, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

METADATA = MetaData(schema="fax")

MOMENT = DateTime(timezone=True)

_TYPES: dict[str, TypeEngine[Any]] = {
    "bigint": BigInteger(),
    "boolean": Boolean(),
    "integer": Integer(),
    "jsonb": JSONB(),
    "numeric": Numeric(),
    "text": Text(),
    "text[]": ARRAY(Text),
    "timestamptz": MOMENT,
    "uuid": Uuid(),
    "uuid[]": ARRAY(Uuid),
}


def _relation(name: str, columns: str) -> Table:
    """A table or view of the schema fax, from its columns as SQL writes them: `name type, name type`."""
    return Table(name, METADATA, *columns_of(columns))


def columns_of(text: str) -> list[Column[Any]]:
    """Columns as SQL writes them: `name type, name type`."""
    named_types = (column.split() for column in text.split(","))
    return [Column(name, _TYPES[kind]) for name, kind in named_types]


def _masked(view: Table) -> Table:
    """The view without personal values (faxstore/sql/folds/make_masked_view.sql)."""
    kept = (column for column in view.c if column.name != "channel")
    columns = (("files", Integer()) if column.name == "file_names" else (column.name, column.type) for column in kept)
    return Table(f"{view.name}_masked", METADATA, *(Column(name, kind) for name, kind in columns))


session = _relation(
    "session",
    """
    session_id uuid, started_at timestamptz, session_number bigint, epoch_id uuid, is_open boolean, is_fax boolean,
    server text, operation text, channel text, uniqueid text, technology text
    """,
)
session_history = _relation(
    "session_history",
    """
    session_id uuid, started_at timestamptz, observed_at timestamptz, position bigint, data_rate integer,
    x_resolution integer, y_resolution integer, page_number integer, pages_transmitted integer,
    pages_received integer, total_bad_lines integer, error_correction_mode boolean, event text, operation text,
    state text, session_type text, collector_id text, file_name text, details jsonb
    """,
)
sessions = _relation(
    "sessions",
    """
    session_id uuid, server text, epoch_id uuid, session_number bigint, operation text, direction text,
    channel text, uniqueid text, linkedid text, account_code text, caller_number text, called_number text,
    local_station_id text, remote_station_id text, transport text, file_names text[], started_at timestamptz,
    ended_at timestamptz, duration_seconds numeric, end_observed_by text, state text, pages integer,
    pages_observed integer, bad_lines bigint, bad_lines_discarded bigint, bad_lines_measurable boolean,
    worst_page_bad_lines integer, error_correction_mode boolean, first_data_rate integer,
    last_data_rate integer, lowest_data_rate integer, rate_falls bigint, x_resolution integer,
    y_resolution integer, resolution text, result text, result_class text, result_text text, snapshots bigint,
    first_position bigint, last_position bigint, ended_not_before timestamptz, ended_not_after timestamptz,
    poll_gap_seconds numeric, bad_lines_lower_bound boolean, overlaps_gap boolean, fax_session_id uuid,
    result_error text, started_not_before timestamptz
    """,
)
session_pages = _relation(
    "session_pages",
    """
    session_id uuid, server text, started_at timestamptz, page integer, page_started_at timestamptz,
    page_ended_at timestamptz, seconds numeric, attempts bigint, bad_lines integer, bad_lines_discarded bigint,
    data_rate integer, resolution text, quality text, lines_estimated integer, bad_line_ratio_estimated numeric,
    poll_gap_seconds numeric
    """,
)
session_timeline = _relation(
    "session_timeline",
    """
    session_id uuid, started_at timestamptz, observed_at timestamptz, seconds_since_change numeric, event text,
    changes text[], note text, state text, page_number integer, pages integer, pages_delta bigint,
    bad_lines integer, bad_lines_delta bigint, data_rate integer, error_correction_mode boolean,
    resolution text, transport text, collector_id text, position bigint
    """,
)
jobs = _relation(
    "jobs",
    """
    job_id uuid, server text, account_code text, direction text, caller_number text, called_number text,
    remote_station_id text, file_names text[], first_attempt_at timestamptz, last_attempt_at timestamptz,
    ended_at timestamptz, in_progress boolean, joinable_until timestamptz, attempts bigint, succeeded boolean,
    result text, result_class text, result_text text, transport text, pages integer, seconds numeric,
    attempts_without_seconds bigint, last_session_id uuid, session_ids uuid[], source text
    """,
)
sessions_masked = _masked(sessions)
jobs_masked = _masked(jobs)
