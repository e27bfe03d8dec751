"""One moment of the database for a whole export, with times in one time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from faxstore.store.database import Connection, one_moment
from faxstore.store.period import require_time_zone


@contextmanager
def snapshot(connection: Connection, zone: str) -> Iterator[None]:
    """A read-only transaction that sees one moment of the database and returns times in that zone.

    Raises UsageError for a zone that the database does not know.
    """
    with one_moment(connection):
        require_time_zone(connection, zone)
        connection.execute("select set_config('TimeZone', %s, true)", [zone])
        yield
