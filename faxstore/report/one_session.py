"""`faxstore show`: one session with its totals, its evidence, its pages and its timeline."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO
from uuid import UUID

from psycopg.rows import dict_row
from rich.table import Table as Grid
from rich.text import Text
from sqlalchemy import Select, Table, select

from faxstore.errors import UsageError
from faxstore.export.rows import compile_query
from faxstore.report.formats import Row, write_json
from faxstore.report.tables import Column, cell_text, console, fields, table
from faxstore.store.database import Connection, one_moment
from faxstore.store.short_ids import find_session
from faxstore.store.tables import session_pages, session_timeline, sessions

FACTS = (
    ("who", ("server", "session_number", "direction", "channel", "uniqueid", "account_code")),
    ("parties", ("caller_number", "called_number", "local_station_id", "remote_station_id", "file_names")),
    ("when", ("started_at", "ended_at", "duration_seconds")),
    ("result", ("result", "result_class", "result_text")),
    ("pages", ("pages", "bad_lines", "bad_lines_discarded", "worst_page_bad_lines")),
    ("line", ("transport", "error_correction_mode", "first_data_rate", "last_data_rate", "rate_falls", "resolution")),
    ("evidence", ("end_observed_by", "snapshots", "pages_observed", "first_position", "last_position")),
)
"""The columns of fax.sessions in each line of the text form."""

PAGES = fields(
    "page", "seconds", "attempts", "bad_lines", ("discarded", "bad_lines_discarded"), ("bit/s", "data_rate"),
    "resolution", "quality",
)  # fmt: skip
TIMELINE = (
    Column("observed", lambda row: row["observed_at"].astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]),
    *fields(
        ("seconds", "seconds_since_change"), ("page", "page_number"), ("pages done", "pages"), "bad_lines",
        ("bit/s", "data_rate"), ("ECM", "error_correction_mode"), "transport",
    ),
    Column("change", lambda row: row["note"] or ", ".join(row["changes"])),
)  # fmt: skip


class SessionReport(NamedTuple):
    """One session with its pages and its timeline."""

    session: Row
    pages: Sequence[Row]
    timeline: Sequence[Row]


def show(connection: Connection, wanted: str, *, as_json: bool = False) -> None:
    """Print a session.  `wanted` is its id, or a beginning of it that no other id has.  Raises UsageError."""
    with one_moment(connection):
        report = _gather(connection, *find_session(connection, wanted, "show"))
    write_json(report._asdict(), sys.stdout) if as_json else _as_text(report, sys.stdout)


def _gather(connection: Connection, session_id: UUID, started_at: datetime) -> SessionReport:
    def rows(view: Table, *order: str) -> Sequence[Row]:
        query = select(view).where(view.c.session_id == session_id, view.c.started_at == started_at)
        return _rows(connection, query.order_by(*(view.c[name] for name in order)))

    found = rows(sessions)
    if not found:
        raise UsageError(f"show: {session_id} is not a session: never listed, and no completion event")
    return SessionReport(found[0], rows(session_pages, "page"), rows(session_timeline, "observed_at", "position"))


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Row]:
    statement, parameters = compile_query(query)
    return connection.cursor(row_factory=dict_row).execute(statement.encode(), parameters).fetchall()


def _as_text(report: SessionReport, out: TextIO) -> None:
    screen = console(out)
    screen.print(Text(f"session {report.session['session_id']}", style="bold"))
    facts = Grid.grid(padding=(0, 2))
    for title, names in FACTS:
        cells = ((name.replace("_", " "), cell_text(report.session[name])) for name in names)
        known = [f"{name} {cell}" for name, cell in cells if cell]
        facts.add_row(Text(title, style="bold"), Text(" · ".join(known) or "unknown"))
    screen.print(facts)
    screen.print()
    if report.pages:
        screen.print(Text("pages", style="bold"))
        screen.print(table(report.pages, PAGES))
    screen.print(Text("timeline (UTC)", style="bold"))
    screen.print(table(report.timeline, TIMELINE))
