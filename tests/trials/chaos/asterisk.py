"""A simulated Asterisk: it runs faxes, answers, and can be stopped, killed, restarted and made to reload res_fax."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from tests.trials.chaos import messages as wire
from tests.trials.chaos.answers import Server, answers
from tests.trials.chaos.fax import Fax, drawn
from tests.trials.chaos.ledger import KnownFax, Ledger
from tests.trials.chaos.link import Link, leave
from tests.trials.chaos.messages import Headers

STARTS_APART = 6.0
"""The least number of seconds between two starts: observers take starts within 2 s for one."""

TICK = 0.05
_NAMED = {"CoreStartupDate": "CoreStatus", "AsteriskVersion": "CoreSettings"}
"""Responses that become a row, by one of their headers."""
SECRET = "chaos"


class Asterisk:
    """One server, always on the same port of 127.0.0.1."""

    def __init__(self, ledger: Ledger, rng: random.Random, sessions: int) -> None:
        self._ledger, self._rng = ledger, rng
        self.sessions = sessions
        self.latency = 0.0
        """Seconds until it answers a list."""
        self.links: dict[int, Link] = {}
        self.up = False
        self._server = Server(ledger.crash)
        self._registry = -1
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: socket.socket | None = None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]

    # -- life ----------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def start(self) -> None:
        """A new life: session numbers and channel names restart."""
        await asyncio.sleep(max(0.0, self._server.started_at + STARTS_APART - time.time()))
        self._server.started_at = time.time()
        self._channels = 0
        self._load()
        listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        listener.setblocking(False)
        self._listener, self.up = listener, True
        self._spawn(self._accepts(listener))
        self._spawn(self._lives(self._server.started_at))

    def stop(self, how: str) -> None:
        """`cleanly` says goodbye; `killed` does not and cuts off what is being sent."""
        if how == "cleanly":
            self._tell(
                [("Event", "Shutdown"), ("Privilege", "system,all"), ("Shutdown", "Cleanly"), ("Restart", "False")]
            )
        self.up = False
        self._close_listener()
        self._server.faxes.clear()
        links = list(self.links.values())
        self.links.clear()  # a process that ended says no more; what waits in its sockets is still sent
        for link in links:
            if how == "cleanly":
                asyncio.get_running_loop().call_later(0.1, link.end)
            else:
                link.cut(self._rng.choice(("close", "reset")), self._rng.uniform(0.2, 0.99))

    async def reload(self, seconds: float) -> None:
        """Unloads and loads res_fax.so, which requires that all faxes are over."""
        self.hang_up_all()
        self._server.fax_loaded = False
        self._tell([("Event", "Unload"), ("Privilege", "system,all"), ("Module", "res_fax.so"), ("Status", "Success")])
        await asyncio.sleep(seconds)
        if self.up:
            self._load()
            self._ledger.reloads.add(self._registry)
            self._tell(
                [("Event", "Load"), ("Privilege", "system,all"), ("Module", "res_fax.so"), ("Status", "Success")]
            )

    def hang_up_all(self) -> None:
        """Ends all faxes now."""
        for fax in list(self._server.faxes.values()):
            self._ends(fax)

    def _load(self) -> None:
        self._registry += 1
        self._numbers = 0
        self._server.attempts.clear()
        self._server.done = self._server.failed = 0
        self._server.fax_loaded = True

    def _close_listener(self) -> None:
        if self._listener is not None:
            leave(self._listener)
            self._listener = None

    async def close(self) -> None:
        """Ends the simulation."""
        self.up = False
        self._close_listener()
        for link in list(self.links.values()):
            link.end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- faxes ---------------------------------------------------------------------------------------

    async def _lives(self, start: float) -> None:
        while self.up and self._server.started_at == start:
            now = time.time()
            for fax in list(self._server.faxes.values()):
                if now - fax.began > fax.seconds():
                    self._ends(fax)
            for _ in range(2):
                if self._server.fax_loaded and len(self._server.faxes) < self.sessions and self._rng.random() < 0.7:
                    self._begins()
            await asyncio.sleep(TICK)

    def _begins(self) -> None:
        place, listed = len(self._ledger.faxes), self._rng.random() > 0.03
        number = self._numbers if listed else None
        channel = f"PJSIP/trunk-{self._channels:08x}"
        fax = drawn(self._rng, place, number, channel, f"{int(self._server.started_at)}.{self._channels}")
        self._channels += 1
        self._numbers += listed
        self._ledger.faxes.append(KnownFax(self._registry, number, channel, fax.uniqueid, fax.operation))
        if fax.operation in ("send", "receive"):
            self._server.attempts[fax.operation] += 1
            for headers in fax.starts():
                self._tell(headers, fax)
        if listed:
            self._server.faxes[channel] = fax
            if fax.operation in ("send", "receive"):
                self._tell(fax.status("FAX Transmission In Progress"), fax)
        else:
            self._tell(fax.hangup(), fax)

    def _ends(self, fax: Fax) -> None:
        if fax.operation not in ("send", "receive"):
            del self._server.faxes[fax.channel]
            return
        for headers in fax.results():
            self._tell(headers, fax)
        del self._server.faxes[fax.channel]
        self._server.done += 1
        self._server.failed += fax.fails
        said = [] if fax.silent else [fax.completion()]
        asyncio.get_running_loop().call_later(
            self._rng.uniform(0, 0.5), self._after, fax, [*said, fax.hangup()], self._server.started_at
        )

    def _after(self, fax: Fax, said: list[Headers], start: float) -> None:
        if self.up and self._server.started_at == start:
            for headers in said:
                self._tell(headers, fax)

    # -- the wire ------------------------------------------------------------------------------------

    def _tell(self, headers: Headers, fax: Fax | None = None) -> None:
        """Sends an event to every logged-in client."""
        for number, link in self.links.items():
            if link.logged_in:
                self._say(number, link, headers, fax)

    def _say(self, number: int, link: Link, headers: Headers, fax: Fax | None = None, kind: str = "") -> None:
        kind = kind or headers[0][1]
        if kind == "Success":
            kind = next((_NAMED[name] for name, _ in headers if name in _NAMED), kind)
        message = self._ledger.entered(kind, headers, number, self._registry, fax.place if fax else None)
        link.say(message.raw, message)

    async def _accepts(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                sock, _ = await loop.sock_accept(listener)
                self._connections += 1
                self._spawn(self._serves(self._connections, sock))

    async def _serves(self, number: int, sock: socket.socket) -> None:
        try:
            link = self.links[number] = Link(sock, self._ledger)
        except OSError:
            sock.close()
            return
        link.say(wire.BANNER)
        sends = asyncio.create_task(link.run())
        hears = asyncio.create_task(self._hears(number, link))
        looks = asyncio.create_task(_looks(link))
        await link.over.wait()
        self._ledger.ended[number] = time.time()
        self.links.pop(number, None)
        for task in (sends, hears, looks):
            task.cancel()
        await asyncio.gather(sends, hears, looks, return_exceptions=True)

    async def _hears(self, number: int, link: Link) -> None:
        loop, buffer = asyncio.get_running_loop(), bytearray()
        with suppress(OSError, ValueError):
            while data := await loop.sock_recv(link.sock, 65536):
                buffer += data
                for request in wire.requests(buffer):
                    await link.thawed.wait()
                    await self._answers(number, link, request)
        link.end()

    async def _answers(self, number: int, link: Link, request: dict[str, str]) -> None:
        action = request.get("action", "")
        if not link.logged_in and action != "Login":
            return
        if action == "FAXSessions" and self.latency:
            await asyncio.sleep(self.latency)
        if self.links.get(number) is not link:
            return
        for headers, fax in answers(self._server, request):
            refused = action == "FAXSessions" and ("Response", "Error") in headers
            self._say(number, link, headers, fax, "Refused" if refused else "")
        if action == "Login":
            link.logged_in = True
        elif action == "Logoff":
            asyncio.get_running_loop().call_later(0.2, link.end)


async def _looks(link: Link) -> None:
    while True:
        await asyncio.sleep(TICK)
        link.look()
