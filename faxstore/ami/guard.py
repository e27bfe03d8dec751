"""The guard around panoramisk, and the only module that imports it.

panoramisk 1.4 connects, writes actions, and finds the request that a message answers.  This module replaces the parts
that a connection of months cannot rely on: framing (panoramisk loses split UTF-8, and its buffer has no limit),
reconnecting (it never stops, and it sends old requests again), and any code in which a text from the wire can raise an
exception inside data_received, which would end the connection.  It depends on details of panoramisk's manager.py,
ami_protocol.py and actions.py, which is why pyproject.toml requires an exact version.

A poll requests the details of a thousand sessions.  Those requests are a Batch, which panoramisk does not see: an
Action for each would cost as much as everything else that the poll does.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from faxstore.ami.answer_time import AnswerTime
from faxstore.ami.answers import Answer, answers_in
from faxstore.ami.batch import Batch
from faxstore.ami.errors import DisconnectedError
from faxstore.ami.framing import Framer, OversizedMessageError
from faxstore.ami.headers import MAX_ACTION_ID, OUR_ACTION_ID, check_header
from faxstore.ami.lines import LineEmitter, now
from faxstore.capture.marks import CONNECTED, CUT_OFF, DISCONNECTED
from faxstore.capture.message import BANNER, Found, Message, clean_bytes, without_numbers
from faxstore.errors import one_line
from faxstore.settings.values import Secret

log = logging.getLogger("faxstore.ami")

_SILENT = logging.Logger("panoramisk")
_SILENT.disabled = True  # it logs whole actions with their secrets, and one line per attempt


class Request(Action):  # type: ignore[misc]
    """One action.  Its future resolves with the list of all messages that answer it.

    Only the bytes for the wire contain the value of a Secret.  Raises ValueError for a value that is not text or
    would not stay one header.
    """

    def __init__(self, action: str, action_id: str, headers: Mapping[str, str | Secret]) -> None:
        if len(action_id) > MAX_ACTION_ID or not action_id.isascii() or not action_id.startswith(OUR_ACTION_ID):
            raise ValueError(f"an ActionID begins with {OUR_ACTION_ID} and has up to {MAX_ACTION_ID} ASCII characters")
        if any(name.lower() in ("action", "actionid") for name in headers):
            raise ValueError("Action and ActionID must not be among the headers of a request")
        super().__init__({"Action": action, "ActionID": action_id, **headers})
        self.answer = Answer()
        for name, value in self.items():
            check_header(name, value.reveal() if isinstance(value, Secret) else value)

    def add_message(self, message: Envelope) -> bool:
        """Return whether the request is answered; panoramisk calls this with each message of its ActionID."""
        if self.future.done():
            return True
        if complete := self.answer.add(message.origin):
            self.future.set_result(self.answer.messages)
        return complete

    def __str__(self) -> str:
        """Return the text for the wire, which panoramisk encodes."""
        return self._render(lambda value: value.reveal() if isinstance(value, Secret) else value)

    def __repr__(self) -> str:
        return f"<Request {self['Action']} {self['ActionID']}>"

    @property
    def redacted(self) -> str:
        """The text with secrets as ``***``, for recordings."""
        return self._render(str)

    def _render(self, text_of: Callable[[Any], str]) -> str:
        return "".join(f"{name}: {text_of(value)}\r\n" for name, value in self.items()) + "\r\n"


class Envelope:
    """What panoramisk reads of a message to find the request that it answers; `origin` is the message itself.

    In place of panoramisk's own Message, which takes longer to create than the message to be parsed.
    """

    __slots__ = ("id", "origin")

    def __init__(self, origin: Message) -> None:
        self.origin = origin
        self.id = origin.get("ActionID")

    @property
    def action_id(self) -> str:
        """The ActionID."""
        return self.id

    def __contains__(self, name: str) -> bool:
        return name in self.origin

    def __getitem__(self, name: str) -> str:
        return self.origin.get(name)


class OneShotManager(Manager):  # type: ignore[misc]
    """A Manager for one connection: it does not log in, ping, dispatch events or reconnect by itself."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, protocol: GuardedProtocol) -> None:
        super().__init__(host=host, port=port, ssl=tls or False, protocol_factory=lambda: protocol, log=_SILENT)

    def connection_made(self, attempt: asyncio.Task[Any]) -> None:
        if attempt.cancelled() or attempt.exception() is not None:
            return  # the code that awaits the attempt gets the exception
        super().connection_made(attempt)
        self.pinger.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Do not reconnect: another connection has another manager."""

    def ping(self) -> None:
        """Do nothing: panoramisk does not await the answer, so a silent server would stay unnoticed."""

    def dispatch(self, event: Envelope) -> list[str]:
        """Dispatch nothing: on_line has every event already."""
        return []


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]
    """The protocol of one connection.  Every message, unless ignored, reaches `lines` before panoramisk sees it."""

    def __init__(self, lines: LineEmitter, ignore: re.Pattern[bytes] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.lines = lines
        self.greeting: asyncio.Future[str] = loop.create_future()
        """Resolves with the version in the greeting."""
        self.lost: asyncio.Future[str] = loop.create_future()
        """Resolves with the reason when the connection is gone."""
        self.made = False
        self.answer_time = AnswerTime()
        self._batch: Batch | None = None
        self._framer = Framer(ignore=ignore)
        self._close_reason = "the server closed the connection"
        self._ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        if self._ended:
            transport.abort()
            return
        self.made = True
        self.lines.emit("mark", CONNECTED)

    def send(self, data: Request, as_list: bool | None = None) -> asyncio.Future[list[Message]]:
        self._check_open()
        self.lines.emit("out", data.redacted)
        self.answer_time.asked()
        future: asyncio.Future[list[Message]] = super().send(data, as_list=as_list)
        return future

    def begin(self, batch: Batch) -> None:
        """Send the first requests of a batch, in place of any batch before it; Batch.outcomes() waits for its end."""
        self._check_open()
        self._batch = batch
        batch.begin(self._write)

    def _write(self, texts: list[str]) -> None:
        for text in texts:
            self.lines.emit("out", text)
        self.answer_time.asked()
        self.transport.write("".join(texts).encode())

    def _check_open(self) -> None:
        if self._ended:
            raise DisconnectedError(self.lost.result())
        if self.transport.is_closing():  # asyncio would log a warning for each further write
            raise DisconnectedError(self._close_reason)

    def data_received(self, data: bytes) -> None:
        moment = now()
        self.answer_time.received()
        try:
            for raw in self._framer.feed(data):
                self._receive(clean_bytes(raw), moment)
                if self._ended:
                    return
        except OversizedMessageError as error:
            self.end(str(error))
            return
        unanswered = len(self.responses)
        if self._batch is not None and not self.transport.is_closing():
            self._batch.proceed()
            unanswered += self._batch.unanswered
        self.answer_time.processed(owed=unanswered > 0)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.end(self._close_reason if exc is None else f"{self._close_reason}: {one_line(exc)}")

    def end(self, reason: str) -> None:
        """End the connection; only the first call has an effect."""
        if self._ended:
            return
        self._ended = True
        self.lost.set_result(reason)
        if rest := self._framer.take_rest():
            self.lines.emit("mark", CUT_OFF + clean_bytes(rest))
        if self.made:
            self.lines.emit("mark", f"{DISCONNECTED}: {reason}")
            self.close()

    def close(self) -> None:
        """Close the socket and fail the unanswered requests, which panoramisk would keep and send again."""
        self.closed = True
        self.transport.abort()
        for request in self.responses.values():
            if not request.future.done():
                request.future.set_exception(DisconnectedError(self.lost.result()))
        self.responses.clear()
        if self._batch is not None:
            self._batch.fail(self.lost.result())

    def _receive(self, text: str, moment: int) -> None:
        found = answers_in(text)
        self.lines.emit("in", text, moment, found)
        if self.greeting.done():
            self._find_requests(found or [])
        elif banner := BANNER.match(text):
            self.greeting.set_result(banner[1])
        else:
            self.end(f"not an Asterisk manager: it greets with {without_numbers(one_line(text))[:60]!r}")

    def _find_requests(self, found: Found) -> None:
        """Find the requests that the messages answer.  What is malformed is left to the reader, which reports it."""
        try:
            for _, message in found:
                if not isinstance(message, Message) or (self._batch is not None and self._batch.take(message)):
                    continue
                if message.event.lower() == "shutdown":
                    self._close_reason = "the server shut down"
                elif "ActionID" in message:
                    self.handle_message(Envelope(message))
        except Exception:
            log.exception("a message could not be handled; the connection continues")
