"""The Endpoint serves the metrics and the health checks over HTTP, without a thread.

Its sockets never block.  An event loop, or the selector of the supervisor, watches fileno() and calls step() when one
of them is ready.  So a scrape sees the numbers of one moment, and a client that is slow or silent delays nobody.

A connection that cannot be accepted, because the process has no descriptor left, waits in the kernel until the next one
arrives: the listener is watched by edge, so it wakes nobody in the meantime.
"""

from __future__ import annotations

import select
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
        self._clients: dict[int, _Client] = {}
        self._poll = select.epoll()
        listener.setblocking(False)
        self._poll.register(listener, select.EPOLLIN | select.EPOLLET)

    def fileno(self) -> int:
        """Return a descriptor that is readable when step() has work."""
        return self._poll.fileno()

    def step(self) -> None:
        """Accept, read, answer and write as far as possible without waiting."""
        for descriptor, _ in self._poll.poll(0):
            client = self._clients.get(descriptor)
            if client is None:
                continue  # the listener
            try:
                self._proceed(client)
            except OSError:
                self._close(client)
        self._accept()  # at last: a new connection may get the descriptor of one that has just ended

    def close(self) -> None:
        """Close all sockets.

        A forked process does so too: it shares what epoll watches, so nothing may be unregistered.
        """
        self._poll.close()
        self._listener.close()
        for client in self._clients.values():
            client.connection.close()
        self._clients.clear()

    def _accept(self) -> None:
        """Accept all connections that wait, as far as there are descriptors."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except ConnectionAbortedError:
                continue
            except OSError:
                return  # none waits, or no descriptor is left
            self._close_old()
            connection.setblocking(False)
            self._clients[connection.fileno()] = _Client(connection)
            self._poll.register(connection, select.EPOLLIN)

    def _close_old(self) -> None:
        """Close the connections that have lasted too long, and the oldest one if there are too many."""
        now = time.monotonic()
        clients = list(self._clients.values())
        for number, client in enumerate(clients):
            if now - client.opened_at > TIMEOUT or len(clients) - number >= MOST_CONNECTIONS:
                self._close(client)

    def _proceed(self, client: _Client) -> None:
        if not client.answer:
            received = client.connection.recv(65_536)
            client.request += received
            if not received or len(client.request) > LONGEST_REQUEST:
                return self._close(client)
            if not (b"\r\n\r\n" in client.request or b"\n\n" in client.request):
                return None
            client.answer = answer(client.request, self._exposition, self._state)
            self._poll.modify(client.connection, select.EPOLLOUT)
        with suppress(BlockingIOError):
            client.answer = client.answer[client.connection.send(client.answer) :]
        return None if client.answer else self._close(client)

    def _close(self, client: _Client) -> None:
        del self._clients[client.connection.fileno()]
        self._poll.unregister(client.connection)
        client.connection.close()
