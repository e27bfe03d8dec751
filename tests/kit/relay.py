"""A TCP relay between an ingestor and its peer.  A test can silence it, slow it down, cut it and restore it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]

STEP = 0.05
"""Seconds between two pieces when `pace` limits the rate."""

WHILE_COMMITTING = 0.2
"""Seconds the server has for a COMMIT before the relay drops its answer."""

_COMMIT = b"COMMIT\0"


class Relay:
    """Listens on 127.0.0.1 and forwards to the peer that `connect` opens; each fault is an attribute or a method."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self.on_sent: Callable[[bytes], None] = lambda data: None
        """Called with the bytes that a client sent, before they are forwarded."""
        self.port = 0
        self.passing = asyncio.Event()
        """While cleared, connections stay open and nothing is forwarded."""
        self.passing.set()
        self.pace: float | None = None
        """Bytes per second in each direction; None does not limit them."""
        self.commits_to_cut = 0
        """The number of COMMITs, from now on, whose answers are dropped."""
        self._listener: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        await self._cut_and_wait()

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._links)

    async def listen(self) -> None:
        """Accepts connections, always on the same port."""
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Refuses new connections."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def cut(self, *, reset: bool = False) -> None:
        """Ends every connection."""
        for task, writers in list(self._links.items()):
            for writer in writers:
                _end(writer, reset)
            task.cancel()

    async def release(self) -> None:
        """Ends a silence: held bytes are lost, and new connections work."""
        await self._cut_and_wait()
        self.passing.set()

    async def _cut_and_wait(self) -> None:
        tasks = list(self._links)
        self.cut(reset=True)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._links[task] = [writer]
        try:
            await self.passing.wait()
            behind, to_behind = await self._connect()
            writers.append(to_behind)
            await _first_of(self._to_server(reader, to_behind, writer), self._pass(behind, writer))
        except OSError:
            _end(writer, reset=True)
        except asyncio.CancelledError:
            pass  # cut() ended it
        finally:
            del self._links[task]
            for each in writers:
                each.close()

    async def _to_server(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        if await self._pass(reader, to, self._is_last):
            _end(client, reset=True)
            await asyncio.sleep(WHILE_COMMITTING)

    def _is_last(self, sent: bytes) -> bool:
        """Whether these bytes hold a COMMIT whose answer must be dropped."""
        self.on_sent(sent)
        if not self.commits_to_cut or _COMMIT not in sent:
            return False
        self.commits_to_cut -= 1
        return True

    async def _pass(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, is_last: Callable[[bytes], bool] = lambda _: False
    ) -> bool:
        """Forwards until a side ends or `is_last` matches; returns whether it matched."""
        with suppress(OSError):
            while data := await reader.read(65536 if self.pace is None else max(1, int(self.pace * STEP))):
                await self.passing.wait()
                last = is_last(data)
                to.write(data)
                await to.drain()
                if last:
                    return True
                if self.pace is not None:
                    await asyncio.sleep(STEP)
        return False


async def _first_of(*directions: Awaitable[object]) -> None:
    """Waits until one direction has ended; the other gets 0.2 s to finish."""
    tasks = [asyncio.ensure_future(direction) for direction in directions]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(tasks, timeout=0.2)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end(writer: asyncio.StreamWriter, reset: bool) -> None:
    if not reset:
        writer.close()
        return
    with suppress(OSError, AttributeError):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def to_port(port: int) -> Relay:
    """A relay to a server on 127.0.0.1."""
    return Relay(lambda: asyncio.open_connection("127.0.0.1", port))


def to_database(dsn: str) -> Relay:
    """A relay to the Unix socket of the Postgres that a DSN names."""
    where = conninfo_to_dict(dsn)
    path = f"{where['host']}/.s.PGSQL.{where.get('port', 5432)}"
    return Relay(lambda: asyncio.open_unix_connection(path))


def through(relay: Relay, dsn: str) -> str:
    """A DSN that reaches the same database through the relay."""
    return make_conninfo(dsn, host="127.0.0.1", port=relay.port)
