"""One connection to a server's manager interface, from opening the socket to its end.

A Connection is never reopened; the collector opens another.  The login does not wait for FullyBooted, because a user
without class system never receives it (manager.c, action_login).
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import re
import secrets
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from faxstore.ami import tls
from faxstore.ami.answers import granted
from faxstore.ami.batch import Batch, Outcome
from faxstore.ami.errors import (
    ConnectError,
    DisconnectedError,
    LoginRefusedError,
    NotConnectedError,
    RefusedError,
    RequestError,
    RequestTimeoutError,
)
from faxstore.ami.guard import GuardedProtocol, OneShotManager, Request
from faxstore.ami.headers import OUR_ACTION_ID, check_header
from faxstore.ami.lines import LineEmitter
from faxstore.capture.marks import CANNOT_CONNECT
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from faxstore.errors import one_line
from faxstore.settings.values import Secret, ServerSettings

# fax.gap_reason classifies gaps by the beginning of a disconnect's reason: "no answer", "no greeting",
# "no connection within", "login refused", "login not possible", "closed by faxstore", "faxstore ".

SHUTTING_DOWN = "Asterisk is shutting down"
"""The answer to any action, also Login, during a shutdown (main/manager.c, process_message)."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait for a server, in seconds, and how many requests may be unanswered at once."""

    connect: float = 10.0
    """For the socket, TLS and the greeting together."""
    login: float = 10.0
    """Asterisk itself waits one second before it refuses a login (manager.c, authenticate)."""
    request: float = 10.0
    detail: float = 5.0
    """For FAXSession and FAXStats: their event never arrives if Asterisk is out of memory."""
    logoff: float = 0.7
    window: int = 50


