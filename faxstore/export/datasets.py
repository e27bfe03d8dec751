"""What can be exported: the rows of a view, in order, with their unit in their name.

The period of every data set is that of the sessions' beginnings, so that a session's pages are where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, DateTime, FromClause, Numeric, Select, Text, column, func, literal, select

from faxstore.export.selection import Selection
from faxstore.store.tables import MOMENT, session, session_history, session_pages, session_timeline
from faxstore.store.tables import sessions as session_view

UNITS = {
    "data_rate": "bits_per_second",
    "first_data_rate": "bits_per_second",
    "last_data_rate": "bits_per_second",
    "lowest_data_rate": "bits_per_second",
    "x_resolution": "pixels_per_metre",
    "y_resolution": "pixels_per_metre",
}
"""The unit of a view's column whose name does not tell it; a file has it in the name."""


@dataclass(frozen=True)
class Rows:
    """Rows to be written: a query, the columns by which they are ordered, and the one that tells their month."""

    query: Select[Any]
    order: tuple[str, ...]
    moment: str = "started_at"


def with_units(rows: Rows) -> Rows:
    """The same rows, each column with its unit in its name."""
    columns = [
        each.label(f"{each.name}_{UNITS[each.name]}") if each.name in UNITS else each
        for each in rows.query.selected_columns
    ]
    return replace(rows, query=rows.query.with_only_columns(*columns))


def sessions(selection: Selection) -> Rows:
    """fax.sessions."""
    return Rows(_selected(select(session_view), session_view, selection), ("started_at", "session_id"))


def pages(selection: Selection) -> Rows:
    """fax.session_pages."""
    return Rows(_selected(select(session_pages), session_pages, selection), ("started_at", "session_id", "page"))


def timeline(selection: Selection) -> Rows:
    """fax.session_timeline, with the server of the session."""
    order = ("started_at", "session_id", "observed_at", "position")
    return Rows(_with_server(session_timeline, selection), order)


def history(selection: Selection) -> Rows:
    """fax.session_history, with the server of the session, in the order of the history."""
    return Rows(_with_server(session_history, selection), ("position",))


def usage(selection: Selection, bucket: str) -> Rows:
    """fax.usage() of the period, whose moments are local times of its zone."""
    since, until = (
        literal("-infinity" if selection.since is None else selection.since.isoformat(" ")).cast(DateTime),
        literal("infinity" if selection.until is None else selection.until.isoformat(" ")).cast(DateTime),
    )
    counts = ("sessions", "pages", "bad_lines")
    found = func.fax.usage(since, until, selection.zone, bucket).table_valued(
        *(column(name, MOMENT) for name in ("bucket_start", "bucket_end")),
        *(column(name, Text()) for name in ("server", "account_code", "direction")),
        *(column(name, BigInteger()) for name in counts),
        column("seconds", Numeric()),
        *(column(name, BigInteger()) for name in ("successes", "failures", "unknown_ends")),
        name="usage",
    )
    query = select(found).where(*selection.wanted(found))
    return Rows(query, ("bucket_start", "server", "account_code", "direction"), "bucket_start")


def _selected(query: Select[Any], view: FromClause, selection: Selection) -> Select[Any]:
    query = query.where(*selection.period(view.c.started_at), *selection.wanted(view))
    return query.where(selection.of_sessions(view)) if selection.asks_for_more(view) else query


def _with_server(view: FromClause, selection: Selection) -> Select[Any]:
    session_id, *others = view.c
    query = select(session_id, session.c.server, *others).join_from(
        view, session, view.c.session_id == session.c.session_id
    )
    query = query.where(*selection.period(view.c.started_at), *selection.wanted(session))
    beyond = selection.asks_for_more(session)
    return query.where(selection.of_sessions(view)) if beyond else query
