"""Reads over a connection until the reader stops, and connects again when the database is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from faxstore.errors import UnreachableError
from faxstore.store import watched_connection
from faxstore.store.database import Connection, one_line_errors
from faxstore.store.schema_version import require_current

SHORTEST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 10.0
"""Seconds between two attempts to connect."""

Item = TypeVar("Item")


def reconnecting(dsn: str, read: Callable[[Connection], Iterator[Item]]) -> Iterator[Item | UnreachableError]:
    """Yield what `read` yields over a connection, and over another one each time the database is lost.

    Each failed attempt yields its error, except for those before the first item: they are raised.  Raises UsageError.
    """
    back_off, has_begun = SHORTEST_BACK_OFF, False
    while True:
        try:
            with _connected(dsn) as connection:
                for item in read(connection):
                    back_off, has_begun = SHORTEST_BACK_OFF, True
                    yield item
        except UnreachableError as error:
            if not has_begun:
                raise
            yield error
        time.sleep(back_off)
        back_off = min(2 * back_off, LONGEST_BACK_OFF)


@contextmanager
def _connected(dsn: str) -> Iterator[Connection]:
    with (
        watched_connection.connect(dsn, lambda: False) as connection,
        one_line_errors(connection, "fax_reader"),
    ):
        require_current(connection)
        yield connection
