"""Finding what is to be erased, and erasing it: fax.erase_session() and fax.erase_rejected() do the work."""

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
class Found:
    """A session that is to be erased."""

    session_id: UUID
    server: str
    started_at: datetime
    is_open: bool


def session(connection: Connection, wanted: UUID) -> Found:
    """The session of that id.  Raises UsageError where there is none."""
    row = connection.execute(
        "select session_id, server, started_at, is_open from fax.session where session_id = %s", [wanted]
    ).fetchone()
    if row is None:
        raise UsageError(f"--session {wanted}: there is no such session")
    return Found(*row)


def with_number(connection: Connection, number: str) -> list[Found]:
    """The sessions that hold the number in any personal value: reads the whole history.

    Blanks and the like in what was sent do not matter, further digits around the number do.
    """
    digits = digits_of(number)
    return [Found(*row) for row in connection.execute(_WITH_NUMBER, {"digits": digits})]


def digits_of(number: str) -> str:
    """The digits to look for.  Raises UsageError: a short one would be found everywhere."""
    digits = re.sub(r"[\s()/.+-]", "", number)
    if not re.fullmatch(r"[0-9]{4,20}", digits):
        raise UsageError(f"--number {number!r}: expected 4 to 20 digits")
    return digits


def rejected_with_number(connection: Connection, number: str) -> int:
    """How many rejected messages hold the number, as it was given."""
    row = connection.execute(_REJECTED_WITH_NUMBER, [number]).fetchone()
    return cast("int", row[0]) if row else 0


def erase(connection: Connection, sessions: Sequence[Found], reason: str) -> int:
    """Erases each, in a transaction of its own; how many rows lost values."""
    rows = 0
    for found in sessions:
        row = connection.execute("select fax.erase_session(%s, %s)", [found.session_id, reason]).fetchone()
        rows += cast("int", row[0]) if row else 0
    return rows


def erase_rejected(connection: Connection, number: str, reason: str) -> None:
    """Empties the rejected messages that hold the number."""
    connection.execute(_ALL_REJECTED, [reason, number, number])
