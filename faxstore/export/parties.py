"""The conditions that find a fax by its number or its file, in whole and in masked views.

A masked value shows its last two characters, or only its length if it is shorter than six (sql/folds/masked.sql).
Whether it is a certain number remains unknown: a condition that compared the whole number would let its reader find
every masked number by trying (decision 0028).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, func, literal, or_, select

from faxstore.store.tables import session_history, sessions

NUMBERS = ("caller_number", "called_number", "local_station_id", "remote_station_id")
MASKED = "_masked"
"""The end of the name of a masked view."""


def is_masked(view: FromClause) -> bool:
    """Return whether numbers are masked in the view."""
    return str(getattr(view, "name", "")).endswith(MASKED)


def has_number(view: FromClause, digits: str) -> ColumnElement[bool]:
    """Whether a party or a station id contains the number; in a masked view, whether it could."""
    matches = _could_contain if is_masked(view) else _contains
    found = or_(*(matches(view.c[name], digits) for name in NUMBERS if name in view.c))
    return and_(_is_in_rows(view, digits), found) if view is sessions else found


def has_file(view: FromClause, file: str) -> ColumnElement[bool]:
    """Whether one of the files has this path, or this name after its last slash."""
    names = func.unnest(view.c.file_names).table_valued("name", name="file").render_derived()
    by_name = names.c.name.endswith(f"/{file}", autoescape=True)
    return select(literal(1)).select_from(names).where(or_(names.c.name == file, by_name)).exists()


def _is_in_rows(view: FromClause, digits: str) -> ColumnElement[bool]:
    """Whether the number is anywhere in the rows of a session, which takes a quarter of the time of its fold.

    A dialled number may have pauses (w), which the view leaves out (fax.dialled_number).
    """
    row, headers = session_history.c, session_history.c.details.cast(Text)
    is_own = and_(row.session_id == view.c.session_id, row.started_at == view.c.started_at)
    dialled = and_(row.event == "DialBegin", _contains(_without_pauses(headers), digits))
    rows = select(literal(1)).where(is_own, or_(_contains(headers, digits), dialled))
    channel = view.c.channel
    return or_(_contains(channel, digits), _contains(_without_pauses(channel), digits), rows.exists())


def _without_pauses(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.translate(text, "wW", "")


def _contains(value: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    return func.fax.contains_number(value, digits)


def _could_contain(masked: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    shown = func.regexp_replace(masked, r"[^0-9]", "", "g")
    long_enough = func.length(masked) >= len(digits)
    return and_(long_enough, func.right(literal(digits), func.length(shown)) == shown)
