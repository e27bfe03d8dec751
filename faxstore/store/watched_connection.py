"""A connection that does not wait indefinitely for a silent database.

TCP detects a peer that acknowledges nothing (tcp_user_timeout, keepalives).  It does not detect a middlebox that
acknowledges what it receives but forwards nothing; only the silence of the database shows that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait

from faxstore.store.database import connect_as

SILENCE = 30.0
"""Seconds without a byte in either direction, while an answer is due, after which the connection is closed."""

_Result = TypeVar("_Result")
_Waiting = Generator[Wait, Ready | int, _Result]


def connect(dsn: str, should_stop: Callable[[], bool]) -> WatchedConnection:
    """Return a watched connection in autocommit mode.  Raises UnreachableError."""
    connection = connect_as(WatchedConnection, dsn)
    connection.should_stop = should_stop
    return connection


class SilentError(psycopg.OperationalError):
    """The database did not answer within SILENCE seconds."""


class StoppedError(psycopg.OperationalError):
    """The wait for an answer ended because `should_stop` returned True."""


class WatchedConnection(psycopg.Connection[TupleRow]):
    """Closes itself and raises an error if the database is silent for SILENCE seconds or `should_stop` returns True."""

    should_stop: Callable[[], bool] = staticmethod(lambda: False)
    longest_silence = math.inf
    """Seconds of silence that it accepts, if less than SILENCE."""
    _lost: psycopg.OperationalError | None = None

    def wait(self, gen: _Waiting[_Result], *arguments: Any, **options: Any) -> _Result:
        """Run psycopg's generator.  Raises SilentError or StoppedError; the connection is then closed."""
        if self._lost is not None:  # the cleanup that psycopg attempts must not hide the reason
            raise self._lost
        return super().wait(self._watched(gen), *arguments, **options)

    def _watched(self, gen: _Waiting[_Result]) -> _Waiting[_Result]:
        last_ready = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    last_ready = time.monotonic()
                else:
                    self._check(time.monotonic() - last_ready)
                wanted = gen.send(ready)
        except StopIteration as done:
            result: _Result = done.value
            return result

    def _check(self, silent: float) -> None:
        if silent > (longest := min(SILENCE, self.longest_silence)):
            self._lost = SilentError(f"no answer for {longest:g} s")
        elif self.should_stop():
            self._lost = StoppedError("stopped while waiting for the database")
        if self._lost is not None:
            self.pgconn.finish()
            raise self._lost


class ImpatientConnection(WatchedConnection):
    """Accepts a shorter silence: a connection pooler accepts clients although its database does not answer."""

    longest_silence = 5.0
