"""A network between an ingestor and what it talks to: it counts, falls silent without a word, and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Relay:
    """A port on 127.0.0.1 that passes on to what `connect` reaches."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._passing = asyncio.Event()
        self._passing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.open = 0
        """Connections that are made now."""
        self.lists: list[float] = []
        """When FAXSessions was asked for through it."""

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        await self._drop()

    def hold(self) -> None:
        """Nothing passes any more, and nobody is told: a half-open network."""
        self._passing.clear()

    async def release(self) -> None:
        """What was stuck is lost; new connections pass."""
        await self._drop()
        self._passing.set()

    async def _drop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        try:
            await self._passing.wait()
            there = await self._connect()
            try:
                ways = {
                    asyncio.ensure_future(self._pass(reader, there[1])),
                    asyncio.ensure_future(self._pass(there[0], writer)),
                }
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
            finally:
                there[1].transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._passing.wait()
            self.lists += [time.monotonic()] * data.count(b"Action: FAXSessions\r\n")
            writer.write(data)


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
