"""A batch: many requests of one action, which a poll makes of one session after another.

A request by itself costs a future, a timer, a task and a write to the socket.  A batch has one of each for all its
requests: it sends as many at once as may be unanswered, and further ones in one write as soon as half of those are
answered.  Each request has its own time limit all the same.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from faxstore.ami.answers import Answer, granted
from faxstore.ami.errors import DisconnectedError, RequestError, RequestTimeoutError
from faxstore.capture.message import Message

Outcome = list[Message] | RequestError
"""The messages that answer a request, or why there is no answer."""


@dataclass(slots=True)
class _Sent:
    """A request that was sent."""

    value: str
    sent_at: float
    answer: Answer = field(default_factory=Answer)


class Batch:
    """Requests of one action, one for each value of one header.

    limit is in seconds; at most `window` requests are unanswered, and none is sent after `until` (event loop time).
    """

    def __init__(
        self,
        action: str,
        header: str,
        values: Iterable[str],
        action_ids: Iterator[str],
        *,
        limit: float,
        window: int,
        until: float = math.inf,
    ) -> None:
        self.action = action
        self._text = f"Action: {action}\r\nActionID: {{}}\r\n{header}: {{}}\r\n\r\n".format
        self._waiting = deque(values)
        self._action_ids = action_ids
        self._limit = limit
        self._window = window
        self._until = until
        self._unanswered: dict[str, _Sent] = {}
        """By ActionID, in the order sent."""
        self._outcomes: list[tuple[str, Outcome]] = []
        self._write: Callable[[list[str]], None] = lambda texts: None
        self._failure: RequestError | None = None
        self._over = asyncio.Event()

    @property
    def unanswered(self) -> int:
        """The number of requests that were sent and not answered."""
        return len(self._unanswered)

    def send_no_more(self) -> None:
        """Send no further request; those that were sent are still awaited."""
        self._waiting.clear()
        self._end_if_complete()

    def begin(self, write: Callable[[list[str]], None]) -> None:
        """Send the first requests; `write` sends texts."""
        self._write = write
        self.proceed()

    async def outcomes(self) -> list[tuple[str, Outcome]]:
        """Return the outcome of each request, by its value, when the last one is known.

        After a request that was not answered in time, no further one is sent.  Raises DisconnectedError.
        """
        while not self._over.is_set():
            oldest = next(iter(self._unanswered.values()))
            try:
                async with asyncio.timeout_at(oldest.sent_at + self._limit):
                    await self._over.wait()
            except TimeoutError:
                self._expire()
        if self._failure is not None:
            raise self._failure
        return self._outcomes

    def take(self, message: Message) -> bool:
        """Add a message to the answer that it belongs to; return False if it answers no request of this batch."""
        action_id = message.get("ActionID")
        sent = self._unanswered.get(action_id)
        if sent is None:
            return False
        if sent.answer.add(message):
            del self._unanswered[action_id]
            self._outcomes.append((sent.value, _outcome(self.action, sent.answer.messages)))
        return True

    def proceed(self) -> None:
        """Send further requests in one write, if half of the window is free."""
        now, texts = asyncio.get_running_loop().time(), list[str]()
        if now > self._until:
            self._waiting.clear()
        if self._waiting and len(self._unanswered) <= self._window // 2:
            count = min(self._window - len(self._unanswered), len(self._waiting))
            for _ in range(count):
                value, action_id = self._waiting.popleft(), next(self._action_ids)
                self._unanswered[action_id] = _Sent(value, now)
                texts.append(self._text(action_id, value))
            self._write(texts)
        self._end_if_complete()

    def fail(self, reason: str) -> None:
        """Note that the connection is lost."""
        self._failure = DisconnectedError(reason)
        self._over.set()

    def _expire(self) -> None:
        """Give up on requests that were not answered in time, and send no more: further ones would wait as long."""
        now = asyncio.get_running_loop().time()
        late = [action_id for action_id, sent in self._unanswered.items() if sent.sent_at + self._limit <= now]
        for action_id in late:
            error = RequestTimeoutError(f"no answer to {self.action} within {self._limit:g} s")
            self._outcomes.append((self._unanswered.pop(action_id).value, error))
        if late:
            self._waiting.clear()
        self._end_if_complete()

    def _end_if_complete(self) -> None:
        if not self._waiting and not self._unanswered:
            self._over.set()


def _outcome(action: str, answer: list[Message]) -> Outcome:
    try:
        return granted(action, answer)
    except RequestError as error:
        return error
