"""A TCP proxy between the carrier and its database that loses, delays and cuts what passes through it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Link:
    """One connection through the proxy, with a thread for each direction."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.dead = threading.Event()
        """Set: it accepts and acknowledges what is sent, but forwards nothing."""
        self.answers_lost = False
        """Whether the next answer cuts the connection instead of being forwarded."""
        self.lost = 0
        """How many answers were lost."""

    def reset(self) -> None:
        """Reset both sides."""
        for each in (self.client, self.server):
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


Hook = Callable[[Link, bytes], None]
"""Called with what a client sends, before it is forwarded."""


class Proxy:
    """A TCP port in front of a Postgres server; `dsn` leads through it."""

    def __init__(self, dsn: str) -> None:
        parameters = conninfo_to_dict(dsn)
        host, port = str(parameters["host"]), int(str(parameters.get("port") or 5432))
        self._family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
        self._server = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._port = 0
        self.links: list[Link] = []
        self.on_sent: Hook = lambda link, data: None
        self.bytes_per_second: float | None = None
        self.new_links_are_dead = False
        self._threads: list[threading.Thread] = []
        self.listen()
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._port, sslmode="disable", gssencmode="disable")

    def listen(self) -> None:
        """Accept connections, on the same port each time."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._acceptor = self._start(self._accept, self._listener)

    def cut(self) -> None:
        """Refuse connections and reset the existing ones."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        for link in self.links:
            link.reset()
        for thread in self._threads:
            thread.join()
        for each in (self._listener, *(side for link in self.links for side in (link.client, link.server))):
            each.close()
        self.links, self._threads = [], []

    def _start(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                link = Link(client, socket.socket(self._family))
                if self.new_links_are_dead:
                    link.dead.set()
                self.links.append(link)
                link.server.connect(self._server)
                self._threads += [self._start(self._to_server, link), self._start(self._to_client, link)]

    def _to_server(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.client.recv(4096):
                self.on_sent(link, data)
                self._forward(link, link.server, data)
        self._end(link)

    def _to_client(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.server.recv(4096):
                if link.answers_lost:
                    link.lost += 1
                    link.reset()
                    return
                self._forward(link, link.client, data)
        self._end(link)

    def _forward(self, link: Link, target: socket.socket, data: bytes) -> None:
        if link.dead.is_set():
            return
        if self.bytes_per_second is not None:
            time.sleep(len(data) / self.bytes_per_second)
        target.sendall(data)

    @staticmethod
    def _end(link: Link) -> None:
        """One side has ended; on a dead network the other is not notified."""
        if not link.dead.is_set():
            link.reset()


@contextmanager
def proxied(dsn: str) -> Iterator[Proxy]:
    """Run a proxy in front of a database."""
    proxy = Proxy(dsn)
    try:
        yield proxy
    finally:
        proxy.cut()
