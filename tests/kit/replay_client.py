"""A small AMI client on a plain socket, and a builder of short recordings."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from faxstore.capture.message import Message, parse
from faxstore.capture.recording import Line
from faxstore.demo.recording import Recording, from_lines

LIMIT = 10
"""Seconds that a test waits for a message."""


class Client:
    """One connection.  `heard` has every message in the order of arrival, `events` those that are no answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._count = 0
        self.greeting = ""
        self.heard: list[Message] = []
        self.events: list[Message] = []

    @classmethod
    async def connect(cls, port: int) -> Self:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client.greeting = (await client._reader.readline()).decode()
        return client

    @classmethod
    async def login(cls, port: int, secret: str = "replay", **headers: str) -> Self:
        client = await cls.connect(port)
        await client.ask("Login", Username="faxstore", Secret=secret, **headers)
        return client

    async def ask(self, action: str, **headers: str) -> list[Message]:
        """Send a request, and return its whole answer; other events go to `events`."""
        self._count += 1
        action_id = f"test-{self._count}"
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{k}: {v}" for k, v in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer: list[Message] = []
        while not _whole(answer):
            message = await self.next()
            (answer if message.get("ActionID") == action_id else self.events).append(message)
        return answer

    async def next(self) -> Message:
        """Return the next message.  Raises asyncio.IncompleteReadError once the server has closed."""
        async with asyncio.timeout(LIMIT):
            data = await self._reader.readuntil(b"\r\n\r\n")
        self.heard.append(parse(data.decode()))
        return self.heard[-1]

    async def rest(self) -> list[Message]:
        """Return all messages until the server closes."""
        messages = []
        try:
            while True:
                messages.append(await self.next())
        except (asyncio.IncompleteReadError, ConnectionError):
            return messages

    async def listed(self) -> list[int]:
        """Poll once, and return the session numbers."""
        answer = await self.ask("FAXSessions")
        assert int(answer[-1].get("Total")) == len(answer) - 2
        return [int(entry.get("SessionNumber")) for entry in answer[1:-1]]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def _whole(answer: list[Message]) -> bool:
    if not answer:
        return False
    if answer[0].get("EventList").lower() == "start":
        return answer[-1].get("EventList").lower() == "complete"
    return len(answer) == 2 or not answer[0].get("Message").endswith("event will follow")


class Script:
    """Builds a recording line by line; each line is half a second after the previous one."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._polls = 0
        self._ts = 1_700_000_000.0

    def recording(self) -> Recording:
        made = from_lines(self.lines)
        assert made is not None
        return made

    def wait(self, seconds: float) -> Script:
        self._ts += seconds
        return self

    def mark(self, text: str) -> Script:
        return self._add("mark", text)

    def came(self, *headers: str) -> Script:
        return self._add("in", "\r\n".join(headers) + "\r\n\r\n")

    def sent(self, *headers: str) -> Script:
        return self._add("out", "\r\n".join(headers) + "\r\n\r\n")

    def login(self, uptime: int | None = 3) -> Script:
        self.mark("connected").sent("Action: Login", "ActionID: login", "Username: u", "Secret: s")
        self._add("in", "Asterisk Call Manager/7.0.3\r\n")
        self.came("Response: Success", "ActionID: login", "Message: Authentication accepted")
        if uptime is not None:
            self.came("Event: FullyBooted", f"Uptime: {uptime}", "Status: Fully Booted")
        return self

    def event(self, name: str) -> Script:
        return self.came("Event: UserEvent", f"Name: {name}")

    def poll(self, *sessions: int) -> Script:
        self._polls += 1
        by = f"ActionID: poll-{self._polls}"
        self.sent("Action: FAXSessions", by)
        self.came("Response: Success", by, "EventList: Start", "Message: FAXSessionsEntry event list will follow")
        for number in sessions:
            self.came("Event: FAXSessionsEntry", by, f"SessionNumber: {number}", "State: Active")
        count = len(sessions)
        return self.came(
            "Event: FAXSessionsComplete", by, "EventList: Complete", f"ListItems: {count}", f"Total: {count}"
        )

    def detail(self, number: int, pages: int) -> Script:
        by = f"ActionID: poll-{self._polls}-{number}"
        self.sent("Action: FAXSession", by, f"SessionNumber: {number}")
        self.came("Response: Success", by, "Message: FAXSession event will follow")
        return self.came("Event: FAXSession", by, f"SessionNumber: {number}", f"PagesReceived: {pages}")

    def status(self, channel: str, number: str, by: str = "status") -> Script:
        """Add a channel's status; ActionID is the last header of its event (manager.c, generate_status)."""
        self.sent("Action: Status", f"ActionID: {by}", f"Channel: {channel}")
        self.came("Response: Success", f"ActionID: {by}", "EventList: start", "Message: Channel status will follow")
        self.came("Event: Status", f"Channel: {channel}", f"CallerIDNum: {number}", f"ActionID: {by}")
        counts = ("EventList: Complete", "ListItems: 1", "Items: 1")
        return self.came("Event: StatusComplete", f"ActionID: {by}", *counts)

    def stats(self, done: int) -> Script:
        self.sent("Action: FAXStats", "ActionID: stats")
        self.came("Response: Success", "ActionID: stats", "Message: FAXStats event will follow")
        return self.came("Event: FAXStats", "ActionID: stats", f"CompletedFAXes: {done}")

    def _add(self, direction: str, text: str) -> Script:
        assert direction in ("in", "out", "mark")
        self.lines.append(Line(self._ts, direction, text))  # type: ignore[arg-type]
        return self.wait(0.5)
