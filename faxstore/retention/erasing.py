"""Erases the personal values of a month: of its sessions (fax.erase_sessions) and of its rejected messages.

No figure changes, and every proof remains (docs/decisions/0029).  The rows of a dropped month are restored before,
because figures of other faxes depend on them; if its period of rows has ended, the next rule drops them again.
"""

from __future__ import annotations

from itertools import islice

from faxstore import sql
from faxstore.archive import layout, months
from faxstore.retention.due import Month, bounds
from faxstore.store.database import Connection

SESSIONS = 10_000
"""Sessions per transaction: each reads the whole history once, to find faxes with equal values (fax.keep_keys)."""

REASON = "faxstore retention"
"""The reason in fax.erasure.  No digits: a reason must not contain a number of the session."""

_SESSIONS = sql.text("queries/retention/sessions_to_erase")
_ERASE = "select coalesce(fax.erase_sessions(%s, %s), 0)"
_EMPTY = "select fax.erase_rejected(null, %s, %s, %s)"


def erase(connection: Connection, month: Month, rule: str) -> int:
    """Erase the sessions and rejected messages of a month whose rows are in the database; return the sessions."""
    erased = 0
    found = connection.execute(_SESSIONS, bounds(month)).fetchall()
    sessions = iter(session for session, _, _ in found)
    while some := list(islice(sessions, SESSIONS)):
        with connection.transaction():
            ((rows,),) = connection.execute(_ERASE, [some, REASON]).fetchall()
            months.note(connection, month.month, "erased", rule, rows, len(some))
        erased += len(some)
    if month.messages:
        connection.execute(_EMPTY, [*layout.bounds(month.month), REASON])
    return erased
