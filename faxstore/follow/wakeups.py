"""Waits for faxes that end: a notification of the database wakes a reader; without one it reads again after a while.

Not every append notifies: most rows are snapshots of faxes that run, and each would wake every reader.  So a late
snapshot, which may correct a fax, is read a moment later.
"""

from __future__ import annotations

import select

from faxstore.store.database import Connection
from faxstore.store.pooler import is_pooled

CHANNEL = "faxstore"
"""The channel that fax.append() and fax.resolve_epoch() notify when faxes end."""

POLL = 1.0
"""Seconds between two readings without a notification."""

POLL_WITHOUT = 0.5
"""Seconds between two readings where no notifications arrive."""


class Wakeups:
    """Notifications over one connection, which the reader uses for its queries too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._woken = False
        self.unavailable = _why_unavailable(connection)
        """Why no notifications arrive; None if they do."""
        if self.unavailable is None:
            connection.add_notify_handler(lambda _: self.wake())  # those that arrive during a query
            connection.execute(f"listen {CHANNEL}".encode())

    def wake(self) -> None:
        """End the next wait at once."""
        self._woken = True

    def clear(self) -> None:
        """Forget the notifications so far: a query that begins now sees what they announced."""
        self._woken = False

    def wait(self) -> None:
        """Wait for a notification since the last `clear`, or until it is time to read without one.

        Raises psycopg.OperationalError if the connection is lost.
        """
        if self._woken:
            return
        select.select([self._connection.fileno()], [], [], POLL if self.unavailable is None else POLL_WITHOUT)
        libpq = self._connection.pgconn
        libpq.consume_input()
        while libpq.notifies():
            pass


def _why_unavailable(connection: Connection) -> str | None:
    if is_pooled(connection):
        return "a connection pooler forwards no notifications"
    if connection.execute("select pg_is_in_recovery()").fetchone() == (True,):
        return "a standby sends no notifications"
    return None
