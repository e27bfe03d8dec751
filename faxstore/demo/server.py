"""The played server: an AMI server on 127.0.0.1 that plays a recording, with its connections and restarts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

from faxstore.demo import answers
from faxstore.demo.client_connection import ClientConnection
from faxstore.demo.lock_step import LockStep
from faxstore.demo.playback import Playback
from faxstore.demo.recording import FULLY_BOOTED, Recording, Segment
from faxstore.demo.uptime import Uptime

HOST = "127.0.0.1"


class ReplayServer:
    """One played server.  `port` is known after start(); `finished` is set at the end of the recording.

    Finished also means that the leading client has polled again after the last recorded list.  The server then stays up
    with its last state.
    """

    def __init__(
        self,
        recording: Recording,
        lock_step: LockStep,
        *,
        username: str = "faxstore",
        secret: str = "replay",
        port: int = 0,
    ) -> None:
        self.playback = Playback(recording)
        self.port = port
        self.finished = asyncio.Event()
        self.username, self.secret = username, secret
        self.uptime = Uptime()
        self.lock_step = lock_step
        self._clients: set[ClientConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._bound: socket.socket | None = None

    # -- start and stop ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen."""
        self.uptime.begin(self.playback.segment, restarts=self.playback.next_segment is not None)
        self._bind()
        await self._listen()

    async def stop(self) -> None:
        """Close everything, and return when all connections are closed."""
        self._close()
        for client in self._clients:
            client.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._bound is not None:
            self._bound.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- for the lock step ------------------------------------------------------------------------------

    def advance_to(self, position: int) -> None:
        """Pass the steps before this position, and send their events to every client."""
        for text in self.playback.advance_to(position):
            booting = text.startswith(FULLY_BOOTED)
            self._broadcast(answers.fully_booted(self.uptime) if booting else text)

    def restart(self, next_segment: Segment, downtime: float) -> asyncio.Task[None]:
        """Close all connections now, and serve the next segment after `downtime` seconds or more."""
        self._close()
        self._bind()
        return self._create_task(self._start_again(next_segment, downtime, stopped_at=time.time()))

    async def _start_again(self, next_segment: Segment, downtime: float, stopped_at: float) -> None:
        segment = self.playback.segment
        await asyncio.sleep(max(downtime, self.uptime.downtime(segment, next_segment)))
        self.playback.begin_next_segment()
        self.uptime.restart(segment, next_segment, stopped_at)
        await self._listen()

    # -- sockets -------------------------------------------------------------------------------------

    def _bind(self) -> None:
        # Bound but not listening: no other program gets the port, and connections are refused.
        # TCP is given explicitly because asyncio sets TCP_NODELAY only on such sockets.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, self.port))
        self.port = bound.getsockname()[1]
        self._bound = bound

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._connected, sock=self._bound)
        self._bound = None

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for client in list(self._clients):
            client.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        client = ClientConnection(self, reader, writer)
        self._clients.add(client)
        try:
            await client.serve()
        finally:
            await client.wait_closed()
            self._clients.discard(client)
            self._tasks.discard(task)

    def _broadcast(self, text: str) -> None:
        for client in self._clients:
            if client.wants_events:
                client.send(text)

    def _create_task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
