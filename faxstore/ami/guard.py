"""panoramisk with its edges guarded; the only module that imports it.

panoramisk 1.4 connects, writes actions and finds the request that a message answers.  What a connection
that runs for months cannot leave to it is done here: framing (it drops split UTF-8 and grows without a
limit), reconnecting (it never stops, and sends old requests again), and whatever text makes it raise
inside data_received, which ends the connection.  Read in its manager.py, ami_protocol.py, actions.py and
message.py: hence the exact version.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Mapping
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message as PanoramiskMessage

from faxstore.ami.answers import Answer
from faxstore.ami.errors import DisconnectedError
from faxstore.ami.framing import Framer, OversizedMessageError
from faxstore.ami.lines import Lines, now
from faxstore.capture.marks import CONNECTED, CUT_OFF, DISCONNECTED
from faxstore.capture.message import BANNER, MalformedMessageError, Message, clean_bytes, parse
from faxstore.errors import one_line
from faxstore.settings.values import Secret

log = logging.getLogger("faxstore.ami")

_SILENT = logging.Logger("panoramisk")
_SILENT.disabled = True  # it writes whole actions, secrets included, and a line for each attempt

MAX_ACTION_ID = 100
"""res_fax.c copies ``ActionID: ...`` through char[256], manager.c CoreStatus through char[150]."""


OUR_ACTION_ID = "faxstore-"
"""How the ActionIDs of our requests begin; a message without it answers none of them."""


class Request(Action):  # type: ignore[misc]
    """One action; its future gives the list of all messages that answer it.

    A header that is a Secret is revealed on the wire alone.  Raises ValueError for a value that would
    not stay one header, or is no text.
    """

    def __init__(self, action: str, action_id: str, headers: Mapping[str, str | Secret]) -> None:
        if len(action_id) > MAX_ACTION_ID or not action_id.isascii() or not action_id.startswith(OUR_ACTION_ID):
            raise ValueError(f"an ActionID begins with {OUR_ACTION_ID} and has up to {MAX_ACTION_ID} ASCII characters")
        if any(name.lower() in ("action", "actionid") for name in headers):
            raise ValueError("Action and ActionID are not headers of a request's own")
        super().__init__({"Action": action, "ActionID": action_id, **headers})
        self.answer = Answer()
        for name, value in self.items():
            _check(name, value.reveal() if isinstance(value, Secret) else value)

    def add_message(self, message: PanoramiskMessage) -> bool:
        """Called by panoramisk with each message of our ActionID; True: the request is answered."""
        if not self.future.done() and not self.answer.add(message.origin):
            return False
        if not self.future.done():
            self.future.set_result(self.answer.messages)
        return True

    def __str__(self) -> str:
        """The bytes to send: panoramisk encodes this."""
        return self._written(lambda value: value.reveal() if isinstance(value, Secret) else value)

    def __repr__(self) -> str:
        return f"<Request {self['Action']} {self['ActionID']}>"

    @property
    def shown(self) -> str:
        """The same with secrets as ``***``."""
        return self._written(str)

    def _written(self, text_of: Any) -> str:
        return "".join(f"{name}: {text_of(value)}\r\n" for name, value in self.items()) + "\r\n"


class Envelope(PanoramiskMessage):  # type: ignore[misc]
    """A message with the headers that panoramisk looks at, each once, and the message itself as `origin`."""

    def __init__(self, origin: Message) -> None:
        names = ("Event", "Response", "ActionID")
        super().__init__({name: origin.get(name) for name in names if name in origin})
        self.origin = origin


class OneShotManager(Manager):  # type: ignore[misc]
    """A Manager for one connection: it does not log in, ping, dispatch events or connect again by itself."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, protocol: GuardedProtocol) -> None:
        factory = lambda: protocol  # noqa: E731 - panoramisk calls it with nothing
        super().__init__(host=host, port=port, ssl=tls or False, protocol_factory=factory, log=_SILENT)

    def connection_made(self, attempt: asyncio.Task[Any]) -> None:
        if attempt.cancelled() or attempt.exception() is not None:
            return  # told to whoever awaits the attempt
        super().connection_made(attempt)
        self.pinger.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Not again: the next connection has a manager of its own."""

    def ping(self) -> None:
        """Not unawaited: a server that does not answer would go unnoticed."""

    def dispatch(self, event: PanoramiskMessage) -> list[str]:
        """Events are for the listener, which has them already."""
        return []


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]
    """One connection's bytes.  Every message, but for idle ones, reaches `lines` before panoramisk sees it."""

    def __init__(self, lines: Lines, idle: re.Pattern[bytes] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.lines = lines
        self.greeting: asyncio.Future[str] = loop.create_future()
        """The version that the greeting names."""
        self.lost: asyncio.Future[str] = loop.create_future()
        """Why the connection is gone."""
        self.made = False
        self._framer = Framer(idle=idle)
        self._farewell = "the server closed the connection"
        self._ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if self._ended:
            transport.abort()
            return
        self.made = True
        self.lines.emit("mark", CONNECTED)

    def send(self, data: Request, as_list: bool | None = None) -> asyncio.Future[list[Message]]:
        if self._ended:
            raise DisconnectedError(self.lost.result())
        if self.transport.is_closing():  # asyncio would log a warning for each more that is written
            raise DisconnectedError(self._farewell)
        self.lines.emit("out", data.shown)
        future: asyncio.Future[list[Message]] = super().send(data, as_list=as_list)
        return future

    def data_received(self, data: bytes) -> None:
        moment = now()
        try:
            for raw in self._framer.feed(data):
                self._received(clean_bytes(raw), moment)
                if self._ended:
                    return
        except OversizedMessageError as error:
            self.end(str(error))

    def connection_lost(self, exc: BaseException | None) -> None:
        self.end(self._farewell if exc is None else f"{self._farewell}: {one_line(exc)}")

    def end(self, reason: str) -> None:
        """The end of this connection, whoever wants it; only the first call has an effect."""
        if self._ended:
            return
        self._ended = True
        self.lost.set_result(reason)
        if rest := self._framer.rest():
            self.lines.emit("mark", CUT_OFF + clean_bytes(rest))
        if self.made:
            self.lines.emit("mark", f"{DISCONNECTED}: {reason}")
            self.close()

    def close(self) -> None:
        """Close the socket and fail what is not answered; panoramisk would keep it to send it again."""
        self.closed = True
        self.transport.abort()
        for request in self.responses.values():
            if not request.future.done():
                request.future.set_exception(DisconnectedError(self.lost.result()))
        self.responses.clear()

    def _received(self, text: str, moment: int) -> None:
        self.lines.emit("in", text, moment)
        if self.greeting.done():
            self._hand_over(text)
        elif banner := BANNER.match(text):
            self.greeting.set_result(banner[1])
        else:
            self.end(f"no Asterisk manager is there: it greets with {one_line(text)[:60]!r}")

    def _hand_over(self, text: str) -> None:
        """To panoramisk, which finds the request that the message answers; few messages are parsed for that."""
        if OUR_ACTION_ID not in text and "shutdown" not in text.lower():
            return
        try:
            message = parse(text)
            if message.event.lower() == "shutdown":
                self._farewell = "the server shut down"
            elif "ActionID" in message:
                self.handle_message(Envelope(message))
        except MalformedMessageError:
            pass  # the listener has it and says what is wrong with it
        except Exception:
            log.exception("a message could not be handled; the connection goes on")


def _check(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {type(value).__name__}")
    if any(char in f"{name}{value}" for char in "\r\n\0"):
        raise ValueError(f"{name} must not hold a line end or NUL")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError(f"{name} must be text that UTF-8 can write")
