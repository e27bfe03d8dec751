"""Whether lines may directly follow those that a reader read last: evidence that lines are missing between them.

Requests and answers show it: an answer to a request that was not sent, a request without its answer, a list whose
beginning or end is missing, a number left out in the ActionIDs.  Events alone show nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from faxstore.capture import marks
from faxstore.capture.message import BANNER, Message, read
from faxstore.capture.recording import Line
from faxstore.reader.pending_requests import LIST, PendingRequests

LIST_FOLLOWS = "FAXSessionsEntry event list will follow"
"""Message of the Response before a list (res_fax.c, manager_fax_sessions)."""


def misses_lines(requests: PendingRequests, listed: int | None, following: Iterable[Line]) -> bool:
    """Return whether lines are missing before these, which follow; `requests` is changed.

    `listed` is the number of entries of a list that has begun and not ended.  A recording without requests and answers
    shows nothing, and neither does what follows a new connection.
    """
    if requests.answered is None:
        return False
    check = _Check(requests, listed)
    for line in following:
        if (line.dir == "mark" and line.text != marks.POLLED) or BANNER.match(line.text):
            return False
        judge = check.request if line.dir == "out" else check.incoming
        if any(judge(found) for _, found in read(line.text) if isinstance(found, Message)):
            return True
    return False


class _Check:
    """Follows the messages; each method returns whether the message shows that lines are missing before the first."""

    def __init__(self, requests: PendingRequests, listed: int | None) -> None:
        self._requests = requests
        self._listed = listed
        self._newest_before = requests.newest or ""
        self._own: set[str] = set()
        self._has_list = False

    def request(self, message: Message) -> bool:
        """A request was sent.  Only the first list request shows whether others are missing before the first line."""
        self._own.add(message.get("ActionID"))
        leaves_out = self._requests.add(message)
        is_first, self._has_list = not self._has_list, self._has_list or message.get("Action").lower() == LIST
        return leaves_out and is_first

    def incoming(self, message: Message) -> bool:
        """A message was received."""
        event, action_id = message.event.lower(), message.get("ActionID")
        if event and action_id == self._newest_before:
            self._newest_before = ""  # its answer was unreadable
        if event == "faxsessionscomplete":
            listed, self._listed = self._listed, None
            return listed is not None and message.get("Total").strip() not in ("", str(listed))
        if event == "faxsessionsentry" and self._listed is not None:
            self._listed += 1
            return False
        if event in ("faxsessionsentry", "faxsession"):
            return not self._knows(action_id)
        return not event and self._answer(message, action_id)

    def _knows(self, action_id: str) -> bool:
        """Return whether a message may answer a request: of these lines, or an unanswered or the last answered one."""
        own = action_id in self._own or not action_id
        return own or action_id == self._requests.answered or self._requests.is_pending(action_id)

    def _answer(self, response: Message, action_id: str) -> bool:
        """Return whether the request is unknown, or one before it has no answer, or the list before has no end."""
        before = self._newest_before
        overtakes = action_id in self._own and before not in self._own and self._requests.is_pending(before)
        unknown = not self._knows(action_id)
        self._requests.pop(response)
        no_end = response.get("Message") == LIST_FOLLOWS and self._listed is not None
        return unknown or overtakes or no_end
