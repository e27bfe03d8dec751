"""Decides which channels to query with Status: once for each new session, and never a channel that did not answer.

The Status of a channel contains the account and the numbers of its call, which no list of sessions contains.  Status
locks the channel (manager.c, action_status); the list and the details of fax sessions do not.  A channel that hangs in
Asterisk would block the connection with every query, so one that did not answer is not queried again, over any
connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from faxstore.ami.poll_rules import ListedSession

MAX_NAME_BYTES = 250
"""A channel's name has fewer than 80 bytes (channel.h, AST_CHANNEL_NAME); a line to Asterisk has up to 1024."""

PAUSE_AFTER_TIMEOUT = 60.0
"""Seconds without any Status request after one that was not answered."""


class StatusRequests:
    """The Status requests to one server; it outlives connections."""

    def __init__(self) -> None:
        self._requested: set[int] = set()
        self._unanswered: set[tuple[int, str]] = set()
        self._paused_until = 0.0

    def connected(self) -> None:
        """Note a new connection: what happened to the sessions meanwhile is unknown, so all of them are new."""
        self._requested.clear()

    def due(self, sessions: Sequence[ListedSession], now: float) -> list[str]:
        """Return the channels to query, from a complete list; they count as queried.  now is in seconds."""
        self._requested &= {session.number for session in sessions}
        self._unanswered &= {(session.number, session.channel) for session in sessions}
        if now < self._paused_until:
            return []
        new = [session for session in sessions if session.number not in self._requested]
        self._requested |= {session.number for session in new}
        names = (session.channel for session in new if (session.number, session.channel) not in self._unanswered)
        return [name for name in dict.fromkeys(names) if may_request(name)]

    def timed_out(self, channel: str, sessions: Sequence[ListedSession], now: float) -> None:
        """Note that the query of a channel in this list was not answered in time."""
        self._unanswered |= {(session.number, channel) for session in sessions if session.channel == channel}
        self._paused_until = now + PAUSE_AFTER_TIMEOUT


def may_request(channel: str) -> bool:
    """Return whether the name can be a header.  Without a name, Asterisk would report every channel."""
    size = len(channel.encode("utf-8", "replace"))
    return bool(channel.strip()) and size <= MAX_NAME_BYTES and all(char >= " " and char != "\x7f" for char in channel)
