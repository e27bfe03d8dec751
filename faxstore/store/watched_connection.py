"""A connection that does not wait for ever.

TCP notices a peer that acknowledges nothing (tcp_user_timeout, keepalives).  A middlebox that goes on acknowledging
and passes nothing on is noticed here alone, by the silence of the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait

from faxstore.store.database import connect_as

SILENCE = 30.0
"""Seconds in which not one byte goes or comes while an answer is due; then the connection is given up."""

_Result = TypeVar("_Result")
_Waiting = Generator[Wait, Ready | int, _Result]


def connect(dsn: str, give_up: Callable[[], bool]) -> WatchedConnection:
    """A watched connection to the database, each statement committed.  Raises UnreachableError."""
    connection = connect_as(WatchedConnection, dsn)
    connection.give_up = give_up
    return connection


class SilentError(psycopg.OperationalError):
    """The database said nothing for too long."""


class GivenUpError(psycopg.OperationalError):
    """Whoever waited is to stop."""


class WatchedConnection(psycopg.Connection[TupleRow]):
    """Closes itself, and raises, where the database is silent for SILENCE or `give_up` says so."""

    give_up: Callable[[], bool] = staticmethod(lambda: False)
    _lost: psycopg.OperationalError | None = None

    def wait(self, gen: _Waiting[_Result], *arguments: Any, **options: Any) -> _Result:
        """Waits for what psycopg is at.  Raises SilentError or GivenUpError; the connection is then closed."""
        if self._lost is not None:  # what psycopg would still tidy up must not hide why
            raise self._lost
        return super().wait(self._watched(gen), *arguments, **options)

    def _watched(self, gen: _Waiting[_Result]) -> _Waiting[_Result]:
        moved = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    moved = time.monotonic()
                else:
                    self._check(time.monotonic() - moved)
                wanted = gen.send(ready)
        except StopIteration as done:
            result: _Result = done.value
            return result

    def _check(self, silent: float) -> None:
        if silent > SILENCE:
            self._lost = SilentError(f"no answer for {SILENCE:g} s")
        elif self.give_up():
            self._lost = GivenUpError("told to stop")
        if self._lost is not None:
            self.pgconn.finish()
            raise self._lost
