"""Which messages answer a request, and whether they are all there.

Asterisk answers with a Response; then, where that says so, with one event ("FAXSession event will follow",
res_fax.c manager_fax_session) or with a list that ends in an event with ``EventList: Complete``
(manager.c, astman_send_listack and astman_send_list_complete_start).  The list of FAXSessions begins with
``EventList: Start``, other lists with ``start``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from faxstore.capture.message import Message

_DONE = frozenset({"success", "goodbye", "pong"})
_COUNTS = ("Total", "ListItems")


class Form(Enum):
    """What follows a Response."""

    NOTHING = 0
    EVENT = 1
    LIST = 2


class Answer:
    """The messages that came for one request so far."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._form = Form.NOTHING

    def add(self, message: Message) -> bool:
        """Take one message of the request's ActionID; True when the answer is complete with it."""
        if not self.messages:
            if not message.response:
                return False  # an event ahead of its Response is no answer to a request
            self._form = form_of(message)
            self.messages.append(message)
            return self._form is Form.NOTHING
        if not message.event:
            return False
        self.messages.append(message)
        return self._form is Form.EVENT or message.get("EventList").lower() == "complete"


def succeeded(response: Message) -> bool:
    """Whether the request was granted."""
    return response.response.lower() in _DONE


def form_of(response: Message) -> Form:
    """What a Response says of the messages after it."""
    if not succeeded(response):
        return Form.NOTHING
    if response.get("EventList").lower() == "start":
        return Form.LIST
    return Form.EVENT if response.get("Message").endswith("event will follow") else Form.NOTHING


def missing(answer: Sequence[Message]) -> str | None:
    """Why an answer with a list is not the whole list; None: it is whole, or no list.

    Total counts the entries that were sent (res_fax.c, manager_fax_sessions); ListItems, the same, is
    there since Asterisk 13.2.
    """
    if form_of(answer[0]) is not Form.LIST:
        return None
    entries = len(answer) - 2
    for name in _COUNTS:
        count = answer[-1].get(name).strip()
        if count and not (count.isascii() and count.isdigit() and int(count) == entries):
            return f"{answer[-1].event} says {name} {count:.20} and {entries} entries came"
    return None
