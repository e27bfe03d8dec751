"""What was asked and is not answered yet: a Response tells only the ActionID of its request, or not even that.

Actions of one connection are answered strictly in order (main/manager.c, process_message), so without ActionIDs
the oldest request is the one that is answered.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from faxstore.capture.message import Message
from faxstore.capture.numbers import session_number

MOST_UNANSWERED = 1_000
"""ActionIDs that are remembered; the oldest are forgotten first: their answers never came."""

LIST = "faxsessions"
DETAIL = "faxsession"


class Question(NamedTuple):
    """One request: its action in small letters, and the session that it names."""

    action: str
    session_number: int | None


class Asked:
    """The requests of one connection."""

    def __init__(self) -> None:
        self._by_id: dict[str, deque[Question]] = {}

    def asks(self, message: Message) -> None:
        """A request was sent."""
        question = Question(message.get("Action").lower(), session_number(message))
        waiting = self._by_id.setdefault(message.get("ActionID"), deque(maxlen=MOST_UNANSWERED))
        waiting.append(question)
        if len(self._by_id) > MOST_UNANSWERED:
            del self._by_id[next(iter(self._by_id))]

    def answered(self, response: Message, action: str = "") -> Question | None:
        """The request that this Response answers, once; action: the only one that it can be, by its text."""
        action_id = response.get("ActionID")
        waiting = self._by_id.get(action_id, deque())
        if action and all(question.action != action for question in waiting):
            return None
        question = waiting.popleft() if waiting else None
        while action and question is not None and question.action != action:
            question = waiting.popleft()  # an answer before this one was lost
        if not waiting:
            self._by_id.pop(action_id, None)
        return question

    def forget(self) -> None:
        """The connection is another one: nothing will be answered any more."""
        self._by_id.clear()
