"""A transaction that holds the lock of all appenders and begins when it is first used."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, LiteralString

import psycopg
from psycopg.abc import QueryNoTemplate
from psycopg.rows import TupleRow

from faxstore.store.backend import limit
from faxstore.store.database import Connection
from faxstore.store.pooler import is_pooled

_LOCK: tuple[LiteralString, ...] = ("select fax.lock_append()",)
_AFTER_PACKING: tuple[LiteralString, ...] = ("select fax.wait_for_packing()", *_LOCK)


class LockedTransaction:
    """A `with` block in which the first statement takes the lock of all appenders, until the end of the block.

    The lock comes first: a transaction that has read the history and then waits for the lock could deadlock with its
    holder, which may create a partition.  A block without a statement leaves the connection in autocommit mode, except
    behind a pooler, where only a transaction can limit its waits for locks.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._block: ExitStack | None = None
        self._has_begun = False
        self._first = _LOCK

    def __enter__(self) -> None:
        self._block, self._has_begun, self._first = ExitStack(), False, _LOCK

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        block, self._block = self._block, None
        if block is not None:
            block.__exit__(kind, error, trace)

    def execute(self, query: QueryNoTemplate, parameters: Any = None) -> psycopg.Cursor[TupleRow]:
        """Run a statement in the transaction, which begins if this is the first one."""
        self._begin()
        return self._connection.execute(query, parameters)

    def wait_for_packing(self) -> None:
        """Let the transaction, when it begins, hold off the packing of rows before it takes the lock of all appenders.

        Only a batch with old rows needs this.  If it waited with the lock in hand, all other appends would wait too.
        """
        self._first = _AFTER_PACKING

    def pipeline(self) -> None:
        """Begin the transaction, and let its statements run while the client goes on, until one needs an answer.

        An error of a statement is raised by a later one, or at the end of the block.
        """
        block = self._begin()
        if block is not None:
            block.enter_context(self._connection.pipeline())

    def begin_if_pooled(self) -> None:
        """Begin the transaction behind a pooler."""
        if is_pooled(self._connection):
            self._begin()

    def _begin(self) -> ExitStack | None:
        if self._block is not None and not self._has_begun:
            self._block.enter_context(self._connection.transaction())
            if is_pooled(self._connection):
                limit(self._connection)
            for statement in self._first:
                self._connection.execute(statement)
            self._has_begun = True
        return self._block
