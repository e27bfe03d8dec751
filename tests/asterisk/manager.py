"""A plain AMI client for the tests: it starts calls and queries the server, independent of the client under test."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

Message = dict[str, str]
"""The headers of a message; repeated headers are joined with line ends."""


class Manager:
    """An AMI connection of one user to a port on 127.0.0.1.  Use it as a context manager."""

    def __init__(self, port: int, user: str, secret: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._reader = self._socket.makefile("rb")
        self._ids = itertools.count()
        self.banner = self._reader.readline().decode().strip()
        answer = self.ask("Login", Username=user, Secret=secret, Events="call")[0]
        if answer["Response"] != "Success":
            raise ConnectionRefusedError(f"{user} on port {port}: {answer['Message']}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._reader.close()
        self._socket.close()

    def ask(self, action: str, variables: dict[str, str] | None = None, **headers: str) -> list[Message]:
        """All messages that answer an action: the response, and its list of events if there is one."""
        action_id = self.send(action, variables, **headers)
        answers: list[Message] = []
        for message in self.messages(action_id):
            answers.append(message)
            if answers[0].get("EventList", "").lower() != "start" or message.get("EventList") == "Complete":
                break
        return answers

    def send(self, action: str, variables: dict[str, str] | None = None, **headers: str) -> str:
        """Sends an action without waiting; returns its ActionID."""
        action_id = f"test-{next(self._ids)}"
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in headers.items())]
        lines += [f"Variable: {name}={value}" for name, value in (variables or {}).items()]
        self._socket.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        return action_id

    def messages(self, action_id: str) -> Iterator[Message]:
        """Yields the messages with that ActionID as they arrive and skips all others."""
        while True:
            message = self._message()
            if message.get("ActionID") == action_id:
                yield message

    def _message(self) -> Message:
        message: Message = {}
        while line := self._reader.readline():
            key, colon, value = line.decode(errors="replace").rstrip("\r\n").partition(":")
            if not colon:
                return message
            message[key] = f"{message[key]}\n{value.strip()}" if key in message else value.strip()
        raise ConnectionResetError("the server closed the connection")
