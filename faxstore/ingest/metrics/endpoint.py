"""The Endpoint serves the metrics and the health checks over HTTP, without a thread.

Its sockets never block.  An event loop, or the selector of the supervisor, watches fileno() and calls step() when one
of them is ready.  So a scrape sees the numbers of one moment, and a client that is slow or silent delays nobody.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from faxstore.ingest.metrics.exposition import Exposition
from faxstore.ingest.metrics.requests import answer
from faxstore.ingest.metrics.samples import State

MOST_CONNECTIONS = 32
"""One more closes the oldest."""

LONGEST_REQUEST = 16_384
"""Bytes.  A client that sends more is disconnected."""

TIMEOUT = 10.0
"""Seconds after which a connection is closed, when another one is accepted."""


class _Client:
    """A connection: it sends one request and gets one answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.opened_at = time.monotonic()
        self.request = b""
        self.answer = b""


class Endpoint:
    """Serves the state over a socket that listens."""

    def __init__(self, listener: socket.socket, state: Callable[[], State]) -> None:
        self._listener = listener
        self._state = state
        self._exposition = Exposition(state)
        self._clients: dict[socket.socket, _Client] = {}
        self._selector = selectors.EpollSelector()
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)

    def fileno(self) -> int:
        """Return a descriptor that is readable when step() has work."""
        return self._selector.fileno()

    def step(self) -> None:
        """Accept, read, answer and write as far as possible without waiting."""
        for key, _ in self._selector.select(0):
            if key.fileobj is self._listener:
                self._accept()
            elif (client := key.data) and client.connection in self._clients:
                try:
                    self._proceed(client)
                except OSError:
                    self._close(client)

    def close(self) -> None:
        """Close all sockets.

        A forked process does so too: it shares what the selector watches, so nothing may be unregistered.
        """
        self._selector.close()
        for connection in (self._listener, *self._clients):
            connection.close()
        self._clients.clear()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # the client has gone, or no descriptor is left
        now = time.monotonic()
        clients = list(self._clients.values())
        for number, client in enumerate(clients):
            if now - client.opened_at > TIMEOUT or len(clients) - number >= MOST_CONNECTIONS:
                self._close(client)
        connection.setblocking(False)
        self._clients[connection] = client = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _proceed(self, client: _Client) -> None:
        if not client.answer:
            received = client.connection.recv(65_536)
            client.request += received
            if not received or len(client.request) > LONGEST_REQUEST:
                return self._close(client)
            if not (b"\r\n\r\n" in client.request or b"\n\n" in client.request):
                return None
            client.answer = answer(client.request, self._exposition, self._state)
            self._selector.modify(client.connection, selectors.EVENT_WRITE, client)
        with suppress(BlockingIOError):
            client.answer = client.answer[client.connection.send(client.answer) :]
        return None if client.answer else self._close(client)

    def _close(self, client: _Client) -> None:
        del self._clients[client.connection]
        self._selector.unregister(client.connection)
        client.connection.close()
