"""Erases the personal values of a month: of its sessions (fax.erase_sessions) and of its rejected messages.

No figure changes, and every proof remains (docs/decisions/0029).  The rows of a dropped month are restored before,
because figures of other faxes depend on them; if its period of rows has ended, the next rule drops them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from faxstore import sql
from faxstore.archive import layout, months
from faxstore.retention.due import Month, bounds
from faxstore.store.database import Connection

AT_ONCE = 10_000
"""Sessions whose keys are stored together: that reads the whole history once, to find faxes with equal values."""

REASON = "faxstore retention"
"""The reason in fax.erasure.  No digits: a reason must not contain a number of the session."""

_SESSIONS = sql.text("queries/retention/sessions_to_erase")
_ERASE = "select fax.erase_values(%s, %s)"
_EMPTY = "select fax.erase_rejected(null, %s, %s, %s)"


def erase(connection: Connection, month: Month, rule: str) -> int:
    """Erase the sessions and rejected messages of a month whose rows are in the database; return the sessions.

    Each transaction leaves figures and proofs as they are: keys are stored before the first value leaves.  A run that
    is killed leaves sessions to the next one; fax.erasure has those that are erased.
    """
    found = [session for session, _, _ in connection.execute(_SESSIONS, bounds(month))]
    rows = 0
    for some in _parts(found):
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            connection.execute("select fax.keep_keys(%s)", [some])
        rows += sum(_erase(connection, session) for session in some)
    if found:
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            connection.execute("select fax.forget_values('{}')")  # of faxes that another erasure found here meanwhile
            months.note(connection, month.month, "erased", rule, rows, len(found))
    if month.messages:
        connection.execute(_EMPTY, [*layout.bounds(month.month), REASON])
    return len(found)


def _erase(connection: Connection, session: UUID) -> int:
    """Erase a session whose keys are stored; return its rows that lost values.

    It is a transaction of its own, because an append of rows of past days waits for the lock of packing.
    """
    with connection.transaction():
        connection.execute("select fax.lock_log()")
        connection.execute("select fax.lock_packing()")
        connection.execute("select fax.outdate_files(%s)", [[session]])
        ((rows,),) = connection.execute(_ERASE, [session, REASON]).fetchall()
    return int(rows)


def _parts(sessions: Sequence[UUID]) -> Iterator[list[UUID]]:
    each = iter(sessions)
    while part := list(islice(each, AT_ONCE)):
        yield part
