"""Reads what is new, again and again, and connects again when the database is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from faxstore.errors import UnreachableError
from faxstore.follow.position import Position
from faxstore.follow.reconnecting import reconnecting
from faxstore.follow.versions import Line, last_position, news
from faxstore.follow.wakeups import POLL_WITHOUT, Wakeups
from faxstore.logs import print_message
from faxstore.store.database import Connection
from faxstore.store.distribution import refuse_distributed
from faxstore.store.known_values import require_servers
from faxstore.store.schema_version import require_current

SCHEMA_EVERY = 10.0
"""Seconds between two looks whether the schema is still the one that this version works with."""


class Follower:
    """Yields the lines after a position until it is stopped, in lists of those that were found at once."""

    def __init__(self, dsn: str, after: Position | None, servers: Sequence[str]) -> None:
        self._dsn = dsn
        self._after = after
        self._servers = servers
        self._is_down = False
        self._has_begun = False

    def lines(self) -> Iterator[Sequence[Line]]:
        """Yield the lines.  Raises UnreachableError if it never reached the database; UsageError."""
        for found in reconnecting(self._dsn, self._follow):
            if isinstance(found, UnreachableError):
                if not self._is_down:
                    print_message(f"database: connection lost ({found}); retrying")
                self._is_down = True
            elif found:
                yield found

    def _follow(self, connection: Connection) -> Iterator[Sequence[Line]]:
        wakeups = Wakeups(connection)
        after = self._after
        if not self._has_begun:
            refuse_distributed(connection, "faxstore follow")
            require_servers(connection, self._servers)
        if after is None:
            after = last_position(connection)
        schema_due = time.monotonic() + SCHEMA_EVERY
        while True:
            wakeups.clear()
            if time.monotonic() > schema_due:
                require_current(connection)
                schema_due = time.monotonic() + SCHEMA_EVERY
            found = news(connection, after, self._servers)
            self._report_up(after, wakeups)
            yield found.lines
            self._after = after = found.until
            if found.is_all:
                wakeups.wait()

    def _report_up(self, after: Position, wakeups: Wakeups) -> None:
        """Print what a user must know once it reads, at the start and after a lost connection."""
        if not self._has_begun:
            print_message(f"following after position {after}")
            if wakeups.unavailable is not None:
                print_message(f"{wakeups.unavailable}: reading every {POLL_WITHOUT:g} s")
        elif self._is_down:
            print_message("database: connected again")
        self._has_begun, self._is_down = True, False
