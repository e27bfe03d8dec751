"""Requests that have not been answered yet.

A Response carries the ActionID of its request, or nothing that identifies it.  Asterisk answers the actions of one
connection strictly in order (main/manager.c, process_message), so a Response without ActionID answers the oldest
request without one.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any, NamedTuple

from faxstore.capture.message import Message, session_number

MOST_UNANSWERED = 1_000
"""ActionIDs that are remembered.  The oldest are dropped first: their answers were lost."""

MOST_SERIES = 8
"""Series of numbered ActionIDs that are remembered, the newest."""

LIST = "faxsessions"
DETAIL = "faxsession"

_NUMBERED = re.compile(r"(.*?)(\d{1,18})", re.ASCII | re.DOTALL)


class Request(NamedTuple):
    """A request: its action in lower case, and the session that it names."""

    action: str
    session_number: int | None


class PendingRequests:
    """The unanswered requests of one connection."""

    def __init__(self) -> None:
        self._by_id: dict[str, deque[Request]] = {}
        self._series: dict[str, tuple[int, int]] = {}
        """By what precedes the number in an ActionID: the newest number, and how often it grew by 1; -1 if by more."""
        self.newest: str | None = None
        """ActionID of the newest request."""
        self.answered: str | None = None
        """ActionID of the request that was answered last."""

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        unanswered = [[action_id, list(requests)] for action_id, requests in self._by_id.items()]
        return [unanswered, list(self._series.items()), self.newest, self.answered]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        unanswered, series, self.newest, self.answered = state
        restored = {action_id: (Request(*request) for request in requests) for action_id, requests in unanswered}
        self._by_id = {name: deque(requests, maxlen=MOST_UNANSWERED) for name, requests in restored.items()}
        self._series = {prefix: (number, steps) for prefix, (number, steps) in series}

    def add(self, message: Message) -> bool:
        """Add a request that was sent; return whether its ActionID shows that requests before it are missing."""
        self.newest = message.get("ActionID")
        request = Request(message.get("Action").lower(), session_number(message))
        self._by_id.setdefault(self.newest, deque(maxlen=MOST_UNANSWERED)).append(request)
        if len(self._by_id) > MOST_UNANSWERED:
            del self._by_id[next(iter(self._by_id))]
        return self._skips_numbers(self.newest)

    def is_pending(self, action_id: str) -> bool:
        """Return whether a request with this ActionID is unanswered."""
        return action_id in self._by_id

    def pop(self, response: Message, action: str = "") -> Request | None:
        """Remove and return the request that a Response answers, or None if it is unknown.

        `action` is the action that the text of the Response belongs to, if the text determines it.
        """
        action_id = response.get("ActionID")
        unanswered = self._by_id.get(action_id, deque())
        if action and all(request.action != action for request in unanswered):
            return None
        request = unanswered.popleft() if unanswered else None
        while action and request is not None and request.action != action:
            request = unanswered.popleft()  # the answer to the former request was lost
        if not unanswered:
            self._by_id.pop(action_id, None)
        self.answered = action_id
        return request

    def _skips_numbers(self, action_id: str) -> bool:
        match = _NUMBERED.fullmatch(action_id)
        if match is None:
            return False
        number = int(match[2])
        newest, steps = self._series.pop(match[1], (number - 1, -1))
        self._series[match[1]] = number, steps + 1 if number == newest + 1 else -1
        if len(self._series) > MOST_SERIES:
            del self._series[next(iter(self._series))]
        return steps > 0 and number > newest + 1
