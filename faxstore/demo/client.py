"""One connection to the played server: logs in, answers action after action."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.capture.message import MalformedMessageError, Message, parse
from faxstore.demo import answers
from faxstore.demo.drive import Drive, Stage
from faxstore.demo.recording import as_number
from faxstore.demo.uptime import Uptime


class Host(Stage, Protocol):
    """What a connection needs of its server."""

    uptime: Uptime
    drive: Drive
    username: str
    secret: str


class Client:
    """One connection to a ReplayServer."""

    def __init__(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.closed = False
        self.logged_in = False
        self.wants_events = False
        self._host, self._reader, self._writer = host, reader, writer
        self._actions: dict[str, Callable[[Message], tuple[str, ...]]] = {
            "login": self._login,
            "logoff": lambda _: (answers.response("Goodbye", Message="Thanks for all the fish."),),
            "ping": lambda _: (answers.pong(),),
            "events": self._events,
            "corestatus": lambda _: (answers.core_status(host.uptime),),
            "faxsession": self._detail,
            "status": self._status,
        }

    def send(self, text: str) -> None:
        """Send one message, unless the connection is gone."""
        if not self.closed:
            self._writer.write(text.encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Close after what was sent has gone out; again is harmless."""
        if not self.closed:
            self.closed = True
            self.wants_events = False
            self._writer.close()

    def abort(self) -> None:
        """Close without sending what is left."""
        self.close()
        self._writer.transport.abort()

    async def gone(self) -> None:
        """Close, and wait until it is done; a peer that reads nothing is given a second."""
        self.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    async def serve(self) -> None:
        """Answer action after action, in order, until either side closes."""
        self.send(self._host.play.stretch.greeting)
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
            await self._host.drive.before_list(self._host, self)
        for text in self._messages(action, request):
            self.send(answers.addressed(text, request.get("ActionID")))
        self._after(action)

    def _messages(self, action: str, request: Message) -> tuple[str, ...]:
        play = self._host.play
        if not self.logged_in and action != "login":
            return (answers.error(PERMISSION_DENIED),)
        if action in self._actions:
            return self._actions[action](request)
        if action == "faxsessions":
            return play.listing
        recorded = play.answer(action)
        if recorded is None and action == "coresettings":
            return (answers.core_settings(play),)
        return (answers.unknown(request.get("Action")),) if recorded is None else recorded

    def _after(self, action: str) -> None:
        if action == "logoff" or (action == "login" and not self.logged_in):
            self.close()
        elif action == "login":
            if self.wants_events and self._host.play.booted:
                self.send(answers.fully_booted(self._host.uptime))
            self._host.first_login.set()

    def _login(self, request: Message) -> tuple[str, ...]:
        given = request.get("Username"), request.get("Secret")
        self.logged_in = given == (self._host.username, self._host.secret)
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
        self._host.drive.before_detail(self._host, self, number)
        return self._host.play.detail(number) or (answers.error("Session not found"),)

    def _status(self, request: Message) -> tuple[str, ...]:
        return self._host.play.status(request.get("Channel")) or (answers.error("No such channel"),)
