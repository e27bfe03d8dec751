"""Work that one process at a time does, held off by an advisory lock of its session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.pq import TransactionStatus

from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection
from faxstore.store.pooler import require_session


@contextmanager
def exclusive(connection: Connection, key: int, command: str, busy: str) -> Iterator[None]:
    """Hold the advisory lock while the block runs.  Raises FaxstoreError with the text `busy` if another has it.

    PostgreSQL releases it when the connection ends, so a process that is killed leaves no lock.  Raises UsageError,
    which names the command, behind a pooler.
    """
    require_session(connection, command)
    if connection.execute("select pg_try_advisory_lock(%s)", [key]).fetchone() != (True,):
        raise FaxstoreError(busy)
    try:
        yield
    finally:
        if not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE:
            connection.execute("select pg_advisory_unlock(%s)", [key])
