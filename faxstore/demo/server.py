"""The played server: an AMI server on 127.0.0.1 that plays a recording, with its connections and restarts."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Self

from faxstore.demo import answers
from faxstore.demo.client_connection import ClientConnection
from faxstore.demo.lock_step import LockStep
from faxstore.demo.playback import Playback
from faxstore.demo.recording import FULLY_BOOTED, Recording, Segment
from faxstore.demo.uptime import Uptime

HOST = "127.0.0.1"


class ReplayServer:
    """One played server.  It listens on `port`, by default a free one; `finished` is set when the recording ends.

    Finished also means that the leading client has polled again after the last recorded list.  The server then stays up
    with its last state.
    """

    def __init__(
        self, recording: Recording, lock_step: LockStep, *, username: str = "faxstore", secret: str = "replay"
    ) -> None:
        self.playback = Playback(recording)
        self.port = 0
        self.finished = asyncio.Event()
        self.username, self.secret = username, secret
        self.uptime = Uptime()
        self.lock_step = lock_step
        self._clients: set[ClientConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._bound: socket.socket | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self.uptime.begin(self.playback.segment, restarts=self.playback.next_segment is not None)
        self._bind()
        await self._listen()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close everything, and return when all connections are closed."""
        self._close()
        for client in self._clients:
            client.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._bound is not None:
            self._bound.close()

    def advance_to(self, position: int) -> None:
        """Pass the steps before this position, and send their events to every client."""
        for text in self.playback.advance_to(position):
            event = answers.fully_booted(self.uptime) if text.startswith(FULLY_BOOTED) else text
            for client in self._clients:
                if client.wants_events:
                    client.send(event)

    def restart(self, next_segment: Segment, downtime: float) -> None:
        """Close all connections now, and serve the next segment after `downtime` seconds or more."""
        self._close()
        self._bind()
        self._track(asyncio.create_task(self._start_again(next_segment, downtime, stopped_at=time.time())))

    async def _start_again(self, next_segment: Segment, downtime: float, stopped_at: float) -> None:
        segment = self.playback.segment
        await asyncio.sleep(max(downtime, self.uptime.downtime(segment, next_segment)))
        self.playback.begin_next_segment()
        self.uptime.restart(segment, next_segment, stopped_at)
        await self._listen()

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
        self._track(task)
        client = ClientConnection(self, reader, writer)
        self._clients.add(client)
        try:
            await client.serve()
        finally:
            await client.wait_closed()
            self._clients.discard(client)

    def _track(self, task: asyncio.Task[None]) -> None:
        """Keep a reference to the task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
