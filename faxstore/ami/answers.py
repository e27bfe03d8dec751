"""Answers: the messages that belong to one request, and whether they are complete.

Asterisk answers an action with a Response.  The Response may announce more: one event ("FAXSession event will follow",
res_fax.c, manager_fax_session), or a list of events that ends with an event with ``EventList: Complete`` (manager.c,
astman_send_listack and astman_send_list_complete_start).  The list of FAXSessions begins with ``EventList: Start``,
other lists with ``start``.
"""

from __future__ import annotations

from collections.abc import Sequence

from faxstore.capture.message import Message

_SUCCESS = frozenset({"success", "goodbye", "pong"})


class Answer:
    """Collects the messages that answer one request."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def add(self, message: Message) -> bool:
        """Add a message with the request's ActionID; return whether the answer is complete now."""
        if not (message.event if self.messages else message.response):
            return False  # an event before the Response does not belong to the answer
        self.messages.append(message)
        if _list_follows(self.messages[0]):
            return message.get("EventList").lower() == "complete"
        return len(self.messages) > 1 or not _event_follows(message)


def succeeded(response: Message) -> bool:
    """Return whether a Response grants the request."""
    return response.response.lower() in _SUCCESS


def _list_follows(response: Message) -> bool:
    return succeeded(response) and response.get("EventList").lower() == "start"


def _event_follows(response: Message) -> bool:
    return succeeded(response) and response.get("Message").endswith("event will follow")


def why_incomplete(answer: Sequence[Message]) -> str | None:
    """Return why the list in an answer is incomplete; None if it is complete, or the answer contains no list.

    Total is the number of entries sent (res_fax.c, manager_fax_sessions).  ListItems is the same number; Asterisk
    sends it since version 13.2.
    """
    if not _list_follows(answer[0]):
        return None
    entries = len(answer) - 2
    for name in ("Total", "ListItems"):
        count = answer[-1].get(name).strip()
        if count and not (count.isascii() and count.isdigit() and int(count) == entries):
            return f"the list's {name} is not the number of entries received, {entries}"
    return None
