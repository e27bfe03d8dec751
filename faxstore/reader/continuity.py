"""Whether lines may directly follow those that a reader read last: evidence that lines are missing between them.

Requests and answers show it: an answer to a request that was not sent, a request without its answer, a list whose
beginning or end is missing, a number left out in the ActionIDs.  Events alone show nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from faxstore.capture import marks
from faxstore.capture.message import BANNER, MalformedMessageError, Message, parse
from faxstore.capture.recording import Line
from faxstore.reader.pending_requests import PendingRequests

LIST_FOLLOWS = "FAXSessionsEntry event list will follow"
"""Message of the Response before a list (res_fax.c, manager_fax_sessions)."""


def misses_lines(requests: PendingRequests, listed: int | None, following: Iterable[Line]) -> bool:
    """Return whether lines are missing before or among these, which follow; `requests` is changed.

    `listed` is the number of entries of a list that has begun and not ended.  A recording without requests shows
    nothing, and a new connection begins anew.
    """
    if requests.newest is None:
        return False
    check = _Check(requests, listed)
    for line in following:
        if (line.dir == "mark" and line.text != marks.POLLED) or BANNER.match(line.text):
            return False
        try:
            message = parse(line.text)
        except MalformedMessageError:
            continue
        if check.request(message) if line.dir == "out" else check.incoming(message):
            return True
    return False


class _Check:
    """Follows the messages; each method returns whether the message shows that lines before it are missing."""

    def __init__(self, requests: PendingRequests, listed: int | None) -> None:
        self._requests = requests
        self._listed = listed
        self._newest_before = requests.newest or ""
        self._own: set[str] = set()

    def request(self, message: Message) -> bool:
        """A request was sent."""
        self._own.add(message.get("ActionID"))
        return self._requests.add(message)

    def incoming(self, message: Message) -> bool:
        """A message was received."""
        event = message.event.lower()
        if event == "faxsessionsentry":
            self._listed = None if self._listed is None else self._listed + 1
            return self._listed is None
        if event == "faxsessionscomplete":
            listed, self._listed = self._listed, None
            return message.get("Total").strip() not in ("", str(listed))
        if event == "faxsession":
            return not self._knows(message.get("ActionID"))
        return not event and self._answer(message, message.get("ActionID"))

    def _knows(self, action_id: str) -> bool:
        return not action_id or action_id == self._requests.answered or self._requests.is_pending(action_id)

    def _answer(self, response: Message, action_id: str) -> bool:
        """Return whether the request is unknown, or one before it has no answer, or a list has no end."""
        before = self._newest_before
        overtakes = action_id in self._own and before not in self._own and self._requests.is_pending(before)
        unknown = bool(action_id) and not self._requests.is_pending(action_id)
        self._requests.pop(response)
        listed = self._listed
        if response.get("Message") == LIST_FOLLOWS:
            self._listed = 0
            return unknown or overtakes or listed is not None
        return unknown or overtakes
