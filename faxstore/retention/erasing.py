"""Erases the personal values of a month: of its sessions (faxstore.store.session_erasure) and of its rejected messages.

The rows of a dropped month are restored before, because figures of other faxes depend on them; if its period of rows
has ended, the next rule drops them again.
"""

from __future__ import annotations

from faxstore import sql
from faxstore.archive import layout, months
from faxstore.retention.due import Month, bounds
from faxstore.store import session_erasure
from faxstore.store.database import Connection

REASON = "faxstore retention"
"""The reason in fax.erasure.  No digits: a reason must not contain a number of the session."""

_SESSIONS = sql.text("queries/retention/sessions_to_erase")
_EMPTY = "select fax.erase_rejected(null, %s, %s, %s)"


def erase(connection: Connection, month: Month, rule: str) -> int:
    """Erase the sessions and rejected messages of a month whose rows are in the database; return the sessions.

    A run that is killed leaves sessions to the next one; fax.erasure has those that are erased.
    """
    found = [session for session, _, _ in connection.execute(_SESSIONS, bounds(month))]
    if found:
        rows = sum(session_erasure.erase(connection, found, REASON))
        months.note(connection, month.month, "erased", rule, rows, len(found))
    if month.messages:
        connection.execute(_EMPTY, [*layout.bounds(month.month), REASON])
    return len(found)
