"""A network between the carrier and its database that loses, holds back and cuts what it carries."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Link:
    """One connection through it.  Each of its two ways has a thread."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.dead = threading.Event()
        """Whether it goes on taking what is sent, and acknowledging it, and passes nothing on."""
        self.answers_lost = False
        """Whether the next answer cuts it instead of being passed on."""
        self.lost = 0

    def cut(self) -> None:
        """Resets both sides."""
        for each in (self.client, self.server):
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


Hook = Callable[[Link, bytes], None]
"""Is called with what a client sends, before it is passed on."""


class Proxy:
    """A TCP port in front of a Postgres."""

    def __init__(self, dsn: str) -> None:
        known = conninfo_to_dict(dsn)
        host, port = str(known["host"]), int(str(known.get("port") or 5432))
        self._family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
        self._behind = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self.links: list[Link] = []
        self.on_sent: Hook = lambda link, data: None
        self.bytes_a_second: float | None = None
        self.new_are_dead = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        own = self._listener.getsockname()[1]
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=own, sslmode="disable", gssencmode="disable")
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Nothing listens any more, and every connection is gone."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for link in self.links:
            link.cut()
        for thread in self._threads[1:]:
            thread.join()
        for each in (self._listener, *(side for link in self.links for side in (link.client, link.server))):
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                link = Link(client, socket.socket(self._family))
                if self.new_are_dead:
                    link.dead.set()
                self.links.append(link)
                link.server.connect(self._behind)
                for way in (self._to_server, self._to_client):
                    self._threads.append(threading.Thread(target=way, args=[link]))
                    self._threads[-1].start()

    def _to_server(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.client.recv(4096):
                self.on_sent(link, data)
                self._pass_on(link, link.server, data)
        self._gone(link)

    def _to_client(self, link: Link) -> None:
        with suppress(OSError):
            while data := link.server.recv(4096):
                if link.answers_lost:
                    link.lost += 1
                    link.cut()
                    return
                self._pass_on(link, link.client, data)
        self._gone(link)

    def _pass_on(self, link: Link, target: socket.socket, data: bytes) -> None:
        if link.dead.is_set():
            return
        if self.bytes_a_second is not None:
            time.sleep(len(data) / self.bytes_a_second)
        target.sendall(data)

    @staticmethod
    def _gone(link: Link) -> None:
        """One side has ended; a dead network does not tell the other."""
        if not link.dead.is_set():
            link.cut()


@contextmanager
def proxied(dsn: str) -> Iterator[Proxy]:
    """Such a network in front of a database."""
    proxy = Proxy(dsn)
    try:
        yield proxy
    finally:
        proxy.close()
