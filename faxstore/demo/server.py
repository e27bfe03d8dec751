"""The played server: its port, its connections, and its restarts."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

from faxstore.demo import answers
from faxstore.demo.client import Client
from faxstore.demo.drive import Drive
from faxstore.demo.play import Play
from faxstore.demo.recording import FULLY_BOOTED, Recording, Stretch
from faxstore.demo.uptime import Uptime

HOST = "127.0.0.1"


class ReplayServer:
    """One played server; `port` is known after start(), `finished` is set when the recording is through.

    In lock-step, finished also means that the leading client has polled again after the last recorded list.
    """

    def __init__(
        self, recording: Recording, drive: Drive, *, username: str = "faxstore", secret: str = "replay", port: int = 0
    ) -> None:
        self.play = Play(recording)
        self.port = port
        self.finished = asyncio.Event()
        self.first_login = asyncio.Event()
        self.username, self.secret = username, secret
        self.uptime = Uptime()
        self.drive = drive
        self._clients: set[Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._reserved: socket.socket | None = None

    # -- life ----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen, and let time begin as the drive has it."""
        self.uptime.first(self.play.stretch, restarts=self.play.more is not None)
        self._reserve()
        await self._listen()
        self._spawn(self.drive.run(self))

    async def stop(self) -> None:
        """Close everything; returns when all connections are gone."""
        self._shut()
        for client in self._clients:
            client.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._reserved is not None:
            self._reserved.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- what a drive may do -------------------------------------------------------------------------

    def run_to(self, position: int) -> None:
        """Send every client the events of the steps before this position."""
        for text in self.play.run_to(position):
            booting = text.startswith(FULLY_BOOTED)
            self._broadcast(answers.fully_booted(self.uptime) if booting else text)

    def restart(self, after: Stretch, down: float) -> asyncio.Task[None]:
        """Close all connections at once; be there again, with the stretch `after`, in `down` seconds or later."""
        self._shut()
        self._reserve()
        return self._spawn(self._come_back(after, down, stopped_at=time.time()))

    async def _come_back(self, after: Stretch, down: float, stopped_at: float) -> None:
        before = self.play.stretch
        await asyncio.sleep(max(down, self.uptime.wait(before, after)))
        self.play.next_stretch()
        self.uptime.again(before, after, stopped_at)
        await self._listen()

    # -- sockets -------------------------------------------------------------------------------------

    def _reserve(self) -> None:
        # Bound and not listening: nobody else gets the port, and who connects is refused.
        # TCP is named because asyncio sets TCP_NODELAY only on sockets that name it.
        reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((HOST, self.port))
        self.port = reserved.getsockname()[1]
        self._reserved = reserved

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._connected, sock=self._reserved)
        self._reserved = None

    def _shut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for client in list(self._clients):
            client.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        client = Client(self, reader, writer)
        self._clients.add(client)
        try:
            await client.serve()
        finally:
            await client.gone()
            self._clients.discard(client)
            self._tasks.discard(task)

    def _broadcast(self, text: str) -> None:
        for client in self._clients:
            if client.wants_events:
                client.send(text)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
