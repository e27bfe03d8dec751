"""The played server: an AMI server, by default on 127.0.0.1, that plays a recording, with its connections and restarts.

The playback advances in lock-step with the leading client, so that this client misses nothing, however slow it is.  The
leader is the first client that requests a list; when it disconnects, the next one that does.  Each of its polls gets
the next recorded list; other clients get the same list as the leader.  Before a list or a detail is answered, all
events are sent that were recorded before it, so everything arrives in the recorded order.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from typing import Self

from faxstore.demo import answers
from faxstore.demo.client_connection import ClientConnection
from faxstore.demo.playback import Playback
from faxstore.demo.recording import FULLY_BOOTED, Recording, Segment
from faxstore.demo.uptime import Uptime

HOST = "127.0.0.1"
_SHORTEST_DOWNTIME = 0.1
"""Seconds that a restarting server is down at least, so that clients notice it."""


class ReplayServer:
    """One played server.  It listens on `host` and `port`, by default a free port of 127.0.0.1.

    With a finite `speed`, an answer to a poll also waits for the time between the recorded lists divided by it.
    `finished` is set when the leader polls again after the last recorded list; the server then stays up with its last
    state.
    """

    def __init__(self, recording: Recording, *, speed: float = math.inf, host: str = HOST, port: int = 0) -> None:
        self.playback = Playback(recording)
        self.uptime = Uptime()
        self.port = port
        self.finished = asyncio.Event()
        self._speed = speed
        self._host = host
        self._leader: ClientConnection | None = None
        self._last_list: tuple[float, float] | None = None
        """Recorded time and event loop time of the last list that was answered."""
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

    async def before_list(self, client: ClientConnection) -> None:
        """Advance to the next recorded list; after the last one to the end of the segment, and restart."""
        if self._leader is None or self._leader.closed:
            self._leader = client
        if client is not self._leader:
            return
        segment, index = self.playback.segment, self.playback.next_list
        await self._wait_until(segment.closed_at if index is None else segment.steps[index].ts)
        self._advance_to(len(segment.steps) if index is None else index + 1)
        if index is not None:
            return
        if self.playback.next_segment is None:
            self.finished.set()
        else:
            self._restart(self.playback.next_segment)

    def before_detail(self, client: ClientConnection, number: int) -> None:
        """Send the events that were recorded between the list and this detail."""
        index = self.playback.detail_index(number)
        if client is self._leader and index is not None:
            self._advance_to(index + 1)

    async def _wait_until(self, ts: float) -> None:
        """Wait until the recorded time ts is due, counted from the last list that was answered."""
        now = asyncio.get_running_loop().time
        if self._last_list is not None:
            recorded, answered = self._last_list
            await asyncio.sleep(max(0.0, answered + (ts - recorded) / self._speed - now()))
        self._last_list = ts, now()

    def _advance_to(self, position: int) -> None:
        """Pass the steps before this position, and send their events to every client."""
        for text in self.playback.advance_to(position):
            event = answers.fully_booted(self.uptime) if text.startswith(FULLY_BOOTED) else text
            for client in self._clients:
                if client.wants_events:
                    client.send(event)

    def _restart(self, next_segment: Segment) -> None:
        """Close all connections now, and serve the next segment after the recorded downtime, or later."""
        recorded = next_segment.opened_at - self.playback.segment.closed_at
        self._close()
        self._bind()
        downtime = max(_SHORTEST_DOWNTIME, recorded / self._speed)
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
        try:
            bound.bind((self._host, self.port))
        except OSError:
            bound.close()
            raise
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
