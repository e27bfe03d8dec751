"""A TCP proxy between the ingestor and its database, and the ways in which it breaks."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

_COMMIT = b"COMMIT\0"


class Proxy:
    """Passes bytes both ways; each way of breaking is a property that a fault sets."""

    def __init__(self, port_behind: int) -> None:
        self._behind = port_behind
        self.port = 0
        self.open = asyncio.Event()
        """Cleared: half open, nothing passes and nothing is closed."""
        self.open.set()
        self.pace: float | None = None
        """Bytes a second and direction; None: all that there is."""
        self.commits_to_cut = 0
        """So many next COMMITs pass, and their answers do not."""
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()

    async def listen(self) -> None:
        """Takes connections, always on the same port."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Takes none any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self, *, reset: bool = False) -> None:
        """Ends every connection."""
        for pair in list(self._pairs):
            for writer in pair:
                _end(writer, reset)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.open.wait()
            behind, to_behind = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            _end(writer, reset=True)
            return
        pair = (writer, to_behind)
        self._pairs.add(pair)
        ways = [
            asyncio.create_task(self._pass(reader, to_behind, writer)),
            asyncio.create_task(self._pass(behind, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(ways, timeout=0.2)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._pairs.discard(pair)
        for each in pair:
            _end(each)

    async def _pass(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, client: asyncio.StreamWriter | None = None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536 if self.pace is None else max(1, int(self.pace * 0.05))):
                await self.open.wait()
                to.write(data)
                if client is not None and self.commits_to_cut and _COMMIT in data:
                    self.commits_to_cut -= 1
                    await to.drain()
                    _end(client, reset=True)
                    await asyncio.sleep(0.2)  # the server commits meanwhile
                    return
                await to.drain()
                if self.pace is not None:
                    await asyncio.sleep(0.05)


def _end(writer: asyncio.StreamWriter, reset: bool = False) -> None:
    if reset:
        with suppress(OSError, AttributeError):
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()
