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

MOST_NUMBERS = 1_000
"""Numbers of requests that are remembered, the newest."""

REGULAR = 3
"""Numbered list requests after which a number that was left out shows a missing request."""

LIST = "faxsessions"
DETAIL = "faxsession"

MOST_DIGITS = 18
"""Digits at the end of an ActionID that count as its number."""


class Request(NamedTuple):
    """A request: its action in lower case, and the session that it names."""

    action: str
    session_number: int | None


class PendingRequests:
    """The unanswered requests of one connection."""

    def __init__(self) -> None:
        self._by_id: dict[str, deque[Request]] = {}
        self._numbers: deque[int] = deque(maxlen=MOST_NUMBERS)
        """The numbers at the end of the ActionIDs."""
        self._lists: tuple[str, int, int] | None = None
        """The ActionID of the newest list request, before its number and the number, and how many in a row left out no
        number that another request had not; -1 once one did."""
        self.newest: str | None = None
        """ActionID of the newest request."""
        self.answered: str | None = None
        """ActionID of the request that was answered last; None if no answer was seen."""

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        unanswered = [[action_id, list(requests)] for action_id, requests in self._by_id.items()]
        return [unanswered, list(self._numbers), self._lists, self.newest, self.answered]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        unanswered, numbers, lists, self.newest, self.answered = state
        restored = {action_id: (Request(*request) for request in requests) for action_id, requests in unanswered}
        self._by_id = {name: deque(requests, maxlen=MOST_UNANSWERED) for name, requests in restored.items()}
        self._numbers.extend(numbers)
        self._lists = tuple(lists) if lists else None

    def add(self, message: Message) -> bool:
        """Add a request that was sent; return whether its ActionID shows that requests before it are missing."""
        self.newest = message.get("ActionID")
        request = Request(message.get("Action").lower(), session_number(message))
        self._by_id.setdefault(self.newest, deque(maxlen=MOST_UNANSWERED)).append(request)
        if len(self._by_id) > MOST_UNANSWERED:
            del self._by_id[next(iter(self._by_id))]
        prefix, number = _numbered(self.newest)
        if number is None:
            return False
        if request.action != DETAIL or (self._lists and self._lists[0] == prefix):
            self._numbers.append(number)  # another series of details may count sessions
        return request.action == LIST and self._leaves_out(prefix, number)

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
        if request is not None:
            self.answered = action_id
        return request

    def _leaves_out(self, prefix: str, number: int) -> bool:
        """Return whether a list request leaves out a number although none of those before it did."""
        before, newest, regular = self._lists or ("", 0, 0)
        oldest = self._numbers[0] if len(self._numbers) == MOST_NUMBERS else 0  # nothing is known of those before it
        skipped = range(max(newest + 1, oldest), number)
        leaves_out = len(skipped) > MOST_NUMBERS or not set(skipped) <= set(self._numbers)
        if before != prefix:
            leaves_out, regular = False, 0
        self._lists = prefix, number, -1 if leaves_out or regular < 0 else regular + 1
        return leaves_out and regular >= REGULAR


def _numbered(action_id: str) -> tuple[str, int | None]:
    """Split an ActionID into its number, which is up to MOST_DIGITS digits at the end, and what precedes it."""
    digits = len(action_id) - len(action_id.rstrip("0123456789"))
    place = len(action_id) - min(digits, MOST_DIGITS)
    return action_id[:place], int(action_id[place:]) if digits else None
