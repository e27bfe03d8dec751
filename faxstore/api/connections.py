"""The connections of a Store.

A call has a connection of its own until its last row, so calls can be nested and made from several threads.  Later
calls use it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from faxstore.api.arguments import in_words_of_the_api
from faxstore.errors import UsageError
from faxstore.store.database import Connection, connect, one_line_errors, server_message
from faxstore.store.rights import Role
from faxstore.store.schema_version import require_current

_ROLE: Role = "fax_reader"


class Connections:
    """Connections to one database, for reading."""

    def __init__(self, dsn: str) -> None:
        """Raises FaxstoreError if the database cannot be reached, or has another schema."""
        self._dsn = dsn
        self._idle: list[Connection] = [connect(dsn)]
        self._is_closed = False
        try:
            with self.lent() as connection:
                require_current(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """A connection for the block.  Raises every error of the database as a FaxstoreError of one line."""
        if self._is_closed:
            raise UsageError("this store is closed")
        connection = self._taken()
        try:
            with in_words_of_the_api(), one_line_errors(connection, _ROLE), _only_reading():
                yield connection
        finally:
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        if self._is_closed:
            connection.close()
        elif not connection.closed:
            self._idle.append(connection)

    def _taken(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self._dsn)

    def close(self) -> None:
        """Close them; one that is lent, when its block ends."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()


@contextmanager
def _only_reading() -> Iterator[None]:
    """Raises UsageError for a statement that is no query, or that would change something."""
    try:
        yield
    except psycopg.errors.SyntaxError as error:
        allowed = "allowed is one SELECT, VALUES or TABLE statement"
        raise UsageError(f"query: {server_message(error)}; {allowed}") from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise UsageError(f"a store only reads: {server_message(error)}") from error
