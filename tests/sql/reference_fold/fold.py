"""The fold: from the plain rows of the history to the rows of the views.

This is the specification of fax.sessions, fax.session_pages and fax.session_timeline in plain Python.  Read it in this
order: row.py (what a row means), attempts.py (streams, pages, attempts), facts.py (a session as a whole), session.py,
page.py, timeline.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sql.reference_fold.facts import Session
from tests.sql.reference_fold.page import pages
from tests.sql.reference_fold.row import Row
from tests.sql.reference_fold.session import ClassOf, session
from tests.sql.reference_fold.timeline import timeline

Key = tuple[Any, ...]
Table = dict[Key, dict[str, Any]]


@dataclass
class Views:
    """The rows of the three views: by session, by session and page, by session and moment."""

    sessions: Table = field(default_factory=dict)
    pages: Table = field(default_factory=dict)
    timeline: Table = field(default_factory=dict)


def fold(
    named: Iterable[Row],
    history: Iterable[Row],
    epochs: Iterable[Row],
    counted_by: Mapping[str, str],
    class_of: ClassOf,
) -> Views:
    """The views of a whole history, from the rows of fax.session, fax.session_history and fax.epoch."""
    rows: dict[Any, list[Row]] = defaultdict(list)
    for row in history:
        rows[row["session_id"]].append(row)
    lives = list(epochs)
    views = Views()
    for one in named:
        fax = Session(one, rows[one["session_id"]], lives, counted_by)
        views.timeline |= {(row["session_id"], row["observed_at"]): row for row in timeline(fax)}
        if fax.is_listed:
            views.sessions[one["session_id"],] = session(fax, class_of)
            views.pages |= {(row["session_id"], row["page"]): row for row in pages(fax)}
    return views
