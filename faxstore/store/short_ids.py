"""Sessions by a short id: the beginning of a session id, as `faxstore sessions` lists it."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from faxstore.errors import UsageError
from faxstore.store.database import Connection

_MAX_NAMED = 5
_BETWEEN = "select session_id, started_at from fax.session where session_id between %s and %s order by 1 limit %s"


def is_short_id(text: str) -> bool:
    """Return whether a text can be a session id or the beginning of one: hexadecimal digits and hyphens."""
    return re.fullmatch(r"[0-9a-f]{1,32}", _digits(text)) is not None


def require_short_id(text: str, command: str) -> None:
    """Raises UsageError, which begins with the command, if a text cannot be a session id or the beginning of one."""
    if not is_short_id(text):
        advice = "is not a session id or the beginning of one; see faxstore sessions"
        raise UsageError(f"{command}: {text!r} {advice}")


def find_session(connection: Connection, wanted: str, command: str) -> tuple[UUID, datetime]:
    """Return the only session whose id begins like that, and its start, by which its rows are partitioned.

    Raises UsageError, which begins with the command, if no session or several sessions begin like that.
    """
    require_short_id(wanted, command)
    first, last = (UUID(_digits(wanted).ljust(32, digit)) for digit in "0f")
    found = connection.execute(_BETWEEN, [first, last, _MAX_NAMED + 1]).fetchall()
    if not found:
        raise UsageError(f"{command}: no session id begins with {wanted}")
    if len(found) > 1:
        named = ", ".join(str(session) for session, _ in found[:_MAX_NAMED])
        more = " and more" if len(found) > _MAX_NAMED else ""
        raise UsageError(f"{command}: {wanted} is the beginning of several session ids: {named}{more}")
    return found[0][0], found[0][1]


def _digits(text: str) -> str:
    return text.replace("-", "").lower()
