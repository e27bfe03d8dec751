"""One connection of the simulated server: what it sent, what was read, and how it can break."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from tests.trials.chaos.ledger import Ledger, Message

_ESTABLISHED = "01"


class Link:
    """Sends its queue at its pace; `over` is set when it has ended."""

    def __init__(self, sock: socket.socket, ledger: Ledger) -> None:
        sock.setblocking(False)
        self._ledger = ledger
        self.sock = sock
        self.over = asyncio.Event()
        self.thawed = asyncio.Event()
        """While cleared, the connection is half open: it sends nothing and answers nothing."""
        self.thawed.set()
        self.pace: float | None = None
        """Bytes per second; None does not limit them."""
        self.logged_in = False
        self._cut: tuple[str, float] | None = None
        self._buffer = bytearray()
        self._said = self._handed = 0
        self._ends: deque[tuple[int, Message | None]] = deque()
        self._unread: deque[tuple[int, Message]] = deque()
        self._more = asyncio.Event()
        self._peer = _address(sock.getpeername())
        self._own = _address(sock.getsockname())

    def say(self, raw: bytes, message: Message | None = None) -> None:
        """Queues bytes; on an ended connection they are lost."""
        if not self.over.is_set():
            self._buffer += raw
            self._said += len(raw)
            self._ends.append((self._said, message))
            self._more.set()

    async def run(self) -> None:
        """Sends until the connection ends."""
        while not self.over.is_set():
            await self._more.wait()
            await self.thawed.wait()
            if not self._buffer:
                self._more.clear()
                continue
            self._send()
            await asyncio.sleep(0.02 if self.pace is not None or self._buffer else 0)

    def cut(self, how: str, part: float) -> None:
        """Ends it (`close` or `reset`) at that part of the next message, or within a second if none comes."""
        self._cut = how, part
        self.thawed.set()
        asyncio.get_running_loop().call_later(1.0, self.end, how)

    def end(self, how: str = "close") -> None:
        """Ends it at once; a reset discards what the kernel has not sent."""
        if self.over.is_set():
            return
        self.look()
        self.over.set()
        self._more.set()
        self.thawed.set()
        if how == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leave(self.sock)

    def look(self) -> None:
        """Records what the ingestor has read by now."""
        if self.over.is_set() or not self._unread:
            return
        waiting = struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0" * 4))[0]
        # read before the unread bytes: bytes that arrive in between count twice instead of never
        still = unread_by_peer().get((self._peer, self._own))
        if still is None:
            return
        now, read = time.time(), self._handed - waiting - still
        while self._unread and self._unread[0][0] <= read:
            self._ledger.was_read(self._unread.popleft()[1], now)

    def _send(self) -> None:
        size = len(self._buffer) if self.pace is None else max(1, int(self.pace * 0.02))
        if self._cut is not None:  # everything that waits, and part of the last message
            before = max(self._ends[-2][0] if len(self._ends) > 1 else 0, self._handed)
            size = before - self._handed + max(1, int((self._ends[-1][0] - before) * self._cut[1]))
        try:
            sent = self.sock.send(self._buffer[: min(size, 65536)])
        except BlockingIOError:
            return
        except OSError:
            self.end()
            return
        del self._buffer[:sent]
        self._handed += sent
        now = time.time()
        while self._ends and self._ends[0][0] <= self._handed:
            end, message = self._ends.popleft()
            if message is not None:
                message.sent_at = now
                self._unread.append((end, message))
        if self._cut is not None:
            self.thawed.clear()
            asyncio.get_running_loop().call_later(
                0.05, self.end, self._cut[0]
            )  # what was sent arrives before the reset


def leave(sock: socket.socket) -> None:
    """Closes a socket that the event loop may wait for: its descriptor may be reused at once."""
    asyncio.get_running_loop().remove_reader(sock.fileno())
    sock.close()


def unread_by_peer() -> dict[tuple[str, str], int]:
    """The unread bytes in each established socket of this machine, by its own and its peer's address."""
    found = {}
    with suppress(OSError):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, queues, *_ = line.split()
            if state == _ESTABLISHED:
                found[local, remote] = int(queues.split(":")[1], 16)
    return found


def _address(address: tuple[str, int]) -> str:
    """The address as /proc/net/tcp writes it."""
    return f"{struct.unpack('<I', socket.inet_aton(address[0]))[0]:08X}:{address[1]:04X}"
