"""Requests that have not been answered yet.

A Response carries the ActionID of its request, or nothing that identifies it.  Asterisk answers the actions of one
connection strictly in order (main/manager.c, process_message), so a Response without ActionID answers the oldest
request without one.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from faxstore.capture.message import Message, session_number

MOST_UNANSWERED = 1_000
"""ActionIDs that are remembered.  The oldest are dropped first: their answers were lost."""

LIST = "faxsessions"
DETAIL = "faxsession"


class Request(NamedTuple):
    """A request: its action in lower case, and the session that it names."""

    action: str
    session_number: int | None


class PendingRequests:
    """The unanswered requests of one connection."""

    def __init__(self) -> None:
        self._by_id: dict[str, deque[Request]] = {}

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        return [[action_id, list(requests)] for action_id, requests in self._by_id.items()]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        unanswered = {action_id: (Request(*request) for request in requests) for action_id, requests in state}
        self._by_id = {name: deque(requests, maxlen=MOST_UNANSWERED) for name, requests in unanswered.items()}

    def add(self, message: Message) -> None:
        """Add a request that was sent."""
        request = Request(message.get("Action").lower(), session_number(message))
        self._by_id.setdefault(message.get("ActionID"), deque(maxlen=MOST_UNANSWERED)).append(request)
        if len(self._by_id) > MOST_UNANSWERED:
            del self._by_id[next(iter(self._by_id))]

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
        return request
