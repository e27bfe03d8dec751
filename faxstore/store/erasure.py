"""Finds sessions and rejected messages to erase, and erases them by fax.erase_session() and fax.erase_rejected()."""

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
_REJECTED_WITH_NUMBER = """
select count(*) from fax.rejected_message where position(convert_to(%s, 'UTF8') in raw) > 0
"""
_ALL_REJECTED = """
select fax.erase_rejected(null, '-infinity', 'infinity', %s, %s)
where exists (select from fax.rejected_message where position(convert_to(%s, 'UTF8') in raw) > 0)
"""


@dataclass(frozen=True)
class SessionToErase:
    """A session whose personal values are to be erased."""

    session_id: UUID
    server: str
    started_at: datetime
    is_open: bool


def find_session(connection: Connection, wanted: UUID) -> SessionToErase:
    """Return the session with that id.  Raises UsageError if it does not exist."""
    row = connection.execute(
        "select session_id, server, started_at, is_open from fax.session where session_id = %s", [wanted]
    ).fetchone()
    if row is None:
        raise UsageError(f"--session {wanted}: no such session")
    return SessionToErase(*row)


def find_by_number(connection: Connection, number: str) -> list[SessionToErase]:
    """Return the sessions with the number in any personal value.  Reads the whole history.

    Spaces and punctuation in a value are ignored; a longer number that contains the digits does not match.
    """
    digits = digits_of(number)
    return [SessionToErase(*row) for row in connection.execute(_WITH_NUMBER, {"digits": digits})]


def digits_of(number: str) -> str:
    """Return the digits of a number.  Raises UsageError for less than 4, which would match too much."""
    digits = re.sub(r"[\s()/.+-]", "", number)
    if not re.fullmatch(r"[0-9]{4,20}", digits):
        raise UsageError(f"--number {number!r}: expected 4 to 20 digits")
    return digits


def count_rejected(connection: Connection, number: str) -> int:
    """Return how many rejected messages contain the number exactly as given."""
    row = connection.execute(_REJECTED_WITH_NUMBER, [number]).fetchone()
    return cast("int", row[0]) if row else 0


def erase_sessions(connection: Connection, sessions: Sequence[SessionToErase], reason: str) -> int:
    """Erase each session in a transaction of its own; return how many rows lost values."""
    rows = 0
    for found in sessions:
        row = connection.execute("select fax.erase_session(%s, %s)", [found.session_id, reason]).fetchone()
        rows += cast("int", row[0]) if row else 0
    return rows


def erase_rejected(connection: Connection, number: str, reason: str) -> None:
    """Empty the rejected messages that contain the number."""
    connection.execute(_ALL_REJECTED, [reason, number, number])
