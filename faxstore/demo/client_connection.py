"""One client's connection to the played server: the login, then one answer after another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.capture.message import MalformedMessageError, Message, parse
from faxstore.demo import answers
from faxstore.demo.playback import Playback
from faxstore.demo.recording import as_number
from faxstore.demo.uptime import Uptime


class Server(Protocol):
    """The played server, as its connections use it."""

    playback: Playback
    uptime: Uptime

    async def before_list(self, client: ClientConnection) -> None:
        """Called before a list is sent to this client."""

    def before_detail(self, client: ClientConnection, number: int) -> None:
        """Called before the details of a session are sent to this client."""


class ClientConnection:
    """Answers the requests of one client until either side closes."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.closed = False
        self.logged_in = False
        self.wants_events = False
        self._server, self._reader, self._writer = server, reader, writer
        playback = server.playback
        self._actions: dict[str, Callable[[Message], tuple[str, ...]]] = {
            "login": self._login,
            "logoff": lambda _: (answers.response("Goodbye", Message="Thanks for all the fish."),),
            "ping": lambda _: (answers.pong(),),
            "events": self._events,
            "coresettings": lambda _: playback.answer("coresettings") or (answers.core_settings(playback),),
            "corestatus": lambda _: (answers.core_status(server.uptime),),
            "faxsessions": lambda _: playback.listing,
            "faxsession": self._detail,
            "status": self._status,
        }

    def send(self, text: str) -> None:
        """Send one message, unless the connection is closed."""
        if not self.closed:
            self._writer.write(text.encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Close once everything sent has been transmitted; a second call does nothing."""
        if not self.closed:
            self.closed = True
            self.wants_events = False
            self._writer.close()

    def abort(self) -> None:
        """Close without transmitting the rest."""
        self.close()
        self._writer.transport.abort()

    async def wait_closed(self) -> None:
        """Close and wait until it is done, at most a second if the peer does not read."""
        self.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    async def serve(self) -> None:
        """Answer one action after another, until either side closes."""
        self.send(self._server.playback.segment.greeting)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while not self.closed:
                await self._answer(await self._reader.readuntil(b"\r\n\r\n"))
                if not self.closed:
                    await self._writer.drain()

    async def _answer(self, data: bytes) -> None:
        try:
            request = parse(data.decode("utf-8", "surrogateescape"))
        except MalformedMessageError:
            request = Message(())
        action = request.get("Action").lower()
        if action == "faxsessions" and self.logged_in:
            await self._server.before_list(self)
        for text in self._messages(action, request):
            self.send(answers.addressed(text, request.get("ActionID")))
        self._after(action)

    def _messages(self, action: str, request: Message) -> tuple[str, ...]:
        if not self.logged_in and action != "login":
            return (answers.error(PERMISSION_DENIED),)
        if action in self._actions:
            return self._actions[action](request)
        return self._server.playback.answer(action) or (answers.unknown(request.get("Action")),)

    def _after(self, action: str) -> None:
        if action == "logoff" or (action == "login" and not self.logged_in):
            self.close()
        elif action == "login" and self.wants_events and self._server.playback.booted:
            self.send(answers.fully_booted(self._server.uptime))

    def _login(self, request: Message) -> tuple[str, ...]:
        self.logged_in = (request.get("Username"), request.get("Secret")) == (answers.USERNAME, answers.SECRET)
        if not self.logged_in:
            return (answers.error("Authentication failed"),)
        self.wants_events = request.get("Events", "on").lower() != "off"
        return (answers.response("Success", Message="Authentication accepted"),)

    def _events(self, request: Message) -> tuple[str, ...]:
        self.wants_events = request.get("EventMask").lower() not in ("off", "")
        return (answers.response("Success", Events="On" if self.wants_events else "Off"),)

    def _detail(self, request: Message) -> tuple[str, ...]:
        number = as_number(request.get("SessionNumber"))
        if number is None:
            return (answers.error("Invalid session ID"),)
        self._server.before_detail(self, number)
        return self._server.playback.detail(number) or (answers.error("Session not found"),)

    def _status(self, request: Message) -> tuple[str, ...]:
        return self._server.playback.status(request.get("Channel")) or (answers.error("No such channel"),)
