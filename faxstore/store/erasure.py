"""Finds personal values to erase, and erases those outside of sessions by fax.erase_number().

A number is found in any spelling (fax.contains_number): in sessions, and elsewhere in the database (fax.find_number).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.store.database import Connection

_WITH_NUMBER = sql.text("queries/store/sessions_with_number")
_REJECTED = """
select r.server, r.observed_at from fax.rejected_message r
where fax.contains_number(fax.bytes_as_text(r.raw), %(digits)s)
order by r.observed_at, r.server
"""
_SIGNS = re.compile(r"[\s\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff\uff0d()/.-]")
_TRUNK_ZERO = re.compile(r"^(\s*(?:\+|00)[0-9\s]*)\(0\)")


@dataclass(frozen=True)
class SessionToErase:
    """A session whose personal values are to be erased."""

    session_id: UUID
    server: str
    started_at: datetime
    is_open: bool
    places: Sequence[str] = ()
    """The columns and headers in which the number was found that an erasure empties."""
    remaining: Sequence[str] = ()
    """Those that are not personal: an erasure leaves them."""


@dataclass(frozen=True)
class Elsewhere:
    """A column outside of sessions in which a number was found."""

    place: str
    """Table and column."""
    rows: int
    is_erased: bool
    """Whether fax.erase_number() erases it there."""


def find_session(connection: Connection, wanted: UUID) -> SessionToErase:
    """Return the session with that id.  Raises UsageError if it does not exist."""
    row = connection.execute(
        "select session_id, server, started_at, is_open from fax.session where session_id = %s", [wanted]
    ).fetchone()
    if row is None:
        raise UsageError(f"--session {wanted}: no such session")
    return SessionToErase(*row)


def find_by_number(connection: Connection, digits: str) -> list[SessionToErase]:
    """Return the sessions with the number in any value, also in one that is not personal.  Reads the whole history."""
    rows = connection.execute(_WITH_NUMBER, {"digits": digits})
    return [SessionToErase(*row) for row in rows]


def find_elsewhere(connection: Connection, digits: str) -> list[Elsewhere]:
    """Return the columns outside of sessions that contain the number."""
    return [Elsewhere(*row) for row in connection.execute("select * from fax.find_number(%s)", [digits])]


def find_rejected(connection: Connection, digits: str) -> list[tuple[str, datetime]]:
    """Return server and time of each rejected message with the number."""
    return cast("list[tuple[str, datetime]]", connection.execute(_REJECTED, {"digits": digits}).fetchall())


def digits_of(number: str) -> str:
    """Return the digits of a number as fax.number_digits() does.

    + and 00 before a country code mean the same and are omitted.  Raises UsageError unless 4 to 20 digits remain; fewer
    would match too much.
    """
    digits = re.sub(r"^(\+|00)", "", _SIGNS.sub("", _TRUNK_ZERO.sub(r"\1", number)))
    if not re.fullmatch(r"[0-9]{4,20}", digits):
        raise UsageError(f"--number {number!r}: expected 4 to 20 digits")
    return digits


def erase_elsewhere(connection: Connection, digits: str, reason: str) -> dict[str, int]:
    """Erase the number outside of sessions; return the number of rows by table, as fax.erase_number() names them."""
    rows = connection.execute("select place, erased from fax.erase_number(%s, %s)", [digits, reason])
    return dict(cast("list[tuple[str, int]]", rows.fetchall()))
