"""Answers: the messages that belong to one request, and whether they are complete.

Asterisk answers an action with a Response.  The Response may announce more: one event ("FAXSession event will follow",
res_fax.c, manager_fax_session), or a list of events that ends with an event with ``EventList: Complete`` (manager.c,
astman_send_listack and astman_send_list_complete_start).  The list of FAXSessions begins with ``EventList: Start``,
other lists with ``start``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from faxstore.ami.errors import IncompleteListError, RefusedError
from faxstore.ami.headers import OUR_ACTION_ID
from faxstore.capture.message import Found, Message, read, without_numbers
from faxstore.errors import one_line

log = logging.getLogger("faxstore.ami")

_SUCCESS = frozenset({"success", "goodbye", "pong"})


class Answer:
    """Collects the messages that answer one request."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._ends_list = False
        """Whether only the end of a list completes the answer."""

    def add(self, message: Message) -> bool:
        """Add a message with the request's ActionID; return whether the answer is complete now."""
        if self.messages:
            if not message.event:
                return False
            self.messages.append(message)
            return not self._ends_list or message.get("EventList").lower() == "complete"
        if not message.response:
            return False  # an event before the Response does not belong to the answer
        self.messages.append(message)
        self._ends_list = _list_follows(message)
        return not self._ends_list and not _event_follows(message)


def granted(action: str, answer: list[Message]) -> list[Message]:
    """Return a complete answer.  Raises RefusedError and IncompleteListError."""
    if not succeeded(answer[0]):
        refusal = without_numbers(one_line(answer[0].get("Message")))[:200]
        raise RefusedError(refusal or f"{action} was refused")
    if (reason := why_incomplete(answer)) is not None:
        raise IncompleteListError(reason)
    return answer


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


def answers_in(text: str) -> Found | None:
    """Return the messages in a text that may answer a request or report a shutdown; None for any other text."""
    if OUR_ACTION_ID not in text and "shutdown" not in text.lower():
        return None
    try:
        return read(text)
    except Exception:
        log.exception("a message could not be read; the connection continues")
        return None