class Connection:
    """A connection that is logged in; see open().  `lost` resolves with the reason when the connection is gone."""

    def __init__(
        self, server: ServerSettings, on_line: Callable[[Line], None], limits: Limits, ignore: re.Pattern[bytes] | None
    ) -> None:
        self._server = server
        self._limits = limits
        self._lines = LineEmitter(on_line)
        self._protocol = GuardedProtocol(self._lines, ignore)
        self._manager: OneShotManager | None = None
        self._unanswered = asyncio.Semaphore(limits.window)
        prefix = f"{OUR_ACTION_ID}{secrets.token_hex(6)}"
        self._ids = (f"{prefix}-{number}" for number in itertools.count(1))
        self._where = f"{server.name} ({server.host}:{server.port})"
        self.lost = self._protocol.lost
        self.version = ""
        """The version of the manager interface, from its greeting."""

    @classmethod
    async def open(
        cls,
        server: ServerSettings,
        on_line: Callable[[Line], None],
        limits: Limits | None = None,
        ignore: re.Pattern[bytes] | None = None,
    ) -> Self:
        """Connect and log in.

        on_line is called from within the event loop with every line of the connection, in order; it must be fast.
        Messages that ignore matches are skipped.  Raises ConnectError or LoginRefusedError.
        """
        connection = cls(server, on_line, limits or Limits(), ignore)
        try:
            await connection._connect()
            await connection._login()
        except BaseException as error:
            connection.abort(error.reason if isinstance(error, NotConnectedError) else "faxstore was stopped")
            raise
        return connection

    async def request(self, action: str, **headers: str) -> list[Message]:
        """Send an action and return its answer: the Response, then its event, or its entries and their Complete.

        Raises RefusedError (the connection stays usable), IncompleteListError, RequestTimeoutError, DisconnectedError,
        and ValueError for a value that contains a line end.
        """
        request = Request(action, next(self._ids), headers)
        async with self._unanswered:
            return await self._send(request, self._limit(action))

    def batch(self, action: str, header: str, values: Iterable[str], until: float = math.inf) -> Batch:
        """Return requests of an action, one for each value of a header, for run().

        None is sent after `until` (event loop time).  Raises ValueError for a value that contains a line end.
        """
        values = list(values)
        for value in values:
            check_header(header, value)
        return Batch(
            action, header, values, self._ids, limit=self._limit(action), window=self._limits.window, until=until
        )

    async def run(self, batch: Batch) -> list[tuple[str, Outcome]]:
        """Send the requests of a batch and return the outcome of each, by its value.

        Only one batch may run.  Raises DisconnectedError.
        """
        self._protocol.begin(batch)
        try:
            return await batch.outcomes()
        finally:
            batch.send_no_more()  # also if it was cancelled

    @property
    def answer_seconds(self) -> float:
        """The seconds in which the server owed answers, since the connection began."""
        return self._protocol.answer_time.seconds

    def _limit(self, action: str) -> float:
        return self._limits.detail if action in ("FAXSession", "FAXStats") else self._limits.request

    def mark(self, text: str) -> None:
        """Add a mark to the lines; no effect on a lost connection."""
        if not self.lost.done():
            self._lines.emit("mark", text)

    def abort(self, reason: str) -> None:
        """End the connection at once; unanswered requests fail.  No effect on a lost connection."""
        if not self._protocol.made and not self.lost.done():
            self._lines.emit("mark", f"{CANNOT_CONNECT} {reason}")
        self._protocol.end(reason)

    async def close(self) -> None:
        """Log off and end the connection; a second call has no effect."""
        try:
            await self._send(Request("Logoff", next(self._ids), {}), self._limits.logoff)
        except RequestError:
            pass  # the connection ends even without an answer
        finally:
            self.abort("closed by faxstore")

    async def _connect(self) -> None:
        try:
            context = await asyncio.to_thread(tls.client_context, self._server.tls) if self._server.tls else None
            self._manager = OneShotManager(self._server.host, self._server.port, context, self._protocol)
            async with asyncio.timeout(self._limits.connect):
                await self._manager.connect()
                await asyncio.wait({self._protocol.greeting, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            raise ConnectError(self._where, self._timeout_reason(error)) from error
        except ssl.SSLError as error:
            raise ConnectError(self._where, f"TLS: {tls.handshake_error(error)}") from error
        except (OSError, ValueError, OverflowError) as error:
            raise ConnectError(self._where, _reason(error)) from error
        if self.lost.done():
            raise ConnectError(self._where, self.lost.result())
        self.version = self._protocol.greeting.result()

    def _timeout_reason(self, error: TimeoutError) -> str:
        if error.errno is not None:
            return _reason(error)  # the time limit of the network
        if not self._protocol.made:
            return f"no connection within {self._limits.connect:g} s"
        return f"no greeting of an Asterisk manager within {self._limits.connect:g} s (does this port speak TLS?)"

    async def _login(self) -> None:
        server = self._server
        # Events: all that the user's read classes permit.
        headers: dict[str, str | Secret] = {"Username": server.username, "Secret": server.secret, "Events": "on"}
        try:
            await self._send(Request("Login", next(self._ids), headers), self._limits.login)
        except RefusedError as error:
            if str(error) == SHUTTING_DOWN:
                raise ConnectError(self._where, str(error)) from error
            raise LoginRefusedError(self._where, f"login refused: {error}") from error
        except RequestError as error:
            raise ConnectError(self._where, f"{error} (during login)") from error
        except ValueError as error:
            raise LoginRefusedError(self._where, f"login not possible: {error}") from error

    async def _send(self, request: Request, limit: float) -> list[Message]:
        if self._manager is None or self.lost.done():
            raise DisconnectedError(self.lost.result() if self.lost.done() else "not connected")
        try:
            async with asyncio.timeout(limit):
                answer: list[Message] = await self._manager.send_action(request)
        except TimeoutError as error:
            raise RequestTimeoutError(f"no answer to {request['Action']} within {limit:g} s") from error
        finally:
            self._protocol.responses.pop(request.id, None)
        return granted(request["Action"], answer)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        # asyncio puts the address into strerror; getaddrinfo has error numbers of its own, which are negative.
        return os.strerror(error.errno) if error.errno > 0 else error.strerror or str(error)
    return one_line(error)
