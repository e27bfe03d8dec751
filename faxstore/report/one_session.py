"""`faxstore show`: one session with its totals, its evidence, its pages and its timeline."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from functools import partial
from itertools import chain
from typing import NamedTuple

from psycopg.rows import dict_row

from faxstore.api import one_session
from faxstore.archive.months import archive_of
from faxstore.export.units import row_with_units
from faxstore.report.columns import Column, Long, cell_text, fields
from faxstore.report.course import course
from faxstore.report.formats import Row, write_json
from faxstore.report.screen import Screen
from faxstore.store.database import Connection, one_moment
from faxstore.store.rights import reads_masked
from faxstore.store.tables import sessions, sessions_masked
from faxstore.visible import visible

FACTS = (
    ("who", ("server", "session_number", "direction", "channel", "uniqueid", "account_code")),
    ("parties", ("caller_number", "called_number", "local_station_id", "remote_station_id", "file_names", "files")),
    ("when", ("started_at", "ended_at", "duration_seconds")),
    ("result", ("result", "result_class", "result_text")),
    ("pages", ("pages", "bad_lines", "bad_lines_discarded", "worst_page_bad_lines")),
    ("line", ("transport", "error_correction_mode", "first_data_rate", "last_data_rate", "rate_falls", "resolution")),
    ("evidence", ("end_observed_by", "snapshots", "pages_observed", "first_position", "last_position")),
)
"""The columns of fax.sessions or fax.sessions_masked in each line of the text form."""

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
    Column("change", lambda row: row["note"] or ", ".join(row["changes"]).replace("_", " "), long=Long.WRAP),
)  # fmt: skip

Rows = Callable[[], Iterator[Row]]
"""Reads rows of the session from the first one on."""


class SessionReport(NamedTuple):
    """One session with its pages and its timeline."""

    session: Row
    pages: Sequence[Row]
    timeline: Sequence[Row]


def show(connection: Connection, wanted: str, screen: Screen, *, as_json: bool = False) -> None:
    """Print a session.  `wanted` is its id, or a beginning of it that no other id has.  Raises UsageError."""
    with one_moment(connection):
        view = sessions_masked if reads_masked(connection) else sessions
        key, session = one_session.find(connection, wanted, "show", view, dict_row)
        folder = archive_of(connection, key.session_id)
        pages = partial(one_session.pages, connection, key, dict_row)
        timeline = partial(one_session.timeline, connection, key, dict_row)
        if as_json:
            report = SessionReport(row_with_units(session), _with_units(pages()), _with_units(timeline()))
            write_json(report._asdict(), sys.stdout)
        else:
            _as_text(screen, session, pages, timeline, folder)


def _with_units(rows: Iterator[Row]) -> Sequence[Row]:
    return [row_with_units(row) for row in rows]


def _as_text(screen: Screen, session: Row, pages: Rows, timeline: Rows, folder: str | None) -> None:
    screen.line(f"session {session['session_id']}")
    for title, names in FACTS:
        cells = ((name.replace("_", " "), cell_text(session[name])) for name in names if name in session)
        known = [f"{name} {cell}" for name, cell in cells if cell]
        screen.line(f"{title:10}{' · '.join(known) or 'unknown'}", indent=" " * 10, separator=" · ")
    screen.line()
    _draw_course(screen, session, pages, timeline)
    every_page = pages()
    first = next(every_page, None)
    if first is not None:
        screen.line("pages")
        screen.table(chain([first], every_page), PAGES)
        screen.line()
    screen.line("timeline (UTC)")
    if folder is not None:
        month = session["started_at"].astimezone(UTC).strftime("%Y-%m")
        screen.line(f"its rows are in the archive {visible(folder)}: run faxstore partitions restore {month}")
    screen.table(timeline(), TIMELINE)


def _draw_course(screen: Screen, session: Row, pages: Rows, timeline: Rows) -> None:
    lines = list(course(session, pages(), timeline(), screen.width or 0)) if screen.draws else []
    for line in lines:
        screen.line(line)
    if lines:
        screen.line()
