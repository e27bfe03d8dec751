"""Erases the personal values of sessions, each in a transaction of its own.

An append of rows of past days waits for the erasure of a session, so it waits for one only.  No figure changes, and
every proof remains, wherever a run is interrupted: keys are stored before the first value is removed
(docs/decisions/0029).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from faxstore.store.database import Connection
from faxstore.system.interruption import held

AT_ONCE = 10_000
"""Sessions whose keys are stored together: that reads the whole history once, to find faxes with equal values."""

_ERASE = "select fax.erase_values(%s, %s)"


def check(connection: Connection, sessions: Sequence[UUID], reason: str) -> None:
    """Raises the psycopg error of sessions that cannot be erased, or of a reason with a number of one of them."""
    with connection.transaction(force_rollback=True):
        connection.execute("select fax.check_reason(%s, %s)", [list(sessions), reason])
        connection.execute("select fax.outdate_files(%s)", [list(sessions)])


def erase(connection: Connection, sessions: Sequence[UUID], reason: str) -> Iterator[int]:
    """Erase sessions; after each one, yield its rows that lost values.

    A signal interrupts the caller after a session is erased and yielded, or before its erasure has begun.
    """
    for some in _parts(sessions):
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            connection.execute("select fax.keep_keys(%s)", [some])
        for session in some:
            with held(lambda _: connection.cancel()):
                yield _erase_one(connection, session, reason)
    if sessions:
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            connection.execute("select fax.forget_values('{}')")  # of faxes that another erasure found here meanwhile


def _erase_one(connection: Connection, session: UUID, reason: str) -> int:
    with connection.transaction():
        connection.execute("select fax.lock_log()")
        connection.execute("select fax.lock_packing()")
        connection.execute("select fax.outdate_files(%s)", [[session]])
        ((rows,),) = connection.execute(_ERASE, [session, reason]).fetchall()
    return int(rows)


def _parts(sessions: Sequence[UUID]) -> Iterator[list[UUID]]:
    each = iter(sessions)
    while part := list(islice(each, AT_ONCE)):
        yield part
