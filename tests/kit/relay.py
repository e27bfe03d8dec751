"""A network between an ingestor and what it talks to: it falls silent, trickles, cuts, and comes back."""

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
"""Seconds between two pieces of a trickle."""

WHILE_COMMITTING = 0.2
"""Seconds in which a server commits whose answer is not to come."""

_COMMIT = b"COMMIT\0"


class Relay:
    """A port on 127.0.0.1 that passes on to what `connect` reaches; each way of breaking is a property or a call."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self.on_sent: Callable[[bytes], None] = lambda data: None
        """Is called with what clients send, before it is passed on."""
        self.port = 0
        self.passing = asyncio.Event()
        """Cleared: half open, nothing passes and nobody is told."""
        self.passing.set()
        self.pace: float | None = None
        """Bytes a second and direction; None: all that there is."""
        self.commits_to_cut = 0
        """So many next COMMITs pass, and their answers do not."""
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
        """How many are made now."""
        return len(self._links)

    async def listen(self) -> None:
        """Takes connections, always on the same port."""
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Takes none any more."""
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
        """After a silence: what was stuck is lost, and new connections pass."""
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
            pass  # it was cut
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
        """Whether it is a COMMIT whose answer is not to come."""
        self.on_sent(sent)
        if not self.commits_to_cut or _COMMIT not in sent:
            return False
        self.commits_to_cut -= 1
        return True

    async def _pass(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, is_last: Callable[[bytes], bool] = lambda _: False
    ) -> bool:
        """Until one side has ended, or behind what is the last; whether it was that."""
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


async def _first_of(*ways: Awaitable[object]) -> None:
    """Until one way has ended, and what is under way on the other has had a moment."""
    tasks = [asyncio.ensure_future(way) for way in ways]
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
    """To a server on 127.0.0.1."""
    return Relay(lambda: asyncio.open_connection("127.0.0.1", port))


def to_database(dsn: str) -> Relay:
    """To the Postgres that a DSN names, on its socket."""
    where = conninfo_to_dict(dsn)
    path = f"{where['host']}/.s.PGSQL.{where.get('port', 5432)}"
    return Relay(lambda: asyncio.open_unix_connection(path))


def through(relay: Relay, dsn: str) -> str:
    """The same database by way of a relay."""
    return make_conninfo(dsn, host="127.0.0.1", port=relay.port)
